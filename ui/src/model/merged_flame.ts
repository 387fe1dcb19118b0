// The aggregated flame graph: spans with the same path (the same operation under the same operations, up to the root)
// are one box. What is left when a trace runs so much at once that a box for each span shows nothing.
import { Flag, type TraceColumns } from './columns';
import { orderByLane, type Flame } from './flame';

/**
 * A box stands for all spans of one path. Its length is the time that they and all below them spent themselves, so
 * boxes fill what is above them but for its own time; of spans that ran at once each counts.
 */
export interface MergedFlame extends Flame {
  readonly start: Float64Array;
  readonly length: Float64Array;
  /** row → its box. */
  readonly boxOf: Uint32Array;
  /** box → spans, and those that failed. */
  readonly spans: Uint32Array;
  readonly errors: Uint32Array;
  /** box → the row of its longest span. */
  readonly longest: Uint32Array;
  /** box → ticks: of all durations, without children, and on the critical path. */
  readonly total: Float64Array;
  readonly self: Float64Array;
  readonly onPath: Float64Array;
}

/** `self` and `onPath` are ticks by row: selfTicks() and ticksOnPath(). */
export function mergePaths(
  columns: TraceColumns,
  self: Uint32Array,
  onPath: Uint32Array,
): MergedFlame {
  const paths = findPaths(columns);
  const count = paths.parent.length;
  const sums = {
    spans: new Uint32Array(count),
    errors: new Uint32Array(count),
    total: new Float64Array(count),
    longest: new Uint32Array(count),
    self: new Float64Array(count),
    onPath: new Float64Array(count),
  };
  for (let row = 0; row < columns.count; row++) {
    const box = paths.boxOf[row]!;
    sums.spans[box]!++;
    sums.errors[box]! += columns.flags[row]! & Flag.error;
    sums.total[box]! += columns.duration[row]!;
    const longer = columns.duration[row]! > columns.duration[sums.longest[box]!]!;
    if (sums.spans[box] === 1 || longer) sums.longest[box] = row;
    sums.self[box]! += self[row]!;
    sums.onPath[box]! += onPath[row]!;
  }
  return {
    ...paths,
    ...sums,
    ...placeBoxes(paths.parent, sums.self),
    ...orderByLane(paths.lane, ranksOf(paths.parent)),
  };
}

interface Paths {
  parent: Int32Array;
  operation: Uint32Array;
  lane: Uint32Array;
  boxOf: Uint32Array;
}

/** Numbers the paths in the order in which the rows meet them: each after the one above it. */
function findPaths(columns: TraceColumns): Paths {
  const boxOf = new Uint32Array(columns.count);
  const parent: number[] = [];
  const operation: number[] = [];
  const lane: number[] = [];
  const known = new Map<number, number>();
  const operationCount = columns.operations.name.length;
  for (let row = 0; row < columns.count; row++) {
    const up = columns.parent[row]! === -1 ? -1 : boxOf[columns.parent[row]!]!;
    const path = (up + 1) * operationCount + columns.operation[row]!;
    let box = known.get(path);
    if (box === undefined) {
      box = parent.length;
      known.set(path, box);
      parent.push(up);
      operation.push(columns.operation[row]!);
      lane.push(up === -1 ? 0 : lane[up]! + 1);
    }
    boxOf[row] = box;
  }
  return {
    parent: Int32Array.from(parent),
    operation: Uint32Array.from(operation),
    lane: Uint32Array.from(lane),
    boxOf,
  };
}

/** box → its place in preorder, which within a lane is that from left to right. */
function ranksOf(parent: Int32Array): Uint32Array {
  const size = new Uint32Array(parent.length).fill(1);
  for (let box = parent.length - 1; box >= 0; box--) {
    if (parent[box] !== -1) size[parent[box]!]! += size[box]!;
  }
  const rank = new Uint32Array(parent.length);
  const next = new Uint32Array(parent.length); // the rank of the next child
  let nextRoot = 0;
  for (let box = 0; box < parent.length; box++) {
    const up = parent[box]!;
    rank[box] = up === -1 ? nextRoot : next[up]!;
    if (up === -1) nextRoot += size[box]!;
    else next[up]! += size[box]!;
    next[box] = rank[box]! + 1;
  }
  return rank;
}

function placeBoxes(
  parent: Int32Array,
  self: Float64Array,
): Pick<MergedFlame, 'start' | 'length' | 'ticks'> {
  const length = Float64Array.from(self);
  let ticks = 0;
  for (let box = parent.length - 1; box >= 0; box--) {
    if (parent[box] === -1) ticks += length[box]!;
    else length[parent[box]!]! += length[box]!;
  }
  const start = new Float64Array(parent.length);
  const next = new Float64Array(parent.length); // where the next child of a box goes
  let nextRoot = 0;
  for (let box = 0; box < parent.length; box++) {
    const up = parent[box]!;
    start[box] = up === -1 ? nextRoot : next[up]!;
    if (up === -1) nextRoot += length[box]!;
    else next[up]! += length[box]!;
    next[box] = start[box]!;
  }
  return { start, length, ticks };
}
