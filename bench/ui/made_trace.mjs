// One trace of any number of spans, sent by OTLP/HTTP: services that call each other, mostly one after the other and
// sometimes at once, up to 31 levels deep, one span in 200 failed.
//
//   node bench/ui/made_trace.mjs http://127.0.0.1:4318 SPANS [SEED]        prints the trace's ID
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

const kServices = [
  'edge', 'shop', 'cart', 'payments', 'stock', 'prices', 'search', 'users', 'mail', 'ledger', 'audit', 'db',
]; // prettier-ignore
const kKinds = { internal: 1, server: 2, client: 3 };
const kDeepest = 31;
const kSpansPerRequest = 5000;
const kAverageUs = 40;

/** Whole numbers below a limit, the same for the same seed (Mulberry32). */
function dice(seed) {
  let state = seed >>> 0;
  return limit => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** Spans in preorder; times in microseconds from 0. */
export function* madeSpans(count, seed = 1) {
  const random = dice(seed);
  const lengthUs = count * kAverageUs;
  // What is still to be made, the next one last: a part of the trace with so many spans.
  const waiting = [{ parent: -1, depth: 0, start: 0, length: lengthUs, spans: count, service: 0 }];
  for (let row = 0; waiting.length > 0; row++) {
    const { parent, depth, start, length, spans, service } = waiting.pop();
    const isLeaf = spans === 1;
    yield {
      row,
      parent,
      depth,
      start,
      length,
      service,
      name: isLeaf
        ? `read row ${random(5)}`
        : `${['GET', 'POST', 'Call'][random(3)]} /${kServices[service]}/${random(6)}`,
      kind: depth === 0 ? 'server' : isLeaf ? 'client' : random(2) ? 'internal' : 'server',
      failed: random(200) === 0,
    };
    const parts = split(spans - 1, depth + 1 >= kDeepest ? spans - 1 : 2 + random(6), random);
    let at = start + Math.floor(length / 50);
    const isParallel = random(12) === 0;
    const room = length - Math.floor(length / 25);
    const children = parts.map(part => {
      const takes = isParallel
        ? Math.floor(room * (0.3 + random(70) / 100))
        : Math.floor((room * part) / (spans - 1));
      const child = {
        parent: row,
        depth: depth + 1,
        start: at,
        length: takes,
        spans: part,
        service: random(4) ? service : random(kServices.length),
      };
      if (!isParallel) at += takes;
      return child;
    });
    waiting.push(...children.reverse());
  }
}

/** `total` in at most `most` parts, of sizes that differ. */
function split(total, most, random) {
  const parts = [];
  let left = total;
  for (let i = most; i > 1 && left > 1; i--) {
    const part = Math.max(1, Math.min(left - 1, Math.floor((left * (1 + random(60))) / (30 * i))));
    parts.push(part);
    left -= part;
  }
  if (left > 0) parts.push(left);
  return parts;
}

/** Posts the trace; its ID. */
export async function sendTrace(otlpUrl, count, seed = 1) {
  const traceId = createHash('sha256').update(`${count} ${seed}`).digest('hex').slice(0, 32);
  const beganUs = BigInt(Date.now() - 60_000) * 1000n;
  let batch = [];
  for (const span of madeSpans(count, seed)) {
    batch.push(span);
    if (batch.length === kSpansPerRequest) {
      await send(otlpUrl, traceId, beganUs, batch);
      batch = [];
    }
  }
  if (batch.length > 0) await send(otlpUrl, traceId, beganUs, batch);
  return traceId;
}

async function send(otlpUrl, traceId, beganUs, spans) {
  const byService = grouped(spans);
  const resourceSpans = [...byService].map(([service, own]) => ({
    resource: { attributes: [attribute('service.name', kServices[service])] },
    scopeSpans: [
      { scope: { name: 'made' }, spans: own.map(span => otlpSpan(traceId, beganUs, span)) },
    ],
  }));
  const response = await fetch(`${otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans }),
  });
  const answer = await response.text();
  if (!response.ok || answer.includes('rejectedSpans'))
    throw new Error(`${response.status}: ${answer}`);
}

function grouped(spans) {
  const groups = new Map();
  for (const span of spans)
    (groups.get(span.service) ?? groups.set(span.service, []).get(span.service)).push(span);
  return groups;
}

function otlpSpan(traceId, beganUs, { row, parent, start, length, name, kind, failed }) {
  const nanos = us => String((beganUs + BigInt(us)) * 1000n);
  return {
    traceId,
    spanId: idOf(row),
    ...(parent === -1 ? {} : { parentSpanId: idOf(parent) }),
    name,
    kind: kKinds[kind],
    startTimeUnixNano: nanos(start),
    endTimeUnixNano: nanos(start + length),
    attributes: [attribute('row', String(row)), attribute('shard', `s${row % 16}`)],
    ...(failed ? { status: { code: 2, message: 'it failed' } } : {}),
  };
}

function attribute(key, value) {
  return { key, value: { stringValue: value } };
}

function idOf(row) {
  return (row + 1).toString(16).padStart(16, '0');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, count, seed] = process.argv.slice(2);
  console.log(await sendTrace(url.replace(/\/$/, ''), Number(count), Number(seed ?? 1)));
}
