// Sends one trace with Jaeger's own Node client and prints what it sent.
// usage: node jaeger.mjs udp PORT | http URL
import jaeger from 'jaeger-client';
import opentracing from 'opentracing';

const [transport, target] = process.argv.slice(2);
const reporter =
  transport === 'udp'
    ? { agentHost: '127.0.0.1', agentPort: Number(target) }
    : { collectorEndpoint: target };
let failure;
const logger = { info: () => {}, error: message => (failure = message) };
const tracer = jaeger.initTracer(
  {
    serviceName: 'node-shop',
    sampler: { type: 'const', param: 1 },
    reporter,
    traceId128bit: true,
  },
  { logger, tags: { 'host.cpus': 2 } },
);

const root = tracer.startSpan('checkout', {
  tags: { 'span.kind': 'server', text: 'äöü "quoted"', yes: true, no: false, real: 0.25 },
});
const child = tracer.startSpan('pay', { childOf: root, tags: { 'span.kind': 'client' } });
child.addReference?.(opentracing.followsFrom(root.context()));
child.log({ event: 'retry', attempt: 0.5 });
child.setTag('error', true);
child.finish();
root.finish();
await new Promise(resolve => tracer.close(resolve));
if (failure) throw new Error(failure);
const hex = (bytes, digits) => bytes.toString('hex').padStart(digits, '0');
console.log(
  JSON.stringify({
    traceId: hex(root.context().traceId, 32),
    rootId: hex(root.context().spanId, 16),
    childId: hex(child.context().spanId, 16),
  }),
);
