// One row of pixels, and the spans that lie in it.
import { kDimBit, kFailedBit, type RasterItems } from './items';
import { kRedEnd, kRedGap, kRoomyPx, type Palette, type RasterView } from './view';

/**
 * Reused from row to row. Items are taken from the topmost down and each pixel is given its colour once, so that a
 * row costs its items and its pixels, not their product.
 */
export class RowOfPixels {
  /** Items in the window, and the last one of them that was taken. */
  private count = 0;
  private last = 0;
  /** The pixels touched: [left, right). */
  private left: number;
  private right = 0;
  /** x → a pixel at or before the next empty one from x on; itself if empty. Between rows: itself. */
  private readonly nextEmpty: Uint32Array;
  /** x → what lies on top there, an item's look without kFailedBit, halved. */
  private readonly topmost: Uint32Array;
  /** x → items (failed ones) that begin there, less those that end there. Between rows: 0. */
  private readonly steps: Int32Array;
  private readonly failedSteps: Int32Array;
  private readonly pixels: Uint32Array;

  constructor(
    private readonly items: RasterItems,
    private readonly view: RasterView,
    private readonly palette: Palette,
  ) {
    const { width } = view;
    this.left = width;
    this.nextEmpty = Uint32Array.from({ length: width + 1 }, (_, x) => x);
    this.topmost = new Uint32Array(width);
    this.steps = new Int32Array(width + 1);
    this.failedSteps = new Int32Array(width + 1);
    this.pixels = new Uint32Array(width);
  }

  /** Takes items [begin, end), the last one first; what steps back lies below what does not. */
  take(begin: number, end: number): void {
    if (this.items.dims) {
      this.takeThose(begin, end, kDimBit, 0);
      this.takeThose(begin, end, kDimBit, kDimBit);
    } else {
      this.takeThose(begin, end, 0, 0);
    }
  }

  /** Those whose look has of the bits `mask` exactly `bits`. */
  private takeThose(begin: number, end: number, mask: number, bits: number): void {
    const { start, stop, look } = this.items;
    const { from, to, width } = this.view;
    const { nextEmpty, steps, failedSteps } = this;
    const ticks = to - from;
    const perTick = 1 / ticks;
    let { count, last, left, right } = this;
    for (let item = end - 1; item >= begin; item--) {
      const own = look[item]!;
      const first = start[item]!;
      const after = stop[item]!;
      if ((own & mask) !== bits || first >= to || (after <= from && first < from)) continue;
      // floor and ceil of a quotient, exact: the product may be one off, whole numbers below 2^53 tell. A division
      // would take twice as long.
      let x = 0;
      if (first > from) {
        const part = (first - from) * width;
        x = (part * perTick) | 0;
        const rest = part - x * ticks;
        if (rest < 0) x--;
        else if (rest >= ticks) x++;
      }
      let past = width;
      if (after < to) {
        const part = (after - from) * width;
        past = (part * perTick) | 0;
        const rest = part - past * ticks;
        if (rest > 0) past += rest > ticks ? 2 : 1;
        else if (rest <= -ticks) past--;
        if (past <= x) past = x + 1; // what takes no time is seen as well
      }
      if (x < left) left = x;
      if (past > right) right = past;
      count++;
      last = item;
      steps[x]!++;
      steps[past]!--;
      if ((own & kFailedBit) !== 0) {
        failedSteps[x]!++;
        failedSteps[past]!--;
      }
      if (nextEmpty[x]! < past) this.fill(x, past, own >> 1);
    }
    this.count = count;
    this.last = last;
    this.left = left;
    this.right = right;
  }

  /** Draws what was taken into the rows [top, bottom) of `out`, and forgets it. */
  paint(out: Uint32Array, top: number, bottom: number): void {
    if (this.count === 0) return;
    const { left, right } = this;
    if (this.count === 1 && this.view.lineHeight >= kRoomyPx) this.mixOne();
    else this.mix();
    const row = this.pixels.subarray(left, right);
    for (let y = top; y < bottom; y++) out.set(row, y * this.view.width + left);

    this.steps.fill(0, left, right + 1);
    this.failedSteps.fill(0, left, right + 1);
    for (let x = left; x < right; x++) this.nextEmpty[x] = x;
    this.count = 0;
    this.left = this.view.width;
    this.right = 0;
  }

  private fill(begin: number, end: number, look: number): void {
    const { topmost, nextEmpty } = this;
    for (let x = this.emptyFrom(begin); x < end; x = this.emptyFrom(x + 1)) {
      topmost[x] = look;
      nextEmpty[x] = x + 1;
    }
  }

  private emptyFrom(x: number): number {
    const { nextEmpty } = this;
    let found = x;
    while (nextEmpty[found] !== found) found = nextEmpty[found]!;
    while (x !== found) {
      const next = nextEmpty[x]!;
      nextEmpty[x] = found; // the next search is shorter
      x = next;
    }
    return found;
  }

  private mix(): void {
    const { plain, someFailed, failed } = this.palette;
    const { pixels, topmost, steps, failedSteps } = this;
    let here = 0;
    let bad = 0;
    for (let x = this.left; x < this.right; x++) {
      here += steps[x]!;
      bad += failedSteps[x]!;
      if (here === 0) pixels[x] = 0;
      else if (bad === 0) pixels[x] = plain[topmost[x]!]!;
      else pixels[x] = 2 * bad >= here ? failed[topmost[x]! & 1]! : someFailed[topmost[x]!]!;
    }
  }

  /** The bar of the only item: its colour, and a red end if it failed. */
  private mixOne(): void {
    const { pixels, left, right, palette } = this;
    const { lineHeight } = this.view;
    const look = this.items.look[this.last]!;
    pixels.fill(palette.plain[look >> 1]!, left, right);
    if ((look & kFailedBit) === 0) return;
    const red = Math.max(left, right - Math.round(lineHeight * kRedEnd));
    const gap = Math.max(left, red - Math.round(lineHeight * kRedGap));
    pixels.fill(0, gap, red);
    pixels.fill(palette.failed[(look >> 1) & 1]!, red, right);
  }
}
