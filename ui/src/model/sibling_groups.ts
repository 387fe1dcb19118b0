// Folding of equal siblings: a loop that asks a database 1,204 times is one row "×1,204". Which siblings are equal is
// a fact about the trace; what of it is folded is up to who draws.
import { Flag, type TraceColumns } from './columns';

/**
 * Runs of siblings that do the same, in preorder; runs among the descendants of a member come after its own. Group g
 * has `members[g]` siblings; their rows and all those below them are `first[g]` up to, without, `end[g]`.
 */
export interface SiblingGroups {
  readonly first: Uint32Array;
  readonly end: Uint32Array;
  readonly members: Uint32Array;
  /** Failed spans among the members and all below them: a fold must not hide that there are some. */
  readonly errors: Uint32Array;
  /** Of the members' durations, in ticks. */
  readonly total: Float64Array;
  readonly shortest: Uint32Array;
  readonly longest: Uint32Array;
  /** row → the group it is a member of, or -1. What lies below a member is none of its group. */
  readonly groupOf: Int32Array;
}

/** So many equal siblings in a row at least make a group, unless said otherwise. */
export const kLeastMembers = 5;

/**
 * The groups of a trace. Siblings are equal if they have the same operation and the same things happen below them:
 * the same operations under the same operations, however often and in whichever order. Linear but for sorting the
 * kinds of children each span has.
 */
export function siblingGroups(columns: TraceColumns, least = kLeastMembers): SiblingGroups {
  const shape = shapesOf(columns);
  const errorsBefore = countErrors(columns);
  const groupOf = new Int32Array(columns.count).fill(-1);
  const groups: Group[] = [];
  // A run is met at its first row, so groups come in preorder by themselves.
  for (let row = 0; row < columns.count; row++) {
    if (groupOf[row] !== -1) continue;
    const group = runFrom(columns, shape, row);
    if (group.members < least) continue;
    for (let i = row; i < group.end; i = columns.subtreeEnd[i]!) groupOf[i] = groups.length;
    group.errors = errorsBefore[group.end]! - errorsBefore[row]!;
    groups.push(group);
  }
  return {
    first: Uint32Array.from(groups, group => group.first),
    end: Uint32Array.from(groups, group => group.end),
    members: Uint32Array.from(groups, group => group.members),
    errors: Uint32Array.from(groups, group => group.errors),
    total: Float64Array.from(groups, group => group.total),
    shortest: Uint32Array.from(groups, group => group.shortest),
    longest: Uint32Array.from(groups, group => group.longest),
    groupOf,
  };
}

interface Group {
  first: number;
  end: number;
  members: number;
  errors: number;
  total: number;
  shortest: number;
  longest: number;
}

/** The siblings from `first` on that are equal to it. */
function runFrom(columns: TraceColumns, shape: Uint32Array, first: number): Group {
  const { operation, parent, subtreeEnd, duration } = columns;
  const run: Group = {
    first,
    end: first,
    members: 0,
    errors: 0,
    total: 0,
    shortest: Infinity,
    longest: 0,
  };
  while (
    run.end < columns.count &&
    parent[run.end] === parent[first] &&
    operation[run.end] === operation[first] &&
    shape[run.end] === shape[first]
  ) {
    const ticks = duration[run.end]!;
    run.members++;
    run.total += ticks;
    run.shortest = Math.min(run.shortest, ticks);
    run.longest = Math.max(run.longest, ticks);
    run.end = subtreeEnd[run.end]!;
  }
  return run;
}

/**
 * row → a number that says which operations are below it, and below those. Two that differ may have the same one
 * in 2^32 times.
 */
function shapesOf(columns: TraceColumns): Uint32Array {
  const { operation, subtreeEnd } = columns;
  const shape = new Uint32Array(columns.count);
  const kinds = new Uint32Array(columns.count);
  for (let row = columns.count - 1; row >= 0; row--) {
    let kindCount = 0;
    for (let child = row + 1; child < subtreeEnd[row]!; child = subtreeEnd[child]!) {
      const kind = mix(shape[child]!, operation[child]!);
      if (kindCount === 0 || kinds[kindCount - 1] !== kind) kinds[kindCount++] = kind;
    }
    if (kindCount > 1) kinds.subarray(0, kindCount).sort();
    let all = 1;
    for (let i = 0; i < kindCount; i++) {
      if (i === 0 || kinds[i] !== kinds[i - 1]) all = mix(all, kinds[i]!);
    }
    shape[row] = all;
  }
  return shape;
}

function mix(a: number, b: number): number {
  let value = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b + 0x9e3779b9, 0xc2b2ae35);
  value = Math.imul(value ^ (value >>> 13), 0x27d4eb2f);
  return (value ^ (value >>> 15)) >>> 0;
}

function countErrors({ count, flags }: TraceColumns): Uint32Array {
  const before = new Uint32Array(count + 1);
  for (let row = 0; row < count; row++) before[row + 1] = before[row]! + (flags[row]! & Flag.error);
  return before;
}
