// The duration heat map as numbers: spans counted by time and by powers of two of their duration, as
// histogram_over_time() counts them. A cell holds the spans that start in (from, to] and last (low, high].
import { labelOf, type MetricsAnswer } from '../api/metrics';
import type { Box } from './query';

export interface HeatGrid {
  startUs: number;
  stepUs: number;
  columns: number;
  /** The upper ends of the rows in nanoseconds, each twice the one before; the lowest row first. */
  highNs: readonly number[];
  /** Spans by row and column: row · columns + column. */
  counts: Float64Array;
  /** Those of them that failed. */
  errors: Float64Array;
  most: number;
  total: number;
  totalErrors: number;
}

/** Cells from one corner to the other, both included. */
export interface CellRange {
  column0: number;
  column1: number;
  row0: number;
  row1: number;
}

/** At least so many rows, so that a single bucket is not as tall as the picture. */
const kLeastRows = 8;

/** Both answers must be of the same time and step. */
export function heatGrid(all: MetricsAnswer, failed: MetricsAnswer): HeatGrid {
  const columns = Math.round((all.endUs - all.startUs) / all.stepUs);
  const highNs = rowsOf([...all.series, ...failed.series].map(bucketNs));
  const counts = cells(all, highNs, columns);
  const errors = cells(failed, highNs, columns);
  return {
    startUs: all.startUs,
    stepUs: all.stepUs,
    columns,
    highNs,
    counts,
    errors,
    most: counts.reduce((most, count) => Math.max(most, count), 0),
    total: counts.reduce((sum, count) => sum + count, 0),
    totalErrors: errors.reduce((sum, count) => sum + count, 0),
  };
}

function bucketNs(series: MetricsAnswer['series'][number]): number {
  return Math.round(Number(labelOf(series, '__bucket')) * 1e9);
}

/** All powers of two from the lowest to the highest bucket, and some around if they are few. */
function rowsOf(buckets: readonly number[]): number[] {
  const exponents = buckets.filter(bucket => bucket >= 2).map(bucket => Math.log2(bucket));
  if (exponents.length === 0) return [];
  let low = Math.round(Math.min(...exponents));
  let high = Math.round(Math.max(...exponents));
  while (high - low + 1 < kLeastRows) {
    if (low > 1) low--;
    high++;
  }
  return Array.from({ length: high - low + 1 }, (_, i) => 2 ** (low + i));
}

function cells(answer: MetricsAnswer, highNs: readonly number[], columns: number): Float64Array {
  const counts = new Float64Array(highNs.length * columns);
  for (const series of answer.series) {
    const row = highNs.indexOf(bucketNs(series));
    if (row === -1) continue;
    series.points.forEach((count, column) => {
      if (column < columns) counts[row * columns + column] = count ?? 0;
    });
  }
  return counts;
}

export function boxOf(grid: HeatGrid, range: CellRange): Box {
  const { column0, column1, row0, row1 } = ordered(range);
  return {
    startUs: grid.startUs + column0 * grid.stepUs,
    endUs: grid.startUs + (column1 + 1) * grid.stepUs,
    lowNs: (grid.highNs[row0] ?? 2) / 2,
    highNs: grid.highNs[row1] ?? 2,
  };
}

/** The cells that a box covers; null if it lies outside or between the lines of this grid. */
export function cellsOf(grid: HeatGrid, box: Box): CellRange | null {
  const column0 = (box.startUs - grid.startUs) / grid.stepUs;
  const column1 = (box.endUs - grid.startUs) / grid.stepUs - 1;
  const row0 = grid.highNs.indexOf(box.lowNs * 2);
  const row1 = grid.highNs.indexOf(box.highNs);
  const fits = Number.isInteger(column0) && Number.isInteger(column1) && row0 >= 0 && row1 >= row0;
  return fits && column0 >= 0 && column1 >= column0 && column1 < grid.columns
    ? { column0, column1, row0, row1 }
    : null;
}

export function ordered({ column0, column1, row0, row1 }: CellRange): CellRange {
  return {
    column0: Math.min(column0, column1),
    column1: Math.max(column0, column1),
    row0: Math.min(row0, row1),
    row1: Math.max(row0, row1),
  };
}

/** Spans and failed spans in the cells. */
export function sumOf(grid: HeatGrid, range: CellRange): { count: number; errors: number } {
  const { column0, column1, row0, row1 } = ordered(range);
  let count = 0;
  let errors = 0;
  for (let row = row0; row <= row1; row++) {
    for (let column = column0; column <= column1; column++) {
      count += grid.counts[row * grid.columns + column] ?? 0;
      errors += grid.errors[row * grid.columns + column] ?? 0;
    }
  }
  return { count, errors };
}

/** From 0 to 1: how dark a count is drawn. Logarithmic, so that one span among thousands is still seen. */
export function shade(count: number, most: number): number {
  if (count <= 0) return 0;
  return most <= 1 ? 1 : 0.18 + (0.82 * Math.log(count)) / Math.log(most);
}

/** What TraceQL says of a box's durations; its times are the arguments of compare(), or the window. */
export function durationsText({ lowNs, highNs }: Box): string {
  return `duration > ${durationLiteral(lowNs)} && duration <= ${durationLiteral(highNs)}`;
}

/** In the largest unit of which it is a whole number: fractions might be rounded on the way. */
export function durationLiteral(ns: number): string {
  const units = [
    ['s', 1e9],
    ['ms', 1e6],
    ['us', 1e3],
  ] as const;
  for (const [unit, size] of units) {
    if (Number.isInteger(ns / size)) return `${ns / size}${unit}`;
  }
  return `${ns}ns`;
}
