// Small traces for tests, written as briefly as they can be read.
import type { Attribute, Span, Trace } from '../api/types';

interface Brief extends Partial<Omit<Span, 'resource'>> {
  spanId: string;
  service?: string;
}

/** A trace of these spans. Unsaid: 10 ns long, starting at 0, a root, of service "shop". */
export function traceOf(...briefs: Brief[]): Trace {
  const services = [...new Set(briefs.map(({ service }) => service ?? 'shop'))];
  const spans = briefs.map(({ service, ...brief }): Span => ({
    parentId: '',
    name: brief.spanId,
    kind: 'internal',
    startNs: 0,
    durationNs: 10,
    status: { code: 'unset', message: '' },
    resource: services.indexOf(service ?? 'shop'),
    scope: 0,
    flags: 0,
    traceState: '',
    attributes: [],
    events: [],
    links: [],
    droppedAttributes: 0,
    droppedEvents: 0,
    droppedLinks: 0,
    ...brief,
  }));
  return {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    startNs: 1_700_000_000_000_000_000n,
    durationNs: 0,
    complete: true,
    resources: services.map(service => ({ service, attributes: [text('service.name', service)] })),
    scopes: [{ name: 'test', version: '1' }],
    spans,
  };
}

export function text(key: string, value: string): Attribute {
  return { key, type: 'string', value };
}
