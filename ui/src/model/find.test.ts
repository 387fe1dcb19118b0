import { describe, expect, it } from 'vitest';
import { findSpans, searchTexts } from './find';
import { buildTrace } from './trace';
import { text, traceOf } from './trace_maker';

const model = buildTrace(
  traceOf(
    { spanId: 'a', name: 'GET /cart', service: 'edge', durationNs: 100 },
    {
      spanId: 'b',
      parentId: 'a',
      name: 'charge',
      service: 'payments',
      startNs: 1,
      attributes: [text('http.status_code', '503'), { key: 'try', type: 'int64', value: '2' }],
      events: [{ timeNs: 1, name: 'exception', attributes: [text('exception.type', 'Timeout')] }],
    },
  ),
);
const found = (query: string) => [...findSpans(model, searchTexts(model), query)];

describe('findSpans', () => {
  it.each([
    ['cart', [0]],
    ['CART', [0]],
    ['service=payments', [1]],
    ['http.status_code=503', [1]],
    ['try=2', [1]],
    ['timeout', [1]],
    ['kind=internal', [0, 1]],
    ['charge exception', [1]],
    ['charge edge', []],
    ['nothing like it', []],
    ['  ', []],
  ])('%s', (query, spans) => expect(found(query)).toEqual(spans));
});
