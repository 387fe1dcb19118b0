// Rate, errors and duration of services or operations, put together from series of counts.
import { labelOf, type MetricsAnswer } from '../api/metrics';
import type { RedAnswers } from './answers';

export interface RedRow {
  name: string;
  /** A second, over the whole time. */
  rate: number;
  spans: number;
  errors: number;
  /** 0 to 1. */
  errorShare: number;
  /** Seconds; null: not known. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
  /** By interval: spans a second, the share of errors, and the 95th percentile in seconds. */
  rates: number[];
  errorShares: (number | null)[];
  slow: (number | null)[];
}

/** One row for each value of the label `by`, in the order of the server. */
export function redRows(answers: RedAnswers, by: string): RedRow[] {
  const { rate, errors, quantiles, slow, times } = answers;
  const failed = byName(errors, by);
  const slowest = byName(slow, by);
  const quantile = new Map<string, Map<string, number | null>>();
  for (const series of quantiles.series) {
    const name = labelOf(series, by);
    const known = quantile.get(name) ?? new Map<string, number | null>();
    known.set(String(Number(labelOf(series, 'p'))), series.points[0] ?? null);
    quantile.set(name, known);
  }
  const seconds = (times.endUs - times.startUs) / 1e6;
  const stepSeconds = rate.stepUs / 1e6;
  return rate.series.map(series => {
    const name = labelOf(series, by);
    const rates = series.points.map(point => point ?? 0);
    const failures = failed.get(name) ?? [];
    const spans = sum(rates) * stepSeconds;
    const errorCount = sum(failures.map(point => point ?? 0)) * stepSeconds;
    return {
      name,
      rate: spans / seconds,
      spans: Math.round(spans),
      errors: Math.round(errorCount),
      errorShare: spans === 0 ? 0 : errorCount / spans,
      p50: quantile.get(name)?.get('0.5') ?? null,
      p95: quantile.get(name)?.get('0.95') ?? null,
      p99: quantile.get(name)?.get('0.99') ?? null,
      rates,
      errorShares: rates.map((calls, i) => (calls === 0 ? null : (failures[i] ?? 0) / calls)),
      slow: (slowest.get(name) ?? []).map(noZero),
    };
  });
}

/** An interval without spans has a quantile of 0, which no span took. */
export function noZero(seconds: number | null): number | null {
  return seconds === 0 ? null : seconds;
}

export const kSortKeys = ['name', 'rate', 'errors', 'errorShare', 'p50', 'p95', 'p99'] as const;
export type SortKey = (typeof kSortKeys)[number];

export interface Sort {
  key: SortKey;
  descending: boolean;
}

export const kDefaultSort: Sort = { key: 'rate', descending: true };

/** "p95" and "-p95": rising and falling. */
export function readSort(text: string | null): Sort {
  const descending = text?.startsWith('-') ?? false;
  const key = kSortKeys.find(known => known === text?.replace(/^-/, ''));
  return key === undefined ? kDefaultSort : { key, descending };
}

export function writeSort(sort: Sort): string {
  return (sort.descending ? '-' : '') + sort.key;
}

/** What a click on a column's head does: numbers begin with the largest, names with the first. */
export function sortedBy(sort: Sort, key: SortKey): Sort {
  if (sort.key === key) return { key, descending: !sort.descending };
  return { key, descending: key !== 'name' };
}

/** Sorted anew, then by name; what has no value comes last either way. */
export function sortRows(rows: readonly RedRow[], { key, descending }: Sort): RedRow[] {
  const direction = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    if (key === 'name') return direction * compareText(a.name, b.name);
    const x = a[key];
    const y = b[key];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return direction * (x - y) || compareText(a.name, b.name);
  });
}

/** Those whose name has all of the words, whatever their case. */
export function namedLike<T extends { name: string }>(rows: readonly T[], words: string): T[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(row => {
    const name = row.name.toLowerCase();
    return wanted.every(word => name.includes(word));
  });
}

/** "12.3/s", "0.042/s", "4.1/min": three digits of whatever is at least one. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  if (perSecond >= 0.95) return `${digits(perSecond)}/s`;
  if (perSecond * 60 >= 0.95) return `${digits(perSecond * 60)}/min`;
  return `${digits(perSecond * 3600)}/h`;
}

/** "0 %", "< 0.01 %", "2.35 %". */
export function formatShare(share: number): string {
  if (share === 0) return '0 %';
  if (share < 0.0001) return '< 0.01 %';
  return `${Number((share * 100).toFixed(share < 0.0995 ? 2 : 1))} %`;
}

function digits(value: number): string {
  if (value >= 999.5) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function byName(answer: MetricsAnswer, by: string): Map<string, (number | null)[]> {
  return new Map(answer.series.map(series => [labelOf(series, by), series.points]));
}
