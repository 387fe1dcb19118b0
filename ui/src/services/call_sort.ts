// The order of a table of calls, as addresses hold it.
import type { Call } from './graph';

export const kCallKeys = [
  'parent',
  'child',
  'callCount',
  'errors',
  'p50Us',
  'p95Us',
  'p99Us',
] as const;
export type CallKey = (typeof kCallKeys)[number];

export interface CallSort {
  readonly key: CallKey;
  readonly descending: boolean;
}

export const kMostCalls: CallSort = { key: 'callCount', descending: true };

/** "p95Us" and "-p95Us": rising and falling. */
export function readCallSort(text: string | null): CallSort {
  const key = kCallKeys.find(known => known === text?.replace(/^-/, ''));
  return key === undefined ? kMostCalls : { key, descending: text?.startsWith('-') ?? false };
}

export function writeCallSort({ key, descending }: CallSort): string {
  return (descending ? '-' : '') + key;
}

export function sortCalls(calls: readonly Call[], { key, descending }: CallSort): Call[] {
  const value = (call: Call) => (key === 'errors' ? call.errorCount / call.callCount : call[key]);
  const direction = descending ? -1 : 1;
  return [...calls].sort((a, b) => {
    const x = value(a);
    const y = value(b);
    return x < y ? -direction : x > y ? direction : b.callCount - a.callCount;
  });
}
