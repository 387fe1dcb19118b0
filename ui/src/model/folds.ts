// Which rows have a line: what is closed, folded or hidden, and the lines that remain. Bytes and integers, no object
// per span: all of it is done anew in some milliseconds for a million spans.
import type { TraceColumns } from './columns';
import type { EqualSiblings } from './equal_siblings';

/** What is closed at once: all below so many levels (0: nothing), or what goes on within one service. */
export type Closing = number | 'services';

/** Never changed in place. */
export interface Folds {
  /** What was last closed at once. `closed` is that, but for single rows opened or closed since. */
  readonly closing: Closing;
  /** row → 1 if what is below it has no line. */
  readonly closed: Uint8Array;
  /** Equal siblings share a line, that of the first; undefined: each has its own. */
  readonly equal: EqualSiblings | undefined;
  /** row → 1 if it is of a group whose members have lines of their own all the same. */
  readonly apart: Uint8Array;
  /** service → 1 if its spans have no line; those below them keep theirs. */
  readonly hidden: Uint8Array;
  /** Shorter ones have no line. */
  readonly leastTicks: number;
}

export function noFolds(columns: TraceColumns): Folds {
  return {
    closing: 0,
    closed: new Uint8Array(columns.count),
    equal: undefined,
    apart: new Uint8Array(columns.count),
    hidden: new Uint8Array(columns.services.length),
    leastTicks: 0,
  };
}

/** line → row, top to bottom; rows ascend. */
export function linesOf(columns: TraceColumns, folds: Folds): Uint32Array {
  const { count, subtreeEnd, operation, duration, operations } = columns;
  const { closed, equal, apart, hidden, leastTicks } = folds;
  const hides = leastTicks > 0 || hidden.includes(1);
  const lines = new Uint32Array(count);
  let end = 0;
  let row = 0;
  while (row < count) {
    let isWhole = closed[row] === 1;
    if (equal !== undefined && apart[row] === 0) {
      if (equal.first[row] !== row) {
        row = subtreeEnd[row]!;
        continue;
      }
      isWhole ||= equal.next[row] !== -1;
    }
    const isHidden =
      hides && (duration[row]! < leastTicks || hidden[operations.service[operation[row]!]!] === 1);
    if (!isHidden) lines[end++] = row;
    row = isWhole ? subtreeEnd[row]! : row + 1;
  }
  return lines.slice(0, end);
}

/** Whether the line of `row` stands for a whole group of equal siblings. */
export function isGroupLine(folds: Folds, row: number): boolean {
  return folds.equal !== undefined && folds.apart[row] === 0 && folds.equal.next[row] !== -1;
}

/** row → 1 if `closing` closes it. */
export function closedBy(columns: TraceColumns, closing: Closing): Uint8Array {
  if (closing === 'services') return closedWithinServices(columns);
  return closing === 0 ? new Uint8Array(columns.count) : closedBelow(columns, closing);
}

/** Closes every row that is `levels` or more deep and has something below; opens all others. */
export function closedBelow(columns: TraceColumns, levels: number): Uint8Array {
  const { count, depth, subtreeEnd } = columns;
  const closed = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    if (depth[row]! + 1 >= levels && subtreeEnd[row]! > row + 1) closed[row] = 1;
  }
  return closed;
}

/** Closes every row whose children all are of its own service, down to the leaves: what is left is how services call. */
export function closedWithinServices(columns: TraceColumns): Uint8Array {
  const { count, parent, subtreeEnd, operation, operations } = columns;
  const serviceOf = (row: number) => operations.service[operation[row]!]!;
  const leads = new Uint8Array(count); // to another service, somewhere below
  for (let row = count - 1; row > 0; row--) {
    const up = parent[row]!;
    if (up !== -1 && (leads[row] === 1 || serviceOf(row) !== serviceOf(up))) leads[up] = 1;
  }
  const closed = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    if (leads[row] === 0 && subtreeEnd[row]! > row + 1) closed[row] = 1;
  }
  return closed;
}

export function withClosed(folds: Folds, row: number, value: boolean): Folds {
  return { ...folds, closed: changed(folds.closed, [row], value) };
}

/** Gives the members of a group lines of their own, or one together. */
export function withApart(folds: Folds, row: number, value: boolean): Folds {
  const { equal } = folds;
  if (equal === undefined) return folds;
  const apart = folds.apart.slice();
  for (let member = equal.first[row]!; member !== -1; member = equal.next[member]!) {
    apart[member] = value ? 1 : 0;
  }
  return { ...folds, apart };
}

/** Opens whatever keeps `row` from having a line. The same object if nothing does. */
export function revealed(columns: TraceColumns, folds: Folds, row: number): Folds {
  let next = folds;
  const service = columns.operations.service[columns.operation[row]!]!;
  if (next.hidden[service] === 1)
    next = { ...next, hidden: changed(next.hidden, [service], false) };
  if (columns.duration[row]! < next.leastTicks) next = { ...next, leastTicks: 0 };
  const shut: number[] = [];
  for (let up = columns.parent[row]!; up !== -1; up = columns.parent[up]!) {
    if (next.closed[up] === 1) shut.push(up);
    if (isFolded(next, up)) next = withApart(next, up, true);
  }
  if (shut.length > 0) next = { ...next, closed: changed(next.closed, shut, false) };
  if (isFolded(next, row) && next.equal?.first[row] !== row) next = withApart(next, row, true);
  return next;
}

/** Whether `row` is of a group that shares a line. */
function isFolded({ equal, apart }: Folds, row: number): boolean {
  return (
    equal !== undefined && apart[row] === 0 && (equal.next[row] !== -1 || equal.first[row] !== row)
  );
}

/** The line of `row`; if it has none, that of the last one before it, which is what hides it or stands above. */
export function lineOf(lines: Uint32Array, row: number): number {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lines[middle]! <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** All below, not only the direct children. */
export function descendantCount(columns: TraceColumns, row: number): number {
  return columns.subtreeEnd[row]! - row - 1;
}

function changed(bytes: Uint8Array, places: readonly number[], value: boolean): Uint8Array {
  const next = bytes.slice();
  for (const place of places) next[place] = value ? 1 : 0;
  return next;
}
