import { describe, expect, it } from 'vitest';
import type { MetricsAnswer } from '../api/metrics';
import { formatOf, namedSeries, partsOf } from './series';

describe('partsOf', () => {
  it('tells what finds spans from what counts them', () => {
    expect(partsOf('{ name = "a" } | rate() by (name)')).toEqual({
      spans: '{ name = "a" }',
      metrics: '| rate() by (name)',
    });
    expect(partsOf('{} >> { status = error } | count_over_time() | topk(3)').spans).toBe(
      '{} >> { status = error }',
    );
  });

  it('takes no word in a text, no attribute and no other stage for a function', () => {
    for (const query of ['{ name = "| rate()" }', '{} | select(.rate)', '{} | count() > 3', '{}']) {
      expect(partsOf(query)).toEqual({ spans: query, metrics: '' });
    }
  });
});

describe('formatOf', () => {
  it('knows rates, durations and plain numbers', () => {
    expect(formatOf('| rate() by (name)')(12.34567)).toBe('12.35/s');
    expect(formatOf('| quantile_over_time(duration, .9)')(0.0125)).toBe('12.5 ms');
    expect(formatOf('| avg_over_time(span.size)')(1234)).toBe('1,234');
    expect(formatOf('| histogram_over_time(duration)')(3)).toBe('3');
  });
});

describe('namedSeries', () => {
  it('orders by the highest point and names by labels', () => {
    const label = (name: string, value: unknown) => ({ name, type: 'string', value });
    const answer: MetricsAnswer = {
      startUs: 0,
      endUs: 3,
      stepUs: 1,
      series: [
        { labels: [label('name', 'low')], points: [1, null, 2] },
        { labels: [label('name', 'high'), label('kind', 'server')], points: [9, 3, null] },
        { labels: [label('name', null)], points: [null, null, null] },
        { labels: [], points: [0] },
      ],
      complete: true,
      inspectedSpans: 1,
      elapsedMs: 1,
    };
    expect(namedSeries(answer)).toMatchObject([
      { name: 'name=high, kind=server', least: 3, most: 9, last: 3 },
      { name: 'low', least: 1, most: 2, last: 2 },
      { name: 'all', most: 0 },
      { name: 'nil', least: null, last: null },
    ]);
  });
});
