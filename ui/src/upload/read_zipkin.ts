// Zipkin's JSON, version 2: spans in an array, or traces in an array of them.
import type { Attribute } from '../api/types';
import { idIn, isObject, numberIn, objectsIn, textIn, wholeIn, type Json } from './foreign';
import { kBareSpan, kindOf, type LooseSpan } from './trace_builder';

export function isZipkin(json: unknown): json is unknown[] {
  const [first] = Array.isArray(json) ? json.flat() : [];
  return isObject(first) && first['traceId'] !== undefined && first['id'] !== undefined;
}

export function readZipkin(json: readonly unknown[]): LooseSpan[] {
  const spans = objectsIn(json.flat());
  const callers = new Set(
    spans.filter(({ kind }) => kind === 'CLIENT').map(span => idIn(span['id'], 16)),
  );
  return spans.flatMap(span => {
    const read = readSpan(span, callers);
    return read ? [read] : [];
  });
}

function readSpan(span: Json, callers: ReadonlySet<string>): LooseSpan | null {
  const traceId = idIn(span['traceId'], 32);
  const id = idIn(span['id'], 16);
  if (traceId === '' || id === '') return null;
  // Both halves of a call may have one ID: the server's gets its own, below the client's.
  const isShared = span['shared'] === true && callers.has(id);
  const tags = isObject(span['tags']) ? span['tags'] : {};
  const attributes = [
    ...Object.entries(tags).map(([key, value]) => stringOf(key, textIn(value))),
    ...endpointOf(span['remoteEndpoint']),
  ];
  const local = isObject(span['localEndpoint']) ? span['localEndpoint'] : {};
  const service = textIn(local['serviceName']);
  const failed = tags['error'] !== undefined && tags['error'] !== 'false';
  return {
    ...kBareSpan,
    traceId,
    spanId: isShared ? flipped(id) : id,
    parentId: isShared ? id : idIn(span['parentId'], 16),
    name: textIn(span['name']),
    kind: kindOf(textIn(span['kind'])),
    startNs: wholeIn(span['timestamp']) * 1000n,
    durationNs: numberIn(span['duration']) * 1000,
    status: { code: failed ? 'error' : 'unset', message: '' },
    resource: { service, attributes: [stringOf('service.name', service)] },
    attributes,
    events: objectsIn(span['annotations']).map(annotation => ({
      timeNs: wholeIn(annotation['timestamp']) * 1000n,
      name: textIn(annotation['value']),
      attributes: [],
    })),
  };
}

/** Another ID, the same for the same. */
function flipped(id: string): string {
  return (parseInt(id.charAt(0), 16) ^ 8).toString(16) + id.slice(1);
}

function endpointOf(endpoint: unknown): Attribute[] {
  if (!isObject(endpoint)) return [];
  const named: [string, unknown][] = [
    ['peer.service', endpoint['serviceName']],
    ['network.peer.address', endpoint['ipv4'] ?? endpoint['ipv6']],
    ['network.peer.port', endpoint['port']],
  ];
  return named
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => stringOf(key, textIn(value)));
}

function stringOf(key: string, value: string): Attribute {
  return { key, type: 'string', value };
}
