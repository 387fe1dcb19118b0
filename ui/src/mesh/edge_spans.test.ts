import { describe, expect, it } from 'vitest';
import type { MetricsAnswer } from '../api/metrics';
import { edgeSpansOf } from './edge_spans';

function answer(values: Record<string, number | null>, complete = true): MetricsAnswer {
  return {
    startUs: 0,
    endUs: 1,
    stepUs: 1,
    series: Object.entries(values).map(([edge, value]) => ({
      labels: [{ name: 'span.edge', type: 'string', value: edge }],
      points: [value],
    })),
    complete,
    inspectedSpans: 1,
    elapsedMs: 1,
  };
}

describe('edgeSpansOf', () => {
  it('puts rate, errors and time of each edge together', () => {
    const spans = edgeSpansOf(
      answer({ ams: 10, nyc: 2 }),
      answer({ ams: 1 }),
      answer({ ams: 0.25, nyc: null }, false),
    );
    expect(spans.byEdge.get('ams')).toEqual({
      perSecond: 10,
      errorsPerSecond: 1,
      p95Seconds: 0.25,
    });
    expect(spans.byEdge.get('nyc')).toEqual({ perSecond: 2, errorsPerSecond: 0, p95Seconds: null });
    expect(spans.complete).toBe(false);
  });
});
