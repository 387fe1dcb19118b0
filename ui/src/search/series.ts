// Series that a metrics query of TraceQL asks for: which, by what name, in which unit. No browser.
import type { MetricsAnswer, Series } from '../api/metrics';
import { attributeText } from '../text/attribute';
import { formatDuration } from '../text/duration';
import { meaningful } from './traceql';

const kFunctions: ReadonlySet<string> = new Set([
  'rate',
  'count_over_time',
  'min_over_time',
  'max_over_time',
  'avg_over_time',
  'sum_over_time',
  'quantile_over_time',
  'histogram_over_time',
  'compare',
]);

/** Of `{ … } | rate() by (name)`: the part that finds spans, and the one that counts them; empty if it only finds. */
export function partsOf(query: string): { spans: string; metrics: string } {
  const tokens = meaningful(query);
  let depth = 0;
  for (const [i, { text, from }] of tokens.entries()) {
    if (/^[{(]$/.test(text)) depth++;
    else if (/^[})]$/.test(text)) depth--;
    else if (text === '|' && depth === 0 && kFunctions.has(tokens[i + 1]?.text ?? '')) {
      return { spans: query.slice(0, from).trim(), metrics: query.slice(from).trim() };
    }
  }
  return { spans: query, metrics: '' };
}

/** How a value of the series reads. */
export function formatOf(metrics: string): (value: number) => string {
  const [, name, , argument] = meaningful(metrics).map(({ text }) => text);
  if (name === 'rate') return value => `${numberText(value)}/s`;
  const isTime = argument === 'duration' || argument === 'traceDuration';
  const isOfValues = /^(min|max|avg|sum|quantile)_/.test(name ?? '');
  return isTime && isOfValues ? value => formatDuration(value * 1e9) : numberText;
}

/** Four digits, whole numbers in full. */
function numberText(value: number): string {
  const shown = Number.isInteger(value) ? value : Number(value.toPrecision(4));
  return shown.toLocaleString('en', { maximumFractionDigits: 6 });
}

export interface NamedSeries {
  name: string;
  points: readonly (number | null)[];
  /** Null: there was nothing in the whole time. */
  least: number | null;
  most: number | null;
  last: number | null;
}

/** The series with the highest points first; equal ones as they came. */
export function namedSeries({ series }: MetricsAnswer): NamedSeries[] {
  const named = series.map(one => {
    const values = one.points.filter(point => point !== null);
    let least: number | null = null;
    let most: number | null = null;
    for (const value of values) {
      if (least === null || value < least) least = value;
      if (most === null || value > most) most = value;
    }
    return { name: nameOf(one), points: one.points, least, most, last: values.at(-1) ?? null };
  });
  return named.sort((a, b) => (b.most ?? -Infinity) - (a.most ?? -Infinity));
}

/** The values of its labels; with their names where there are several. */
function nameOf({ labels }: Series): string {
  const shown = labels.filter(({ name }) => name !== '__name__');
  const text = (label: (typeof shown)[number]) =>
    label.value === null ? 'nil' : attributeText({ ...label, key: label.name }) || '""';
  const [only] = shown;
  if (only === undefined) return 'all';
  return shown.length === 1 ? text(only) : shown.map(one => `${one.name}=${text(one)}`).join(', ');
}
