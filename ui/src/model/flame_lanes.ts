// Which lane of a flame graph each span lies on. Subtrees are fitted below their parents one after the other, from the
// last row to the first: when a span's turn comes, those of its children are known.
//
// A subtree of few lanes has an outline: for each lane, where its first box begins and its last one ends. Siblings
// are pushed together until outlines would cross. Taller or very many ones are taken for rectangles, which is quick.
import type { TraceColumns } from './columns';
import { MinHeap } from './min_heap';
import { sortRows } from './sort_rows';

/** Subtrees with more lanes have no outline. */
const kMostOutlined = 256;
/** So many comparisons of outlines a trace may cost, for each span; then come rectangles only. */
const kComparisonsPerSpan = 64;

/** row → lane. */
export function lanesOf(columns: TraceColumns): Uint32Array {
  const lane = new Placing(columns).offsets();
  for (let row = 0; row < columns.count; row++) {
    const up = columns.parent[row]!;
    if (up !== -1) lane[row] = lane[row]! + lane[up]! + 1;
  }
  return lane;
}

class Placing {
  /** row → how many lanes below the first possible one it stands. */
  private readonly offset: Uint32Array;
  /** row → lanes that it and all below it take. */
  private readonly height: Uint32Array;
  /** row → when the first of it and its descendants begins, and the last ends. */
  private readonly begin: Uint32Array;
  private readonly end: Uint32Array;
  /**
   * row → where its outline ends in the stack; 0 if it has none. Of subtrees whose parent's turn has not come the
   * stack holds the outlines, those of a span's children on top of it when its turn comes, the first child's last.
   */
  private readonly outline: Uint32Array;
  private readonly stack = new OutlineStack();
  private readonly tracks: Tracks;
  private comparisonsLeft: number;

  constructor(private readonly columns: TraceColumns) {
    const { count, start } = columns;
    this.offset = new Uint32Array(count);
    this.height = new Uint32Array(count);
    this.begin = Uint32Array.from(start);
    this.end = new Uint32Array(count);
    this.outline = new Uint32Array(count);
    this.tracks = new Tracks(this.begin, this.end, this.height);
    this.comparisonsLeft = kComparisonsPerSpan * count;
  }

  offsets(): Uint32Array {
    const { columns, height, outline, stack } = this;
    const children = new Uint32Array(columns.count);
    for (let row = columns.count - 1; row >= -1; row--) {
      let childCount = 0;
      const last = row === -1 ? columns.count : columns.subtreeEnd[row]!;
      for (let child = row + 1; child < last; child = columns.subtreeEnd[child]!) {
        children[childCount++] = child;
      }
      const below = this.place(children.subarray(0, childCount));
      if (row === -1) break;
      this.close(row);
      height[row] = below + 1;
      const isOutlined = below < kMostOutlined && (childCount === 0 || this.areOutlined);
      if (!isOutlined) stack.drop(this.childrenBase);
      else {
        const own = columns.start[row]!;
        stack.push(own, own + Math.max(1, columns.duration[row]!));
        outline[row] = stack.size;
      }
    }
    return this.offset;
  }

  /** Where the outlines of the children last placed began in the stack, and whether one outline is left of them. */
  private childrenBase = 0;
  private areOutlined = true;

  /** Sets the offsets of siblings; returns how many lanes they take. */
  private place(siblings: Uint32Array): number {
    const { height, outline, stack } = this;
    let lanes = 0;
    let held = 0;
    this.areOutlined = true;
    for (let i = 0; i < siblings.length; i++) {
      const row = siblings[i]!;
      lanes += height[row]!;
      if (outline[row] === 0) this.areOutlined = false;
      else held += height[row]!;
    }
    this.childrenBase = stack.size - held;
    if (siblings.length <= 1) return lanes;
    const fits = lanes <= kMostOutlined && this.comparisonsLeft > 0;
    if (this.areOutlined && fits) return this.placeOutlines(siblings);
    this.areOutlined = false;
    return this.tracks.place(siblings, this.offset);
  }

  /** Each below what it would cross of those before it. Leaves their common outline. */
  private placeOutlines(siblings: Uint32Array): number {
    const { stack, outline, height, offset } = this;
    const common = stack.common;
    common.clear();
    for (let i = 0; i < siblings.length; i++) {
      const row = siblings[i]!;
      offset[row] = common.roomFor(stack, outline[row]!, height[row]!);
      common.add(stack, outline[row]!, height[row]!, offset[row]!);
    }
    this.comparisonsLeft -= common.comparisons;
    stack.drop(this.childrenBase);
    for (let lane = common.height - 1; lane >= 0; lane--) {
      stack.push(common.begin[lane]!, common.end[lane]!);
    }
    return common.height;
  }

  /** The row has its own times and those of its children: tells its parent. */
  private close(row: number): void {
    const { begin, end, columns } = this;
    // At least a tick long: two instants at the same time are beside each other, too.
    const own = columns.start[row]! + Math.max(1, columns.duration[row]!);
    end[row] = Math.max(end[row]!, own);
    const up = columns.parent[row]!;
    if (up === -1) return;
    begin[up] = Math.min(begin[up]!, begin[row]!);
    end[up] = Math.max(end[up]!, end[row]!);
  }
}

/** Outlines, one after the other, each with its lowest lane first. */
class OutlineStack {
  begin = new Uint32Array(1024);
  end = new Uint32Array(1024);
  size = 0;
  readonly common = new CommonOutline();

  push(begin: number, end: number): void {
    if (this.size === this.begin.length) {
      this.begin = doubled(this.begin);
      this.end = doubled(this.end);
    }
    this.begin[this.size] = begin;
    this.end[this.size++] = end;
  }

  drop(size: number): void {
    this.size = size;
  }
}

/** The outline of siblings put together so far. */
class CommonOutline {
  height = 0;
  comparisons = 0;
  readonly begin = new Uint32Array(kMostOutlined);
  readonly end = new Uint32Array(kMostOutlined);

  clear(): void {
    this.height = 0;
    this.comparisons = 0;
  }

  /** The first lane where an outline, which ends at `top` of the stack, lies wholly right of all before it. */
  roomFor(stack: OutlineStack, top: number, height: number): number {
    for (let offset = 0; offset < this.height; offset++) {
      let lane = 0;
      const common = Math.min(height, this.height - offset);
      while (lane < common && this.end[offset + lane]! <= stack.begin[top - 1 - lane]!) lane++;
      this.comparisons += lane + 1;
      if (lane === common) return offset;
    }
    return this.height;
  }

  add(stack: OutlineStack, top: number, height: number, offset: number): void {
    for (let lane = 0; lane < height; lane++) {
      const begin = stack.begin[top - 1 - lane]!;
      const end = stack.end[top - 1 - lane]!;
      const at = offset + lane;
      const isNew = at >= this.height;
      this.begin[at] = isNew ? begin : Math.min(this.begin[at]!, begin);
      this.end[at] = isNew ? end : Math.max(this.end[at]!, end);
    }
    this.height = Math.max(this.height, offset + height);
  }
}

/** Ends and tracks are kept as one number in the heap; 2^32 ticks and so many tracks fit a double. */
const kMostTracks = 2 ** 21;

/** Siblings as rectangles: those that do not overlap follow each other in a track, tracks lie below each other. */
class Tracks {
  private readonly busy = new MinHeap();
  private readonly free = new MinHeap();
  private trackHeight: Uint32Array = new Uint32Array(64);
  private readonly trackOf: Uint32Array;

  constructor(
    private readonly begin: Uint32Array,
    private readonly end: Uint32Array,
    private readonly height: Uint32Array,
  ) {
    this.trackOf = new Uint32Array(height.length);
  }

  /** Sets the offsets of siblings; returns how many lanes they take. */
  place(siblings: Uint32Array, offset: Uint32Array): number {
    sortRows(siblings, this.begin);
    const tracks = this.assign(siblings);
    let lanes = 0;
    for (let track = 0; track < tracks; track++) {
      const below = this.trackHeight[track]!;
      this.trackHeight[track] = lanes;
      lanes += below;
    }
    for (let i = 0; i < siblings.length; i++) {
      offset[siblings[i]!] = this.trackHeight[this.trackOf[siblings[i]!]!]!;
    }
    return lanes;
  }

  /** Each goes to the first track where nothing runs any more. Leaves the height of each track. */
  private assign(siblings: Uint32Array): number {
    const { busy, free, begin, end, height } = this;
    busy.clear();
    free.clear();
    let tracks = 0;
    for (let i = 0; i < siblings.length; i++) {
      const row = siblings[i]!;
      while (busy.size > 0 && Math.floor(busy.least / kMostTracks) <= begin[row]!) {
        free.push(busy.pop() % kMostTracks);
      }
      const track = free.size > 0 ? free.pop() : this.newTrack(tracks++);
      busy.push(end[row]! * kMostTracks + track);
      this.trackOf[row] = track;
      this.trackHeight[track] = Math.max(this.trackHeight[track]!, height[row]!);
    }
    return tracks;
  }

  private newTrack(track: number): number {
    if (track >= kMostTracks) throw new RangeError(`more than ${kMostTracks} spans at once`);
    if (track === this.trackHeight.length) this.trackHeight = doubled(this.trackHeight);
    this.trackHeight[track] = 0;
    return track;
  }
}

function doubled(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(2 * array.length);
  more.set(array);
  return more;
}
