// What has a line, gathered from the columns line after line: the raster then reads memory from front to back, and a
// line of a thousand equal siblings is as easy as a thousand lines. Made anew when lines or matches change.
import { Flag, type TraceColumns } from '../model/columns';
import { isGroupLine, type Folds } from '../model/folds';

/** Bits of `look`; above them is the service. */
export const kFailedBit = 1;
/** It steps back behind others, since something is searched for and it does not match. */
export const kDimBit = 2;
export const kServiceShift = 2;

export interface RasterItems {
  readonly lines: number;
  /** line → its first item; one longer than the lines. Undefined: each line has one item. */
  readonly firstOf: Uint32Array | undefined;
  /** item → ticks. */
  readonly start: Uint32Array;
  readonly stop: Uint32Array;
  /** item → service and bits. */
  readonly look: Uint32Array;
  /** Whether any item has kDimBit. */
  readonly dims: boolean;
}

/** `matches`: rows, ascending, that do not step back; undefined: none does. */
export function gather(
  columns: TraceColumns,
  folds: Folds,
  lines: Uint32Array,
  matches?: Uint32Array,
): RasterItems {
  const rows = folds.equal ? unfolded(folds, lines) : { rows: lines, firstOf: undefined };
  const count = rows.rows.length;
  const start = new Uint32Array(count);
  const stop = new Uint32Array(count);
  const look = new Uint32Array(count);
  const { operation, operations, flags } = columns;
  const { service } = operations;
  const failed = Flag.error;
  for (let item = 0; item < count; item++) {
    const row = rows.rows[item]!;
    start[item] = columns.start[row]!;
    stop[item] = columns.start[row]! + columns.duration[row]!;
    look[item] =
      (service[operation[row]!]! << kServiceShift) |
      ((flags[row]! & failed) === 0 ? 0 : kFailedBit);
  }
  if (matches) dim(columns.count, rows.rows, matches, look);
  return {
    lines: lines.length,
    firstOf: rows.firstOf,
    start,
    stop,
    look,
    dims: matches !== undefined,
  };
}

function dim(count: number, rows: Uint32Array, matches: Uint32Array, look: Uint32Array): void {
  const isMatch = new Uint8Array(count);
  for (const row of matches) isMatch[row] = 1;
  for (let item = 0; item < rows.length; item++) {
    if (isMatch[rows[item]!] === 0) look[item]! |= kDimBit;
  }
}

/** All rows of all lines: of a group's line, each member. */
function unfolded(folds: Folds, lines: Uint32Array): { rows: Uint32Array; firstOf: Uint32Array } {
  const rows = new Uint32Array(folds.closed.length);
  const firstOf = new Uint32Array(lines.length + 1);
  let count = 0;
  for (let line = 0; line < lines.length; line++) {
    const row = lines[line]!;
    firstOf[line] = count;
    rows[count++] = row;
    if (!isGroupLine(folds, row)) continue;
    const next = folds.equal!.next;
    for (let member = next[row]!; member !== -1; member = next[member]!) rows[count++] = member;
  }
  firstOf[lines.length] = count;
  return { rows: rows.subarray(0, count), firstOf };
}
