// The flame graph of a trace: every span a box, as long as it took, below its parent. Spans that ran at the same time
// get lanes of their own; none lies over another.
import type { TraceColumns } from './columns';
import { MinHeap } from './min_heap';
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
 * other, each with its descendants: blocks do not interleave, so what is under a span belongs to it or to a sibling.
 */
export function packFlame(columns: TraceColumns): Flame {
  const { start, duration, parent, operation } = columns;
  const lane = lanesOf(columns, offsetsOf(columns));
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

/** The rows of a trace that have more lanes than this many times its levels say little when each span is a box. */
const kLanesPerLevel = 8;
const kFewLanes = 400;

/** True if the trace is so parallel that its flame graph would be a tall heap of slivers. */
export function isTooParallel(flame: Flame, levels: number): boolean {
  return flame.laneCount > Math.max(kFewLanes, kLanesPerLevel * levels);
}

/** row → how many lanes below the first possible one its block stands. */
function offsetsOf(columns: TraceColumns): Uint32Array {
  const { count, subtreeEnd } = columns;
  const extent = extentsOf(columns);
  const height = new Uint32Array(count); // lanes that the span and all below it take
  const offset = new Uint32Array(count);
  const siblings = new Uint32Array(count);
  const packer = new Packer(extent, height, offset);
  for (let row = count - 1; row >= -1; row--) {
    let childCount = 0;
    const end = row === -1 ? count : subtreeEnd[row]!;
    for (let child = row + 1; child < end; child = subtreeEnd[child]!) {
      siblings[childCount++] = child;
    }
    const below = packer.pack(siblings.subarray(0, childCount));
    if (row !== -1) height[row] = 1 + below;
  }
  return offset;
}

interface Extent {
  start: Uint32Array;
  /** At least a tick after the start: two instants at the same time are beside each other, too. */
  end: Uint32Array;
}

/** row → when the first of it and its descendants starts, and the last ends. */
function extentsOf({ count, start, duration, parent }: TraceColumns): Extent {
  const first = Uint32Array.from(start);
  const last = new Uint32Array(count);
  for (let row = count - 1; row >= 0; row--) {
    last[row] = Math.max(last[row]!, start[row]! + Math.max(1, duration[row]!));
    const up = parent[row]!;
    if (up === -1) continue;
    first[up] = Math.min(first[up]!, first[row]!);
    last[up] = Math.max(last[up]!, last[row]!);
  }
  return { start: first, end: last };
}

/** Ends and tracks are kept as one number in the heap; 2^32 ticks and so many tracks fit a double. */
const kMostTracks = 2 ** 21;

/** Gives the children of one span, as blocks, their places below each other. */
class Packer {
  private readonly busy = new MinHeap();
  private readonly free = new MinHeap();
  private trackHeight = new Uint32Array(64);
  private readonly trackOf: Uint32Array;

  constructor(
    private readonly extent: Extent,
    private readonly height: Uint32Array,
    private readonly offset: Uint32Array,
  ) {
    this.trackOf = new Uint32Array(height.length);
  }

  /** Sets the offsets of siblings; returns how many lanes they take together. */
  pack(siblings: Uint32Array): number {
    if (siblings.length === 0) return 0;
    if (siblings.length === 1) return this.height[siblings[0]!]!;
    sortRows(siblings, this.extent.start);
    const tracks = this.assignTracks(siblings);
    let lanes = 0;
    for (let track = 0; track < tracks; track++) {
      const below = this.trackHeight[track]!;
      this.trackHeight[track] = lanes;
      lanes += below;
    }
    for (let i = 0; i < siblings.length; i++) {
      this.offset[siblings[i]!] = this.trackHeight[this.trackOf[siblings[i]!]!]!;
    }
    return lanes;
  }

  /** Each block goes to the first track where nothing runs any more. Leaves the height of each track. */
  private assignTracks(siblings: Uint32Array): number {
    const { busy, free, extent, height } = this;
    busy.clear();
    free.clear();
    let tracks = 0;
    for (let i = 0; i < siblings.length; i++) {
      const row = siblings[i]!;
      while (busy.size > 0 && Math.floor(busy.least / kMostTracks) <= extent.start[row]!) {
        free.push(busy.pop() % kMostTracks);
      }
      const track = free.size > 0 ? free.pop() : this.newTrack(tracks++);
      busy.push(extent.end[row]! * kMostTracks + track);
      this.trackOf[row] = track;
      this.trackHeight[track] = Math.max(this.trackHeight[track]!, height[row]!);
    }
    return tracks;
  }

  private newTrack(track: number): number {
    if (track >= kMostTracks) throw new RangeError(`more than ${kMostTracks} spans at once`);
    if (track === this.trackHeight.length) {
      const more = new Uint32Array(2 * track);
      more.set(this.trackHeight);
      this.trackHeight = more;
    }
    this.trackHeight[track] = 0;
    return track;
  }
}

function lanesOf({ count, parent }: TraceColumns, offset: Uint32Array): Uint32Array {
  const lane = offset;
  for (let row = 0; row < count; row++) {
    const up = parent[row]!;
    if (up !== -1) lane[row] = offset[row]! + lane[up]! + 1;
  }
  return lane;
}
