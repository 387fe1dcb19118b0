// A Node service of the demo shop; which one, and what it answers, comes from the environment.
// tracing.mjs, loaded before, makes a span of every request that comes in or goes out.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { context, trace } from '@opentelemetry/api';
import { getRPCMetadata } from '@opentelemetry/core';

const env = process.env;
const name = env.SHOP_SERVICE;
const core = env.SHOP_CORE;
const endpoints = JSON.parse(env.SHOP_ENDPOINTS);
// Shorter than the sidecar keeps an idle connection of ours: a request on one that it is about to
// close would be lost, and nobody repeats that.
const sidecar = new http.Agent({ keepAlive: true, timeout: 20_000 });

// What a service passes on so that the mesh knows whose request it is.
const forwarded = ['x-request-id', 'x-forwarded-for'];

class ShopError extends Error {}

/** The fault of that kind that is switched on for this instance now, if any. */
function fault(kind) {
  let faults;
  try {
    faults = JSON.parse(readFileSync(env.SHOP_FAULTS, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
  return faults.find(
    one => one.kind === kind && one.service === name && (one.core === null || one.core === core),
  );
}

function fill(template, args) {
  return template.replace(/\{(\w+)\}/g, (_, key) => args[key]);
}

/** Sends one request through our sidecar, which knows where that service is. */
function call(one, args, incoming) {
  const headers = { host: one.service };
  for (const key of forwarded) if (incoming[key] !== undefined) headers[key] = incoming[key];
  const options = {
    host: '127.0.0.1',
    port: env.SHOP_SIDECAR_PORT,
    agent: sidecar,
    method: one.method,
    path: fill(one.path, args),
    headers,
    timeout: 20_000,
  };
  return new Promise((resolve, reject) => {
    const request = http.request(options, response => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', chunk => {
        body += chunk;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(body));
        else reject(new ShopError(`${one.service} answered ${response.statusCode}`));
      });
    });
    request.on('timeout', () => request.destroy(new ShopError(`${one.service} is silent`)));
    request.on('error', reject);
    request.end();
  });
}

/** Some work, the calls, and a picture of it as JSON. */
async function answer(endpoint, args, request) {
  const slow = fault('slow');
  await sleep((slow ? slow.delay_ms : endpoint.work_ms) * (0.5 + Math.random()));
  const broken = fault('errors');
  if (broken && Math.random() < broken.share) {
    throw new ShopError(`${name} in ${core} is broken (a fault of the demo)`);
  }
  const calls = [];
  for (const one of endpoint.calls) calls.push(await call(one, args, request.headers));
  return { service: name, core_location: core, request: `${request.method} ${request.url}`, calls };
}

/** The endpoint for a request and what its path says for {id}, or undefined. */
function find(request) {
  const path = request.url.split('?')[0];
  for (const endpoint of endpoints) {
    const pattern = endpoint.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
    const match = new RegExp(`^${pattern}$`).exec(path);
    if (match && endpoint.method === request.method) return { endpoint, args: match.groups ?? {} };
  }
  return undefined;
}

async function serve(request, response) {
  let status = 200;
  let body;
  try {
    const found = find(request);
    if (found) {
      // Names the server span after the endpoint, as a web framework's instrumentation would.
      const rpc = getRPCMetadata(context.active());
      if (rpc) rpc.route = found.endpoint.path;
      body = await answer(found.endpoint, found.args, request);
    } else {
      status = 404;
      body = { service: name, error: 'no such page' };
    }
  } catch (error) {
    trace.getActiveSpan()?.recordException(error);
    status = 500;
    body = { service: name, core_location: core, error: error.message };
  }
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

const server = http.createServer(serve);
// Longer than the sidecar keeps an idle connection: it must be the one that hangs up.
server.keepAliveTimeout = 120_000;
server.listen(Number(env.SHOP_PORT), '127.0.0.1');
