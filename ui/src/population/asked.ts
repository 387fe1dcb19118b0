// Which traces a population is of, as forms edit it and as URLs keep it.
import type { PopulationQuestion } from './answer';

export const kRanges = [
  { id: '15m', label: 'Last 15 minutes', seconds: 900 },
  { id: '1h', label: 'Last hour', seconds: 3600 },
  { id: '3h', label: 'Last 3 hours', seconds: 3 * 3600 },
  { id: '12h', label: 'Last 12 hours', seconds: 12 * 3600 },
  { id: '1d', label: 'Last day', seconds: 86400 },
  { id: '7d', label: 'Last 7 days', seconds: 7 * 86400 },
] as const;
export const kDefaultRange = '1h';

export interface Asked {
  /** TraceQL; empty: all traces. */
  q: string;
  /** A range that ends now, or 'custom' for the two times. */
  range: (typeof kRanges)[number]['id'] | 'custom';
  /** Microseconds since 1970; null: open. */
  startUs: number | null;
  endUs: number | null;
}

export const kAll: Asked = { q: '', range: kDefaultRange, startUs: null, endUs: null };

/**
 * Reads `q`, `start`, `end` and `lookback`, each with this behind its name. Other pages' links have other lengths of
 * lookback: these become a start.
 */
export function readAsked(params: URLSearchParams, suffix = '', nowMs = Date.now()): Asked {
  const lookback = params.get(`lookback${suffix}`) ?? '';
  const range = kRanges.find(known => known.id === lookback)?.id;
  const seconds = range === undefined ? secondsOf(lookback) : null;
  const startUs =
    readMicros(params.get(`start${suffix}`)) ??
    (seconds === null ? null : Math.round(nowMs - seconds * 1000) * 1000);
  const endUs = readMicros(params.get(`end${suffix}`));
  return {
    q: params.get(`q${suffix}`) ?? '',
    range: startUs !== null || endUs !== null ? 'custom' : (range ?? kDefaultRange),
    startUs,
    endUs,
  };
}

export function writeAsked(asked: Asked, params: URLSearchParams, suffix = ''): void {
  if (asked.q.trim() !== '') params.set(`q${suffix}`, asked.q.trim());
  if (asked.range !== 'custom') {
    if (asked.range !== kDefaultRange) params.set(`lookback${suffix}`, asked.range);
    return;
  }
  if (asked.startUs !== null) params.set(`start${suffix}`, String(asked.startUs));
  if (asked.endUs !== null) params.set(`end${suffix}`, String(asked.endUs));
}

/** The same with its times fixed, so that whoever opens a link to it sees the same traces. */
export function pinned(asked: Asked, nowMs: number): Asked {
  const seconds = kRanges.find(range => range.id === asked.range)?.seconds;
  if (seconds === undefined) return asked;
  return {
    ...asked,
    range: 'custom',
    startUs: (nowMs - seconds * 1000) * 1000,
    endUs: nowMs * 1000,
  };
}

export function questionOf(asked: Asked, nowMs: number): PopulationQuestion {
  const { q, startUs, endUs } = pinned(asked, nowMs);
  return { q, startUs, endUs, traceIds: [] };
}

const kUnitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 };

function secondsOf(lookback: string): number | null {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(lookback) ?? [];
  return count === undefined ? null : Number(count) * (kUnitSeconds[unit] ?? 1);
}

function readMicros(text: string | null): number | null {
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null;
}
