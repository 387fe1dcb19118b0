// How one goes from box to box of a flame graph. Pure, so that tests can press keys.
import { firstEndingAfter, type Flame } from '../../model/flame';

/** Where a box is in the order of its lane. */
export function placeOf(flame: Flame, box: number): number {
  const { byLane, laneStart, lane, start, length } = flame;
  let place = firstEndingAfter(flame, lane[box]!, start[box]! + length[box]! - 1);
  // Boxes that take no time end where others begin.
  place = Math.max(laneStart[lane[box]!]!, place - 1);
  while (byLane[place] !== box && place + 1 < laneStart[lane[box]! + 1]!) place++;
  return byLane[place] === box ? place : byLane.indexOf(box);
}

/** The box before or after this one in its lane; itself at the end. */
export function besides(flame: Flame, box: number, by: 1 | -1): number {
  const lane = flame.lane[box]!;
  const place = placeOf(flame, box) + by;
  const isThere = place >= flame.laneStart[lane]! && place < flame.laneStart[lane + 1]!;
  return isThere ? flame.byLane[place]! : box;
}

/** The longest child of a box, or itself. */
export function longestChild(flame: Flame, children: readonly number[], box: number): number {
  let best = -1;
  for (const child of children) {
    if (best === -1 || flame.length[child]! > flame.length[best]!) best = child;
  }
  return best === -1 ? box : best;
}

/**
 * box → its children, made when first asked: a list through arrays, for boxes whose parents come before them. Order
 * is that of the boxes' numbers.
 */
export class Children {
  private readonly first: Int32Array;
  private readonly next: Int32Array;

  constructor(parent: Int32Array) {
    this.first = new Int32Array(parent.length).fill(-1);
    this.next = new Int32Array(parent.length).fill(-1);
    for (let box = parent.length - 1; box >= 0; box--) {
      const up = parent[box]!;
      if (up === -1) continue;
      this.next[box] = this.first[up]!;
      this.first[up] = box;
    }
  }

  of(box: number): number[] {
    const children: number[] = [];
    for (let child = this.first[box] ?? -1; child !== -1; child = this.next[child]!) {
      children.push(child);
    }
    return children;
  }
}

/** The box at a lane and tick, or the nearest within `tolerance` ticks; -1 if there is none. */
export function boxAt(flame: Flame, lane: number, tick: number, tolerance: number): number {
  if (lane < 0 || lane >= flame.laneCount) return -1;
  const place = firstEndingAfter(flame, lane, tick - tolerance);
  if (place >= flame.laneStart[lane + 1]!) return -1;
  const box = flame.byLane[place]!;
  if (flame.start[box]! > tick + tolerance) return -1;
  // The one before may cover the tick only by its tolerance, while the next covers it indeed.
  const after = flame.byLane[place + 1];
  const covers = flame.start[box]! + flame.length[box]! > tick;
  if (!covers && place + 1 < flame.laneStart[lane + 1]! && flame.start[after!]! <= tick) {
    return after!;
  }
  return box;
}
