// A FAKE clew for working on the pages without a server: invented traces behind the paths of
// /api/clew/v1 and /api/traces. Never part of the product; `vite build` does not see this folder.
//
//   node dev/fake_clew.mjs [PORT] [--dist]     --dist also serves ../dist with clew's CSP
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bigTrace, deepTrace, oddTrace } from './fake_extremes.mjs';
import { sendTail } from './fake_live.mjs';
import { shopTrace } from './fake_traces.mjs';

const kDist = fileURLToPath(new URL('../dist/', import.meta.url));
const kCsp = "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:";
const kTypes = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.html': 'text/html; charset=utf-8',
};
const kUnitsNs = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

const traces = inventTraces();
const port = Number(process.argv.find(arg => /^\d+$/.test(arg)) ?? 23100);
const servesDist = process.argv.includes('--dist');

createServer((request, response) => {
  const url = new URL(request.url, 'http://fake');
  try {
    answer(url, response);
  } catch (cause) {
    sendError(response, cause.status ?? 500, cause.code ?? 'internal', cause.message);
  }
}).listen(port, '127.0.0.1', () => console.log(`fake clew: http://127.0.0.1:${port}/`));

function inventTraces() {
  const now = Date.now() * 1000;
  const made = [];
  for (let i = 0; i < 160; i++) {
    const fault = i % 13 === 4 ? 'error' : i % 17 === 9 ? 'slow' : 'none';
    made.push(shopTrace(1000 + i, now - (i * i * 0.9 + i * 17 + 4) * 1e6, fault));
  }
  made.push(bigTrace(10_000, now - 70e6), deepTrace(5_000, now - 140e6), oddTrace(now - 200e6));
  return made;
}

function answer(url, response) {
  const [, api, trace] = /^\/api(\/clew\/v1)?\/traces\/([^/]+)$/.exec(url.pathname) ?? [];
  if (url.pathname === '/api/clew/v1/services')
    return sendJson(response, { services: serviceNames() });
  if (url.pathname === '/api/clew/v1/operations')
    return sendJson(response, { operations: operations(url.searchParams.get('service')) });
  if (url.pathname === '/api/clew/v1/search') return sendJson(response, search(url.searchParams));
  if (url.pathname === '/api/clew/v1/tail') return sendTail(url.searchParams, response, summary);
  if (trace !== undefined) {
    const found = findTrace(trace);
    return sendJson(response, api === undefined ? asJaeger(found) : found);
  }
  if (servesDist) return sendFile(url.pathname, response);
  fail(404, 'not_found', 'no such path');
}

function findTrace(id) {
  if (!/^([0-9a-f]{16}|[0-9a-f]{32})$/.test(id))
    fail(400, 'invalid_argument', `“${id}” is not a trace ID: 16 or 32 hex digits`);
  return (
    traces.find(trace => trace.traceId === id.padStart(32, '0')) ??
    fail(404, 'not_found', `trace ${id} is not stored here`)
  );
}

/** Jaeger's envelope, as thin as the pages need it: they only offer it for download. */
function asJaeger({ traceId, spans }) {
  const brief = spans.map(span => ({
    traceID: traceId,
    spanID: span.spanId,
    operationName: span.name,
  }));
  return { data: [{ traceID: traceId, spans: brief, processes: {} }], errors: null };
}

function serviceNames() {
  return [
    ...new Set(traces.flatMap(trace => trace.resources.map(resource => resource.service))),
  ].sort();
}

function operations(service) {
  const known = new Map();
  for (const trace of traces) {
    for (const span of trace.spans) {
      if (service && trace.resources[span.resource].service !== service) continue;
      known.set(`${span.kind} ${span.name}`, { name: span.name, kind: span.kind });
    }
  }
  return [...known.values()].sort((a, b) => a.name.localeCompare(b.name)).slice(0, 500);
}

function search(params) {
  const started = performance.now();
  const wanted = {
    service: params.get('service'),
    operation: params.get('operation'),
    tags: params
      .getAll('tag')
      .map(tag => [tag.slice(0, tag.indexOf('=')), tag.slice(tag.indexOf('=') + 1)]),
  };
  const start = Number(params.get('start') ?? 0);
  const end = Number(params.get('end') ?? Infinity);
  const least = duration(params.get('minDuration'), 0);
  const most = duration(params.get('maxDuration'), Infinity);
  const found = traces
    .filter(trace => {
      const at = Number(BigInt(trace.startNs) / 1000n);
      if (at < start || at > end) return false;
      return trace.spans.some(
        span =>
          spanMatches(trace, span, wanted) && span.durationNs >= least && span.durationNs <= most,
      );
    })
    .map(summary)
    .sort((a, b) => b.startUs - a.startUs);
  const limit = Number(params.get('limit') ?? 20);
  return {
    traces: found.slice(0, limit),
    complete: true,
    elapsedMs: Math.round(performance.now() - started),
  };
}

function duration(value, otherwise) {
  if (value === null) return otherwise;
  let ns = 0;
  for (const [, size, unit] of value.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g))
    ns += Number(size) * kUnitsNs[unit];
  return ns || fail(400, 'invalid_argument', `“${value}” is not a duration`);
}

function spanMatches(trace, span, { service, operation, tags }) {
  const resource = trace.resources[span.resource];
  if (service && resource.service !== service) return false;
  if (operation && span.name !== operation) return false;
  const all = [
    ...span.attributes,
    ...resource.attributes,
    ...span.events.flatMap(event => event.attributes),
  ];
  return tags.every(([key, value]) => {
    if (key === 'error') return isError(span) === (value === 'true');
    if (key === 'status_code') return span.status.code === value;
    return all.some(attribute => attribute.key === key && String(attribute.value) === value);
  });
}

function isError(span) {
  return (
    span.status.code === 'error' ||
    span.attributes.some(({ key, value }) => key === 'error' && String(value) === 'true')
  );
}

function summary(trace) {
  const ids = new Set(trace.spans.map(span => span.spanId));
  const root =
    trace.spans.find(span => span.parentId === '') ??
    trace.spans.find(span => !ids.has(span.parentId));
  const services = new Map();
  for (const span of trace.spans) {
    const name = trace.resources[span.resource].service;
    const count = services.get(name) ?? { name, spanCount: 0, errorCount: 0 };
    count.spanCount++;
    count.errorCount += isError(span) ? 1 : 0;
    services.set(name, count);
  }
  return {
    traceId: trace.traceId,
    rootService: trace.resources[root.resource].service,
    rootOperation: root.name,
    startUs: Number(BigInt(trace.startNs) / 1000n),
    durationUs: Math.round(trace.durationNs / 1000),
    spanCount: trace.spans.length,
    errorCount: trace.spans.filter(isError).length,
    rootMissing: root.parentId !== '',
    services: [...services.values()],
  };
}

function sendFile(path, response) {
  const file = join(kDist, normalize(path));
  const known = file.startsWith(kDist) && extname(file) !== '' && existsSync(file);
  response.writeHead(200, {
    'content-type': known ? kTypes[extname(file)] : kTypes['.html'],
    'content-security-policy': kCsp,
  });
  createReadStream(known ? file : join(kDist, 'index.html')).pipe(response);
}

function sendJson(response, body) {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function sendError(response, status, code, message) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { code, message } }));
}

function fail(status, code, message) {
  throw Object.assign(new Error(message), { status, code });
}
