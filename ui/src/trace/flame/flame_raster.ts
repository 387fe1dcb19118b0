// A window of a flame graph as pixels. Boxes of a lane lie in order and do not overlap, so what is narrower than a
// pixel is passed over by search: a lane costs its pixels, however many boxes it has.
import type { CriticalPath } from '../../model/critical_path';
import { firstEndingAfter, type Flame } from '../../model/flame';

/** What part is drawn, in device pixels. */
export interface FlameView {
  readonly width: number;
  readonly height: number;
  /** Ticks at the left and the right edge; `from` < `to`. */
  readonly from: number;
  readonly to: number;
  /** Rows of pixels above the window. */
  readonly top: number;
  /** Rows of pixels for each lane, the gap below it included. */
  readonly laneHeight: number;
}

/** 32-bit values of pixels, by service where it says so. */
export interface FlameColours {
  readonly plain: Uint32Array;
  /** Of boxes that do not match while others do. */
  readonly dimmed: Uint32Array;
  readonly failed: number;
  readonly path: number;
}

/** What is to be seen on boxes beyond their service. */
export interface FlameMarks {
  /** place in byLane → failed boxes before it; one longer than the boxes. */
  readonly failedBefore: Uint32Array;
  /** The same of boxes that match; undefined when nothing is looked for. */
  readonly matchedBefore: Uint32Array | undefined;
  /** box → how much of it is on the critical path, 0 to 1; undefined where drawPath() does it exactly. */
  readonly pathShare: Float64Array | undefined;
  /** box → which part of its spans failed, 0 to 1; undefined: all of a box that failed. */
  readonly failedShare: Float64Array | undefined;
}

/** `marked` of the boxes before each place of `byLane`. */
export function countBefore(byLane: Uint32Array, marked: (box: number) => boolean): Uint32Array {
  const before = new Uint32Array(byLane.length + 1);
  for (let i = 0; i < byLane.length; i++) {
    before[i + 1] = before[i]! + (marked(byLane[i]!) ? 1 : 0);
  }
  return before;
}

/** The pixel column of a tick; may lie outside the window. */
export function columnAt(view: FlameView, tick: number): number {
  return Math.floor(((tick - view.from) * view.width) / (view.to - view.from));
}

/** Boxes at least this wide are set off from their neighbours. */
const kGapFromPx = 4;
/** The strips at the top (critical path) and at the bottom (failed) of a box, as part of its height. */
const kPathStrip = 1 / 9;
const kFailedStrip = 1 / 6;

/** A box with room for text: where it is drawn, in pixels of the window; cut at its edges. */
export interface RoomyBox {
  readonly box: number;
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

/**
 * Draws all of `out`, 0 where nothing is. `serviceOf` is operation → service. Returns the boxes that are at least
 * `roomyPx` wide.
 */
export function drawFlame(
  flame: Flame,
  serviceOf: Uint32Array,
  view: FlameView,
  colours: FlameColours,
  marks: FlameMarks,
  out: Uint32Array,
  roomyPx = Infinity,
): RoomyBox[] {
  out.fill(0, 0, view.width * view.height);
  const roomy: RoomyBox[] = [];
  const line = new Line(flame, serviceOf, view, colours, marks, roomyPx, roomy);
  const first = Math.floor(view.top / view.laneHeight);
  const last = Math.ceil((view.top + view.height) / view.laneHeight);
  for (let lane = first; lane < Math.min(last, flame.laneCount); lane++) {
    line.draw(lane);
    line.paint(out, lane * view.laneHeight - view.top);
  }
  return roomy;
}

/** Draws the strips of the critical path, exactly where it went. */
export function drawPath(
  flame: Flame,
  path: CriticalPath,
  view: FlameView,
  colour: number,
  out: Uint32Array,
): void {
  const { width, height, laneHeight, top } = view;
  const strip = stripOf(laneHeight, kPathStrip);
  for (let i = firstPieceAfter(path, view.from); i < path.row.length; i++) {
    if (path.from[i]! >= view.to) break;
    const y = flame.lane[path.row[i]!]! * laneHeight - top;
    if (y <= -strip || y >= height) continue;
    const begin = Math.max(0, columnAt(view, path.from[i]!));
    const end = Math.min(width, Math.max(begin + 1, columnAt(view, path.to[i]!)));
    for (let line = Math.max(0, y); line < Math.min(height, y + strip); line++) {
      out.fill(colour, line * width + begin, line * width + end);
    }
  }
}

function stripOf(laneHeight: number, part: number): number {
  return Math.max(1, Math.round(laneHeight * part));
}

function firstPieceAfter(path: CriticalPath, tick: number): number {
  let low = 0;
  let high = path.row.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (path.to[middle]! > tick) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** One lane as three rows of pixels: what is drawn at the top, in the middle and at the bottom of its boxes. */
class Line {
  private readonly head: Uint32Array;
  private readonly body: Uint32Array;
  private readonly foot: Uint32Array;

  constructor(
    private readonly flame: Flame,
    private readonly serviceOf: Uint32Array,
    private readonly view: FlameView,
    private readonly colours: FlameColours,
    private readonly marks: FlameMarks,
    private readonly roomyPx: number,
    private readonly roomy: RoomyBox[],
  ) {
    this.head = new Uint32Array(view.width);
    this.body = new Uint32Array(view.width);
    this.foot = new Uint32Array(view.width);
  }

  draw(lane: number): void {
    const { flame, view } = this;
    this.body.fill(0);
    this.head.fill(0);
    this.foot.fill(0);
    const laneEnd = flame.laneStart[lane + 1]!;
    let place = firstEndingAfter(flame, lane, view.from);
    while (place < laneEnd) {
      const box = flame.byLane[place]!;
      if (flame.start[box]! >= view.to) break;
      const begin = columnAt(view, flame.start[box]!);
      const end = columnAt(view, flame.start[box]! + flame.length[box]!);
      if (end > begin + 1) {
        this.wide(place++, begin, end);
        continue;
      }
      const next = this.firstBeginningAfter(begin, place + 1, laneEnd);
      // The last to begin in this pixel may go on: then it is drawn as itself, but leaves the pixel to the others.
      const last = flame.byLane[next - 1]!;
      const lastEnd = columnAt(view, flame.start[last]! + flame.length[last]!);
      const few = next - 1 > place && lastEnd > begin + 1 ? next - 1 : next;
      if (few < next) this.wide(few, begin, lastEnd);
      this.sliver(place, few, begin);
      place = next;
    }
  }

  /** Puts the lane into `out`, its first row of pixels at `y`. */
  paint(out: Uint32Array, y: number): void {
    const { width, height, laneHeight } = this.view;
    const gap = laneHeight > 3 ? 1 : 0;
    const bottom = y + laneHeight - gap;
    const headEnd = y + stripOf(laneHeight, kPathStrip);
    const footStart = bottom - stripOf(laneHeight, kFailedStrip);
    for (let row = Math.max(0, y); row < Math.min(height, bottom); row++) {
      const from = row < headEnd ? this.head : row >= footStart ? this.foot : this.body;
      out.set(from, row * width);
    }
  }

  private wide(place: number, begin: number, end: number): void {
    const { view, colours, marks } = this;
    const box = this.flame.byLane[place]!;
    const left = Math.max(0, begin);
    const right = Math.min(view.width, end - begin >= kGapFromPx ? end - 1 : end);
    if (right - left >= this.roomyPx) {
      this.roomy.push({ box, left, right, y: this.flame.lane[box]! * view.laneHeight - view.top });
    }
    const colour = this.colourOf(place, place + 1);
    this.body.fill(colour, left, right);
    this.head.fill(colour, left, right);
    this.foot.fill(colour, left, right);
    const part = (share: number) =>
      share <= 0 ? left : Math.min(right, begin + Math.max(1, Math.round(share * (end - begin))));
    const failed = marks.failedBefore[place + 1]! > marks.failedBefore[place]!;
    const failedShare = failed ? (marks.failedShare?.[box] ?? 1) : 0;
    this.foot.fill(colours.failed, left, Math.max(left, part(failedShare)));
    this.head.fill(colours.path, left, Math.max(left, part(marks.pathShare?.[box] ?? 0)));
  }

  /** One pixel for the boxes at [place, end). */
  private sliver(place: number, end: number, x: number): void {
    if (x < 0 || x >= this.view.width) return;
    const { colours, marks, flame } = this;
    const colour = this.colourOf(place, end);
    const failed = marks.failedBefore[end]! > marks.failedBefore[place]!;
    this.body[x] = colour;
    this.foot[x] = failed ? colours.failed : colour;
    this.head[x] = (marks.pathShare?.[flame.byLane[place]!] ?? 0) > 0 ? colours.path : colour;
  }

  private colourOf(place: number, end: number): number {
    const { matchedBefore } = this.marks;
    const service = this.serviceOf[this.flame.operation[this.flame.byLane[place]!]!]!;
    const dimmed = matchedBefore !== undefined && matchedBefore[end] === matchedBefore[place];
    return (dimmed ? this.colours.dimmed : this.colours.plain)[service]!;
  }

  /** The first place from `place` on whose box begins right of pixel `x`. */
  private firstBeginningAfter(x: number, place: number, end: number): number {
    const { flame, view } = this;
    const isRight = (at: number) => columnAt(view, flame.start[flame.byLane[at]!]!) > x;
    // In steps that double: the answer is near, or else many are passed over.
    let step = 1;
    let low = place;
    while (low + step < end && !isRight(low + step)) {
      low += step;
      step *= 2;
    }
    let high = Math.min(end, low + step);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isRight(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
