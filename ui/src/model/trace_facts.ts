// What the page says of a trace as a whole.
import type { ServiceCount } from '../api/types';
import { Flag, kKinds, type TraceColumns } from './columns';

export interface TraceFacts {
  /** Most spans first. */
  readonly services: readonly ServiceCount[];
  readonly levels: number;
  /** Rows that failed, ascending. */
  readonly failed: Uint32Array;
  /** Whose parent is missing; that start before their parent; that have no start of their own. */
  readonly orphans: Uint32Array;
  readonly skewed: Uint32Array;
  readonly startless: Uint32Array;
}

export function factsOf(columns: TraceColumns): TraceFacts {
  const { count, depth, flags, operation, operations, services } = columns;
  const spans = new Uint32Array(services.length);
  const errors = new Uint32Array(services.length);
  let levels = 0;
  const failed: number[] = [];
  const orphans: number[] = [];
  const skewed: number[] = [];
  const startless: number[] = [];
  for (let row = 0; row < count; row++) {
    const set = flags[row]!;
    if (set !== 0) {
      if ((set & Flag.error) !== 0) failed.push(row);
      if ((set & Flag.orphan) !== 0) orphans.push(row);
      if ((set & Flag.noStart) !== 0) startless.push(row);
    }
    if (isSkewed(columns, row)) skewed.push(row);
    const service = operations.service[operation[row]!]!;
    spans[service]!++;
    errors[service]! += set & Flag.error;
    if (depth[row]! >= levels) levels = depth[row]! + 1;
  }
  const counts = services.map((name, i) => ({
    name,
    spanCount: spans[i]!,
    errorCount: errors[i]!,
  }));
  return {
    services: counts.sort((a, b) => b.spanCount - a.spanCount || a.name.localeCompare(b.name)),
    levels,
    failed: Uint32Array.from(failed),
    orphans: Uint32Array.from(orphans),
    skewed: Uint32Array.from(skewed),
    startless: Uint32Array.from(startless),
  };
}

/** It starts before its parent, by more than a microsecond: one process may give both the same in either order. */
export function isSkewed({ start, parent, flags, tickNs }: TraceColumns, row: number): boolean {
  const up = parent[row]!;
  if (up === -1 || (flags[row]! & Flag.noStart) !== 0) return false;
  return start[row]! + Math.ceil(1000 / tickNs) < start[up]!;
}

/** How many of `rows`, which ascend, lie in [from, to). */
export function countWithin(rows: Uint32Array, from: number, to: number): number {
  return lowerBound(rows, to) - lowerBound(rows, from);
}

/** The place of the first of `rows`, which ascend, that is not below `row`. */
export function lowerBound(rows: Uint32Array, row: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]! < row) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function nameOf(columns: TraceColumns, row: number): string {
  return columns.names[columns.operations.name[columns.operation[row]!]!] ?? '';
}

export function serviceOf(columns: TraceColumns, row: number): string {
  return columns.services[columns.operations.service[columns.operation[row]!]!] ?? '';
}

export function kindOf(columns: TraceColumns, row: number): (typeof kKinds)[number] {
  return kKinds[columns.operations.kind[columns.operation[row]!]!] ?? 'unspecified';
}

export function hasFailed(columns: TraceColumns, row: number): boolean {
  return (columns.flags[row]! & Flag.error) !== 0;
}
