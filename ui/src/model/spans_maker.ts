// Spans with all they say for tests, written as briefly as they can be read.
import type { Attribute, Span } from '../api/types';
import type { FullSpan } from '../trace/span_source';

interface Brief extends Partial<Omit<Span, 'resource' | 'scope'>> {
  /** Of its resource, beside its service "shop". */
  resource?: Attribute[];
}

/** The rows of a trace, from row 0 on. Unsaid: 10 ns long, starting at 0, without anything. */
export function fullSpans(...briefs: readonly Brief[]): FullSpan[] {
  return briefs.map(({ resource = [], ...brief }, row) => ({
    row,
    resource: { service: 'shop', attributes: [text('service.name', 'shop'), ...resource] },
    scope: { name: 'test', version: '1' },
    span: {
      spanId: row.toString(16).padStart(16, '0'),
      parentId: '',
      name: `span ${row}`,
      kind: 'internal',
      startNs: 0,
      durationNs: 10,
      status: { code: 'unset', message: '' },
      resource: 0,
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
    },
  }));
}

export function text(key: string, value: string): Attribute {
  return { key, type: 'string', value };
}
