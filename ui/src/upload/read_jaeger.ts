// The JSON of Jaeger's UI: `{data: [{traceID, spans, processes}]}`, or one of these traces alone.
import type { Attribute } from '../api/types';
import { idIn, isObject, numberIn, objectsIn, textIn, wholeIn, type Json } from './foreign';
import { kBareSpan, kindOf, type LooseEvent, type LooseSpan } from './trace_builder';

export function isJaeger(json: unknown): json is Json {
  return isObject(json) && tracesIn(json).length > 0;
}

function tracesIn(json: Json): Json[] {
  const all = Array.isArray(json['data']) ? objectsIn(json['data']) : [json];
  return all.filter(trace => Array.isArray(trace['spans']) && isObject(trace['processes']));
}

export function readJaeger(json: Json): LooseSpan[] {
  return tracesIn(json).flatMap(trace => {
    const processes = isObject(trace['processes']) ? trace['processes'] : {};
    const resources = new Map(
      Object.entries(processes).map(([id, process]) => [id, resourceOf(process)] as const),
    );
    const unknown = resourceOf({});
    return objectsIn(trace['spans']).flatMap(span => {
      const read = readSpan(span);
      const own = isObject(span['process']) ? resourceOf(span['process']) : undefined;
      const resource = own ?? resources.get(textIn(span['processID'])) ?? unknown;
      return read ? [{ ...read, resource }] : [];
    });
  });
}

function resourceOf(process: unknown): LooseSpan['resource'] {
  const { serviceName, tags } = isObject(process) ? process : {};
  const service = textIn(serviceName);
  const named: Attribute = { key: 'service.name', type: 'string', value: service };
  return { service, attributes: [named, ...tagsIn(tags)] };
}

function readSpan(span: Json): Omit<LooseSpan, 'resource'> | null {
  const traceId = idIn(span['traceID'], 32);
  const spanId = idIn(span['spanID'], 16);
  if (traceId === '' || spanId === '') return null;
  const tags = tagsIn(span['tags']);
  const tag = (key: string) => textOf(tags.find(each => each.key === key)?.value);
  const references = objectsIn(span['references']);
  const parent = references.find(
    ({ refType, traceID }) => textIn(refType) === 'CHILD_OF' && idIn(traceID, 32) === traceId,
  );
  const failed = tag('otel.status_code') === 'ERROR' || tag('error') === 'true';
  const scope = { name: tag('otel.scope.name'), version: tag('otel.scope.version') };
  const kWords = /^(?:span\.kind|otel\.status_code|otel\.status_description|otel\.scope\..*)$/;
  return {
    ...kBareSpan,
    traceId,
    spanId,
    parentId: idIn(parent?.['spanID'] ?? span['parentSpanID'], 16),
    name: textIn(span['operationName']),
    kind: kindOf(tag('span.kind')),
    startNs: wholeIn(span['startTime']) * 1000n,
    durationNs: numberIn(span['duration']) * 1000,
    status: {
      code: failed ? 'error' : tag('otel.status_code') === 'OK' ? 'ok' : 'unset',
      message: tag('otel.status_description'),
    },
    scope,
    flags: numberIn(span['flags']),
    attributes: tags.filter(({ key }) => !kWords.test(key)),
    events: objectsIn(span['logs']).map(eventOf),
    links: references
      .filter(reference => reference !== parent)
      .map(reference => ({
        traceId: idIn(reference['traceID'], 32),
        spanId: idIn(reference['spanID'], 16),
        attributes: [],
      })),
  };
}

const textOf = (value: unknown) => (typeof value === 'boolean' ? String(value) : textIn(value));

function eventOf(log: Json): LooseEvent {
  const fields = tagsIn(log['fields']);
  const name = fields.find(({ key }) => key === 'event' || key === 'message');
  return {
    timeNs: wholeIn(log['timestamp']) * 1000n,
    name: textIn(name?.value),
    attributes: fields.filter(field => field !== name),
  };
}

function tagsIn(tags: unknown): Attribute[] {
  return objectsIn(tags).map(({ key, type, value }) => {
    const name = textIn(key);
    if (typeof value === 'boolean' || type === 'bool') {
      return { key: name, type: 'bool', value: value === true || value === 'true' };
    }
    if (type === 'int64') return { key: name, type: 'int64', value: String(wholeIn(value)) };
    if (type === 'float64') return { key: name, type: 'float64', value: numberIn(value) };
    if (type === 'binary') return { key: name, type: 'binary', value: textIn(value) };
    return { key: name, type: 'string', value: textIn(value) };
  });
}
