// The time that the pages of services are about: as their URLs keep it, and in microseconds.

export const kLookbacks = [
  { id: '15m', label: 'Last 15 minutes', seconds: 900 },
  { id: '1h', label: 'Last hour', seconds: 3600 },
  { id: '3h', label: 'Last 3 hours', seconds: 3 * 3600 },
  { id: '12h', label: 'Last 12 hours', seconds: 12 * 3600 },
  { id: '1d', label: 'Last day', seconds: 86400 },
  { id: '2d', label: 'Last 2 days', seconds: 2 * 86400 },
  { id: '7d', label: 'Last 7 days', seconds: 7 * 86400 },
] as const;

export type Lookback = (typeof kLookbacks)[number]['id'];

/** Back from now, or between two points in time. */
export type Range = { lookback: Lookback } | { startUs: number; endUs: number };

export interface Times {
  startUs: number;
  endUs: number;
}

const kDefaultLookback: Lookback = '1h';

/** Reads a page's parameters; what makes no sense there is the last hour. */
export function readRange(params: URLSearchParams): Range {
  const startUs = readMicros(params.get('start'));
  const endUs = readMicros(params.get('end'));
  if (startUs !== null && endUs !== null && startUs < endUs) return { startUs, endUs };
  const known = kLookbacks.find(({ id }) => id === params.get('lookback'));
  return { lookback: known?.id ?? kDefaultLookback };
}

/** Sets what readRange() reads back; nothing for the default. */
export function writeRange(range: Range, params: URLSearchParams): void {
  for (const name of ['lookback', 'start', 'end']) params.delete(name);
  if ('lookback' in range) {
    if (range.lookback !== kDefaultLookback) params.set('lookback', range.lookback);
    return;
  }
  params.set('start', String(range.startUs));
  params.set('end', String(range.endUs));
}

export function timesOf(range: Range, nowMs: number): Times {
  if (!('lookback' in range)) return range;
  const seconds = kLookbacks.find(({ id }) => id === range.lookback)?.seconds ?? 3600;
  const endUs = Math.floor(nowMs) * 1000;
  return { startUs: endUs - seconds * 1e6, endUs };
}

const kSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

/** Whole seconds of a step that cuts the time into at most `most` points. */
export function stepSeconds({ startUs, endUs }: Times, most: number): number {
  const least = (endUs - startUs) / 1e6 / most;
  return kSteps.find(step => step >= least) ?? Math.ceil(least / 86400) * 86400;
}

function readMicros(text: string | null): number | null {
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null;
}
