import { describe, expect, it } from 'vitest';
import { parseMetrics } from '../text/prometheus';
import { History, kMostPoints, quantile } from './history';

const reading = (atMs: number, text: string) => ({ atMs, samples: parseMetrics(text) });

function histogram(...cumulative: number[]): string {
  return ['0.1', '0.5', '1', '+Inf']
    .map((le, i) => `h_bucket{a="x",le="${le}"} ${cumulative[i]}\n`)
    .join('');
}

describe('quantile', () => {
  const empty = reading(0, histogram(0, 0, 0, 0));

  it('lies within its bucket as Prometheus says', () => {
    const now = reading(1, histogram(0, 10, 10, 10));
    expect(quantile(empty, now, 'h', 0.5)).toBeCloseTo(0.3);
    expect(quantile(empty, now, 'h', 1)).toBeCloseTo(0.5);
  });

  it('is of what came between the readings, over all series', () => {
    const before = reading(0, histogram(100, 100, 100, 100));
    const now = reading(
      1,
      histogram(100, 100, 104, 104) + 'h_bucket{a="y",le="1"} 4\nh_bucket{a="y",le="+Inf"} 4\n',
    );
    expect(quantile(before, now, 'h', 0.5)).toBeCloseTo(0.75);
  });

  it('is none of nothing, and the last bound of what lies past it', () => {
    expect(quantile(empty, empty, 'h', 0.5)).toBeNull();
    expect(quantile(empty, reading(1, ''), 'h', 0.5)).toBeNull();
    expect(quantile(empty, reading(1, histogram(0, 0, 0, 5)), 'h', 0.5)).toBe(1);
  });
});

describe('History', () => {
  const spans = (count: number) => `clew_store_appended_spans_total ${count}\n`;

  it('needs two readings for a rate, and keeps the last points', () => {
    const history = new History();
    for (let i = 0; i < kMostPoints + 5; i++) history.take(reading(i * 5000, spans(i * 50)));
    expect(history.points.length).toBe(kMostPoints);
    expect(history.points.at(-1)?.values.stored).toBe(10);
    expect(history.points.at(-1)?.values.queryP95).toBeNull();
  });

  it('has a hole where nobody looked', () => {
    const history = new History();
    history.take(reading(0, spans(0)));
    history.take(reading(60_000, spans(600)));
    history.take(reading(65_000, spans(650)));
    expect(history.points.map(point => point.values.stored)).toEqual([null, 10]);
  });

  it('shows no negative rates after a restart', () => {
    const history = new History();
    history.take(reading(0, spans(1000)));
    history.take(reading(5000, spans(50)));
    expect(history.points[0]?.values.stored).toBe(0);
  });
});
