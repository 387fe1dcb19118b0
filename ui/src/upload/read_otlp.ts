// OTLP's JSON: requests, files of the Collector, and Tempo's answers, which call resourceSpans `batches`.
import type { Attribute, SpanLink } from '../api/types';
import { idIn, isObject, numberIn, objectsIn, textIn, wholeIn, type Json } from './foreign';
import { kBareSpan, serviceOf, type LooseSpan } from './trace_builder';

const kKinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const kCodes = ['unset', 'ok', 'error'] as const;

/** Whether this is OTLP at all. */
export function isOtlp(json: unknown): json is Json {
  return isObject(json) && resourceSpansOf(json) !== undefined;
}

function resourceSpansOf(json: Json): unknown {
  if (isObject(json['result'])) return resourceSpansOf(json['result']); // Jaeger's API v3
  if (isObject(json['trace'])) return resourceSpansOf(json['trace']); // Tempo's API v2
  return json['resourceSpans'] ?? json['batches'];
}

export function readOtlp(json: Json): LooseSpan[] {
  const spans: LooseSpan[] = [];
  for (const batch of objectsIn(resourceSpansOf(json))) {
    const resource = isObject(batch['resource']) ? batch['resource'] : {};
    const attributes = attributesIn(resource['attributes']);
    const shared = { service: serviceOf(attributes), attributes };
    const scopeSpans = batch['scopeSpans'] ?? batch['instrumentationLibrarySpans'];
    for (const scoped of objectsIn(scopeSpans)) {
      const named = isObject(scoped['scope']) ? scoped['scope'] : {};
      const scope = { name: textIn(named['name']), version: textIn(named['version']) };
      for (const span of objectsIn(scoped['spans'])) {
        const read = readSpan(span);
        if (read) spans.push({ ...read, resource: shared, scope });
      }
    }
  }
  return spans;
}

type SpanAlone = Omit<LooseSpan, 'resource' | 'scope'>;

function readSpan(span: Json): SpanAlone | null {
  const traceId = idIn(span['traceId'], 32);
  const spanId = idIn(span['spanId'], 16);
  if (traceId === '' || spanId === '') return null;
  const startNs = wholeIn(span['startTimeUnixNano']);
  const status = isObject(span['status']) ? span['status'] : {};
  return {
    ...kBareSpan,
    traceId,
    spanId,
    parentId: idIn(span['parentSpanId'], 16),
    name: textIn(span['name']),
    kind: enumIn(span['kind'], kKinds, 'SPAN_KIND_'),
    startNs,
    durationNs: Math.max(0, Number(wholeIn(span['endTimeUnixNano']) - startNs)),
    status: {
      code: enumIn(status['code'], kCodes, 'STATUS_CODE_'),
      message: textIn(status['message']),
    },
    flags: numberIn(span['flags']),
    traceState: textIn(span['traceState']),
    attributes: attributesIn(span['attributes']),
    events: objectsIn(span['events']).map(event => ({
      timeNs: wholeIn(event['timeUnixNano']),
      name: textIn(event['name']),
      attributes: attributesIn(event['attributes']),
    })),
    links: objectsIn(span['links']).map((link): SpanLink => ({
      traceId: idIn(link['traceId'], 32),
      spanId: idIn(link['spanId'], 16),
      attributes: attributesIn(link['attributes']),
    })),
    droppedAttributes: numberIn(span['droppedAttributesCount']),
    droppedEvents: numberIn(span['droppedEventsCount']),
    droppedLinks: numberIn(span['droppedLinksCount']),
  };
}

/** An enumeration by its number or by its name. */
function enumIn<T extends string>(value: unknown, words: readonly [T, ...T[]], prefix: string): T {
  if (typeof value === 'number') return words[value] ?? words[0];
  const word = textIn(value).replace(prefix, '').toLowerCase();
  return words.find(known => known === word) ?? words[0];
}

function attributesIn(value: unknown): Attribute[] {
  return objectsIn(value).map(({ key, value }) => ({ key: textIn(key), ...valueIn(value) }));
}

/** An AnyValue, in the types of Clew's API. */
function valueIn(any: unknown): Pick<Attribute, 'type' | 'value'> {
  if (!isObject(any)) return { type: 'string', value: '' };
  if (any['stringValue'] !== undefined)
    return { type: 'string', value: textIn(any['stringValue']) };
  if (any['intValue'] !== undefined) {
    return { type: 'int64', value: String(wholeIn(any['intValue'])) };
  }
  if (any['boolValue'] !== undefined) return { type: 'bool', value: any['boolValue'] === true };
  if (any['doubleValue'] !== undefined) return { type: 'float64', value: any['doubleValue'] };
  if (any['bytesValue'] !== undefined) return { type: 'binary', value: textIn(any['bytesValue']) };
  if (isObject(any['arrayValue'])) {
    const values = objectsIn(any['arrayValue']['values']);
    return { type: 'array', value: values.map(each => valueIn(each).value) };
  }
  if (isObject(any['kvlistValue'])) {
    const pairs = attributesIn(any['kvlistValue']['values']);
    return { type: 'map', value: Object.fromEntries(pairs.map(pair => [pair.key, pair.value])) };
  }
  return { type: 'string', value: '' };
}
