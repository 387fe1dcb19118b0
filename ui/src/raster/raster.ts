// A window of the waterfall as pixels: each pixel shows what lies there, however many lines share it, and nothing
// else. Linear in the spans of the window and its pixels; no object per span.
//
// Of the spans that overlap a pixel, the lowest on the page gives the colour: children are seen over parents. A failed
// span makes a pixel red where at least half of those in it failed, and tints it where fewer did: neither lost nor
// making all of a zoomed-out trace red. While something is searched for, what matches lies over what does not.
import type { RasterItems } from './items';
import { RowOfPixels } from './row_of_pixels';
import { barInset, lineAt, lineTop, type Palette, type RasterView } from './view';

/** Draws all of `out`: width * height pixels, 0 where nothing is. */
export function raster(
  items: RasterItems,
  view: RasterView,
  palette: Palette,
  out: Uint32Array,
): void {
  const { width, height, top, lineHeight } = view;
  out.fill(0, 0, width * height);
  const pixels = new RowOfPixels(items, view, palette);
  const firstOf = (line: number) => items.firstOf?.[line] ?? line;
  const inset = barInset(lineHeight);
  for (let line = lineAt(top, lineHeight); line < items.lines;) {
    const y = lineTop(line, lineHeight);
    if (y >= top + height) break;
    const end = lineHeight >= 1 ? line + 1 : Math.min(items.lines, lineAt(y + 1, lineHeight));
    pixels.take(firstOf(line), firstOf(end));
    const bottom = Math.max(y + 1, lineTop(end, lineHeight));
    pixels.paint(out, Math.max(0, y + inset - top), Math.min(height, bottom - inset - top));
    line = end;
  }
}
