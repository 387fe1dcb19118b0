// Sends one trace with Node's official SDK and prints what it sent.
// usage: node client.mjs grpc|proto|json ENDPOINT
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';

const [protocol, url] = process.argv.slice(2);
const Exporter = { grpc: GrpcExporter, proto: ProtoExporter, json: JsonExporter }[protocol];
const exporter = new Exporter({ url });
// The processor logs a failed export and goes on; a test must not.
let failure;
const checked = {
  export: (spans, done) =>
    exporter.export(spans, result => {
      failure ??= result.error;
      done(result);
    }),
  forceFlush: () => exporter.forceFlush(),
  shutdown: () => exporter.shutdown(),
};

const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'node-shop', 'host.cpus': 2 }),
  spanProcessors: [new SimpleSpanProcessor(checked)],
});
const tracer = provider.getTracer('shop-scope', '1.2.3');

const root = tracer.startSpan('checkout', {
  kind: SpanKind.SERVER,
  attributes: {
    text: 'äöü "quoted"',
    yes: true,
    no: false,
    whole: 42,
    negative: -7,
    real: 0.25,
    texts: ['a', 'b'],
    numbers: [1, 2],
  },
});
const child = tracer.startSpan(
  'pay',
  { kind: SpanKind.CLIENT, links: [{ context: root.spanContext(), attributes: { why: 'test' } }] },
  trace.setSpan(ROOT_CONTEXT, root),
);
child.addEvent('retry', { attempt: 2 });
child.setStatus({ code: SpanStatusCode.ERROR, message: 'card refused' });
child.end();
root.end();
await provider.shutdown();
if (failure) throw failure;
const { traceId, spanId: rootId } = root.spanContext();
console.log(JSON.stringify({ traceId, rootId, childId: child.spanContext().spanId }));
