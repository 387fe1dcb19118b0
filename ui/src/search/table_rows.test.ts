import { describe, expect, it } from 'vitest';
import type { FoundTrace } from '../api/explore';
import { isSelectable, sortedTraces, valuesOf } from './table_rows';

const found = (traceId: string, code: string | null, durationUs = 1): FoundTrace => ({
  traceId,
  rootService: 'edge',
  rootOperation: 'ingress',
  startUs: 1,
  durationUs,
  spanCount: 1,
  errorCount: 0,
  rootMissing: false,
  services: [],
  matched: 1,
  spans: [
    {
      spanId: '00f067aa0ba902b7',
      name: 'GET /',
      startUs: 1,
      durationUs,
      attributes: code === null ? [] : [{ key: 'code', type: 'string', value: code }],
    },
  ],
});

describe('the table of traces', () => {
  const traces = [found('a', '503', 5), found('b', null, 7), found('c', '99', 6)];
  const order = (column: string, descending: boolean) =>
    sortedTraces(traces, { column, descending }).map(({ traceId }) => traceId);

  it('is sorted by numbers where they are numbers, what has no value last', () => {
    expect(order('span.code', true)).toEqual(['a', 'c', 'b']);
    expect(order('span.code', false)).toEqual(['c', 'a', 'b']);
    expect(order('duration', true)).toEqual(['b', 'c', 'a']);
    expect(sortedTraces(traces, null)).toEqual(traces);
  });

  it('shows the values of a column once, and says when spans are missing from them', () => {
    const [first] = traces;
    if (!first) throw new Error('no trace');
    const twice = { ...first, matched: 9, spans: [...first.spans, ...first.spans] };
    expect(valuesOf(twice, '.code')).toEqual({ values: ['503'], cut: true });
    expect(valuesOf(twice, 'name').values).toEqual(['GET /']);
    expect(valuesOf(twice, 'resource.host')).toEqual({ values: [], cut: true });
  });

  it('has columns that select() can name, and no others', () => {
    for (const name of ['span.http.route', '.x', 'resource."two words"', 'status']) {
      expect(isSelectable(name), name).toBe(true);
    }
    for (const name of ['', '.', 'http.route', 'span.a) | rate(', 'duration', 'span.a b']) {
      expect(isSelectable(name), name).toBe(false);
    }
  });
});
