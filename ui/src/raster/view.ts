// What of a trace is drawn, and how: the words that raster, page and worker share.

/** What part of a trace is drawn, in device pixels. All whole numbers but `lineHeight`. */
export interface RasterView {
  readonly width: number;
  readonly height: number;
  /** Ticks, at the left and the right edge; `from` < `to`. */
  readonly from: number;
  readonly to: number;
  /** Pixels of lines above the window: line n begins at lineTop(n, lineHeight) - top. */
  readonly top: number;
  /** Pixels for each line; below 1 several lines fall into one row of pixels. */
  readonly lineHeight: number;
}

/**
 * Colours as 32-bit values of pixels, each twice: for what is plain, and for what steps back. Places are 2 * service,
 * and 1 more for what steps back.
 */
export interface Palette {
  /** When nothing failed. */
  readonly plain: Uint32Array;
  /** When fewer than half of the spans in the pixel failed. */
  readonly someFailed: Uint32Array;
  /** When at least half of them failed: two colours, whatever the service. */
  readonly failed: Uint32Array;
}

/** The first row of pixels of a line, if the first line begins at 0. */
export function lineTop(line: number, lineHeight: number): number {
  return Math.floor(line * lineHeight);
}

/** The line at this row of pixels: the first one, if several share it. May be past the last. */
export function lineAt(y: number, lineHeight: number): number {
  let line = Math.max(0, Math.floor(y / lineHeight) - 1);
  while (lineTop(line + 1, lineHeight) <= y && lineTop(line, lineHeight) < y) line++;
  while (line > 0 && lineTop(line - 1, lineHeight) >= y) line--;
  return line;
}

/** The rows of pixels of a bar within those of its line. */
export function barInset(lineHeight: number): number {
  return lineHeight >= 4 ? Math.floor(lineHeight / 4) : 0;
}

/** From this height on, the only span of a line that failed has a red end instead of being red. */
export const kRoomyPx = 8;
/** The red end, and the gap that sets it off, as parts of a line's height. */
export const kRedEnd = 5 / 28;
export const kRedGap = 2 / 28;
