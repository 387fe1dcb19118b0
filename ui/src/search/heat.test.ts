import { describe, expect, it } from 'vitest';
import type { MetricsAnswer } from '../api/metrics';
import { boxOf, cellsOf, durationLiteral, durationsText, heatGrid, shade, sumOf } from './heat';

function histogram(buckets: Record<string, (number | null)[]>): MetricsAnswer {
  return {
    startUs: 1000,
    endUs: 4000,
    stepUs: 1000,
    series: Object.entries(buckets).map(([bucket, points]) => ({
      labels: [{ name: '__bucket', type: 'float64', value: Number(bucket) }],
      points,
    })),
    complete: true,
    inspectedSpans: 0,
    elapsedMs: 1,
  };
}

const all = histogram({ '0.001048576': [1, 0, 7], '0.134217728': [0, 2, null] });
const failed = histogram({ '0.134217728': [0, 1, 0] });

describe('the heat map', () => {
  const grid = heatGrid(all, failed);

  it('has a row for every power of two between, and exact counts', () => {
    expect(grid.highNs).toEqual([20, 21, 22, 23, 24, 25, 26, 27].map(power => 2 ** power));
    expect(grid.columns).toBe(3);
    expect([grid.total, grid.totalErrors, grid.most]).toEqual([10, 1, 7]);
    expect([...grid.counts.slice(0, 3)]).toEqual([1, 0, 7]);
    expect(sumOf(grid, { column0: 1, column1: 2, row0: 7, row1: 0 })).toEqual({
      count: 9,
      errors: 1,
    });
  });

  it('names the spans of cells by time and duration, and finds the cells again', () => {
    const cells = { column0: 1, column1: 2, row0: 6, row1: 7 };
    const box = boxOf(grid, cells);
    expect(box).toEqual({ startUs: 2000, endUs: 4000, lowNs: 2 ** 25, highNs: 2 ** 27 });
    expect(cellsOf(grid, box)).toEqual(cells);
    expect(cellsOf(grid, { ...box, startUs: 2001 })).toBeNull();
    expect(cellsOf(grid, { ...box, highNs: 2 ** 40 })).toBeNull();
    expect(durationsText(box)).toBe('duration > 33554432ns && duration <= 134217728ns');
  });

  it('is empty where nothing was counted', () => {
    const empty = heatGrid(histogram({}), histogram({}));
    expect([empty.highNs.length, empty.total, empty.most]).toEqual([0, 0, 0]);
  });

  it('shows one span among many', () => {
    expect(shade(0, 1e6)).toBe(0);
    expect(shade(1, 1e6)).toBeCloseTo(0.18);
    expect(shade(1e6, 1e6)).toBeCloseTo(1);
    expect(shade(1, 1)).toBe(1);
  });

  it('writes durations exactly', () => {
    expect([2e9, 1.5e6, 1024, 33_554_432, 900].map(durationLiteral)).toEqual([
      '2s',
      '1500us',
      '1024ns',
      '33554432ns',
      '900ns',
    ]);
  });
});
