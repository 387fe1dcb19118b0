// A file with traces, in whichever format it is: OTLP, Jaeger, Zipkin, or Clew's own, as JSON.
import { traceShape, type Trace } from '../api/types';
import { isObject } from './foreign';
import { isJaeger, readJaeger } from './read_jaeger';
import { isOtlp, readOtlp } from './read_otlp';
import { isZipkin, readZipkin } from './read_zipkin';
import { tracesOf, type LooseSpan } from './trace_builder';

export type ReadTraces =
  { ok: true; format: string; traces: Trace[] } | { ok: false; message: string };

export function readTraces(text: string): ReadTraces {
  const documents = parse(text);
  if (typeof documents === 'string') return { ok: false, message: documents };
  const own = documents.map(ownTrace);
  if (own.length > 0 && own.every(trace => trace !== undefined)) {
    return { ok: true, format: 'Clew', traces: own };
  }
  const spans: LooseSpan[] = [];
  let format = '';
  for (const json of documents) {
    const read = readOne(json);
    if (!read) return { ok: false, message: kUnknown };
    format = read.format;
    for (const span of read.spans) spans.push(span);
  }
  if (spans.length === 0) return { ok: false, message: `It is ${format}, without spans.` };
  return { ok: true, format, traces: tracesOf(spans) };
}

const kUnknown =
  'It is JSON, but not of traces: OTLP has “resourceSpans”, Jaeger “data” with “spans” and “processes”, Zipkin a list of spans with “traceId” and “id”.';

function readOne(json: unknown): { format: string; spans: LooseSpan[] } | null {
  if (isOtlp(json)) return { format: 'OTLP', spans: readOtlp(json) };
  if (isJaeger(json)) return { format: 'Jaeger', spans: readJaeger(json) };
  if (isZipkin(json)) return { format: 'Zipkin', spans: readZipkin(json) };
  return null;
}

function ownTrace(json: unknown): Trace | undefined {
  if (!isObject(json) || json['resources'] === undefined) return undefined;
  try {
    const trace = traceShape(json, '');
    const sound = trace.spans.every(
      ({ resource, scope }) => trace.resources[resource] && trace.scopes[scope],
    );
    return sound ? trace : undefined;
  } catch {
    return undefined; // another format, then
  }
}

/** One document, or one a line as the Collector writes files; or what is wrong with it. */
function parse(text: string): unknown[] | string {
  try {
    return [JSON.parse(text)];
  } catch (cause) {
    const lines = text.split('\n').filter(line => line.trim() !== '');
    if (lines.length < 2) return `It is not JSON: ${(cause as Error).message}`;
    try {
      return lines.map((line): unknown => JSON.parse(line));
    } catch {
      return `It is not JSON: ${(cause as Error).message}`;
    }
  }
}
