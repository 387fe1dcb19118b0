// The flame graph of a trace: every span a box, as long as it took, below its parent. Spans that ran at the same time
// get lanes of their own; none lies over another.
import type { TraceColumns } from './columns';
import { lanesOf } from './flame_lanes';
import { sortRows } from './sort_rows';

/**
 * Boxes in lanes. What a box is, is up to its maker: a span (packFlame) or all spans with the same path (mergePaths).
 * Boxes of one lane do not overlap; children are on lanes below their parent's.
 */
export interface Flame {
  /** box → where it begins and how long it is, in ticks. */
  readonly start: Uint32Array | Float64Array;
  readonly length: Uint32Array | Float64Array;
  /** box → lane; 0 is at the top. */
  readonly lane: Uint32Array;
  readonly parent: Int32Array;
  /** box → place in the operations of the trace. */
  readonly operation: Uint32Array;
  readonly laneCount: number;
  /** The boxes, lane by lane, each lane in order of start. */
  readonly byLane: Uint32Array;
  /** lane → place of its first box in `byLane`; one longer than the lanes. */
  readonly laneStart: Uint32Array;
  /** Where the last box ends. */
  readonly ticks: number;
}

/**
 * Every span a box. Siblings that do not overlap, with all below them, share lanes; those that do are put below each
 * other, each with its descendants.
 */
export function packFlame(columns: TraceColumns): Flame {
  const { start, duration, parent, operation } = columns;
  const lane = lanesOf(columns);
  return {
    start,
    length: duration,
    lane,
    parent,
    operation,
    ...orderByLane(lane, start),
    ticks: columns.durationTicks,
  };
}

/** The order in which boxes are drawn and found: by lane, and there by a number that each has. */
export function orderByLane(
  lane: Uint32Array,
  place: Uint32Array,
): Pick<Flame, 'laneCount' | 'byLane' | 'laneStart'> {
  const count = lane.length;
  let laneCount = 0;
  for (let box = 0; box < count; box++) laneCount = Math.max(laneCount, lane[box]! + 1);
  const laneStart = new Uint32Array(laneCount + 1);
  for (let box = 0; box < count; box++) laneStart[lane[box]! + 1]!++;
  for (let i = 0; i < laneCount; i++) laneStart[i + 1]! += laneStart[i]!;
  const next = laneStart.slice();
  const byLane = new Uint32Array(count);
  for (let box = 0; box < count; box++) byLane[next[lane[box]!]!++] = box;
  for (let i = 0; i < laneCount; i++) {
    sortRows(byLane.subarray(laneStart[i], laneStart[i + 1]), place);
  }
  return { laneCount, byLane, laneStart };
}

/** The place in `byLane` of the first box of a lane that ends after `tick`; the lane's end if there is none. */
export function firstEndingAfter(flame: Flame, lane: number, tick: number, from = 0): number {
  const { byLane, start, length, laneStart } = flame;
  let low = Math.max(from, laneStart[lane]!);
  let high = laneStart[lane + 1]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const box = byLane[middle]!;
    if (start[box]! + length[box]! > tick) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Beyond both, a flame graph with a box for each span is a tall heap of slivers. */
const kLanesPerLevel = 8;
const kFewLanes = 1000;

/** True if the trace does so much at once that its flame graph says little. */
export function isTooParallel(flame: Flame, { depth }: TraceColumns): boolean {
  if (flame.laneCount <= kFewLanes) return false;
  let deepest = 0;
  for (let row = 0; row < depth.length; row++) deepest = Math.max(deepest, depth[row]!);
  return flame.laneCount > kLanesPerLevel * (deepest + 1);
}
