// The time that is looked at: how the URL and people say it, and what it is at a given moment.

export interface TimeWindow {
  /** Seconds until now; null: from `startUs` to `endUs`. */
  lastSeconds: number | null;
  startUs: number;
  endUs: number;
}

/** Both ends in microseconds since 1970. */
export interface Bounds {
  startUs: number;
  endUs: number;
}

export const kLastSeconds: readonly number[] = [
  300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
];

export const kDefaultWindow: TimeWindow = { lastSeconds: 3600, startUs: 0, endUs: 0 };

const kUnits: readonly (readonly [string, number, string])[] = [
  ['d', 86_400, 'day'],
  ['h', 3600, 'hour'],
  ['m', 60, 'minute'],
  ['s', 1, 'second'],
];
const kMostSeconds = 400 * 86_400;

/** `15m`; null for what is no such text or longer than a year or so. */
export function readLast(text: string): number | null {
  const found = /^(\d{1,8})([smhd])$/.exec(text);
  const size = kUnits.find(([unit]) => unit === found?.[2])?.[1];
  const seconds = Number(found?.[1]) * (size ?? NaN);
  return seconds >= 1 && seconds <= kMostSeconds ? seconds : null;
}

export function writeLast(seconds: number): string {
  const [unit, size] = kUnits.find(([, size]) => seconds % size === 0) ?? ['s', 1];
  return `${seconds / size}${unit}`;
}

/** "Last 15 minutes". */
export function lastLabel(seconds: number): string {
  const [, size, name] = kUnits.find(([, size]) => seconds % size === 0) ?? ['s', 1, 'second'];
  const count = seconds / size;
  return count === 1 ? `Last ${name}` : `Last ${count} ${name}s`;
}

export function boundsAt(window: TimeWindow, nowMs: number): Bounds {
  if (window.lastSeconds === null) return { startUs: window.startUs, endUs: window.endUs };
  const endUs = Math.ceil(nowMs) * 1000;
  return { startUs: endUs - window.lastSeconds * 1e6, endUs };
}

export function fixedWindow({ startUs, endUs }: Bounds): TimeWindow {
  return { lastSeconds: null, startUs: Math.round(startUs), endUs: Math.round(endUs) };
}

/** Away from both ends by half the length, or towards them. */
export function scaled({ startUs, endUs }: Bounds, factor: number, nowMs: number): Bounds {
  const half = Math.max(500_000, ((endUs - startUs) * factor) / 2);
  const middle = (startUs + endUs) / 2;
  const end = Math.min(middle + half, nowMs * 1000);
  return { startUs: Math.max(0, Math.round(end - 2 * half)), endUs: Math.round(end) };
}

const kSteps: readonly number[] = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900,
  1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
];

/** Seconds of an interval so that there are at most `most` in the time; a round number. */
export function stepFor({ startUs, endUs }: Bounds, most: number): number {
  const wanted = (endUs - startUs) / 1e6 / most;
  return kSteps.find(step => step >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400;
}

/** The same time, begun earlier and ended later so that both ends are whole steps after 1970. */
export function aligned({ startUs, endUs }: Bounds, stepSeconds: number): Bounds {
  const step = Math.round(stepSeconds * 1e6);
  return {
    startUs: Math.max(step, Math.floor(startUs / step) * step),
    endUs: Math.ceil(endUs / step) * step,
  };
}
