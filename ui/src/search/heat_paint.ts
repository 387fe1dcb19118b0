// The heat map on its canvas: where cells lie, and what they look like.
import { formatDuration } from '../text/duration';
import { formatTime } from '../text/time';
import { canvasColour } from '../parts/pixel_colour';
import { ordered, shade, type CellRange, type HeatGrid } from './heat';

export const kHeatHeight = 190;
const kLeft = 70; // for the durations
const kRight = 18; // as the charts above have it
const kBottom = 20; // for the times
const kTop = 4;
const kLabelSeconds = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
  172_800, 604_800,
];

interface Layout {
  cellWidth: number;
  cellHeight: number;
}

function layoutOf(grid: HeatGrid, width: number): Layout {
  return {
    cellWidth: (width - kLeft - kRight) / Math.max(1, grid.columns),
    cellHeight: (kHeatHeight - kTop - kBottom) / Math.max(1, grid.highNs.length),
  };
}

/** The cell at a point of the canvas, the nearest one if it lies beside the cells. */
export function cellAt(
  grid: HeatGrid,
  width: number,
  x: number,
  y: number,
): { column: number; row: number } | null {
  if (grid.highNs.length === 0) return null;
  const { cellWidth, cellHeight } = layoutOf(grid, width);
  const clamp = (value: number, end: number) => Math.max(0, Math.min(end - 1, Math.floor(value)));
  return {
    column: clamp((x - kLeft) / cellWidth, grid.columns),
    row: clamp((kHeatHeight - kBottom - y) / cellHeight, grid.highNs.length),
  };
}

/** The top left corner of cells. */
export function placeOf(
  grid: HeatGrid,
  width: number,
  range: CellRange,
): { left: number; top: number } {
  const { cellWidth, cellHeight } = layoutOf(grid, width);
  const { column0, row1 } = ordered(range);
  return {
    left: kLeft + column0 * cellWidth,
    top: kHeatHeight - kBottom - (row1 + 1) * cellHeight,
  };
}

export function paintHeat(
  canvas: HTMLCanvasElement,
  host: HTMLElement,
  grid: HeatGrid,
  width: number,
  outlined: readonly (CellRange | null)[],
): void {
  const scale = devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(kHeatHeight * scale);
  const paint = canvas.getContext('2d');
  if (!paint) return;
  paint.scale(scale, scale);
  paint.font = `11px ${getComputedStyle(host).fontFamily}`;
  paintAxes(paint, host, grid, width);
  paintCells(paint, host, grid, layoutOf(grid, width));
  if (grid.total === 0) {
    paint.fillStyle = canvasColour(host, 'var(--text-dim)');
    paint.textAlign = 'center';
    paint.fillText('No spans in this time', width / 2, kHeatHeight / 2);
  }
  for (const range of outlined) if (range) paintOutline(paint, host, grid, width, range);
}

function paintAxes(
  paint: CanvasRenderingContext2D,
  host: HTMLElement,
  grid: HeatGrid,
  width: number,
): void {
  const { cellWidth, cellHeight } = layoutOf(grid, width);
  const bottom = kHeatHeight - kBottom;
  paint.fillStyle = canvasColour(host, 'var(--text-dim)');
  paint.strokeStyle = canvasColour(host, 'var(--line)');
  paint.lineWidth = 1;
  paint.textAlign = 'right';
  paint.textBaseline = 'middle';
  const everyRow = Math.max(1, Math.ceil(18 / cellHeight));
  for (let row = 0; row < grid.highNs.length; row += everyRow) {
    const y = bottom - (row + 1) * cellHeight;
    paint.fillText(formatDuration(grid.highNs[row] ?? 0), kLeft - 6, Math.max(8, y));
    line(paint, kLeft, Math.round(y) + 0.5, width - kRight, Math.round(y) + 0.5);
  }
  line(paint, kLeft, bottom + 0.5, width - kRight, bottom + 0.5);
  paint.textAlign = 'center';
  paint.textBaseline = 'top';
  for (const column of timeColumns(grid, cellWidth)) {
    const x = kLeft + column * cellWidth;
    const time = formatTime(BigInt(grid.startUs + column * grid.stepUs));
    paint.fillText(time.slice(11, grid.stepUs < 1e6 ? 23 : 19), x, bottom + 6);
  }
}

/** Columns that begin at round times, far enough from each other and from the ends to be labelled. */
function timeColumns(grid: HeatGrid, cellWidth: number): number[] {
  const kApart = 90;
  const stepSeconds = grid.stepUs / 1e6;
  const seconds = (kApart / cellWidth) * stepSeconds;
  const every = kLabelSeconds.find(step => step >= seconds && step % stepSeconds === 0);
  const everyUs = (every ?? Math.ceil(seconds / stepSeconds) * stepSeconds) * 1e6;
  return Array.from({ length: grid.columns }, (_, column) => column).filter(
    column =>
      (grid.startUs + column * grid.stepUs) % everyUs === 0 &&
      column * cellWidth > 22 &&
      (grid.columns - column) * cellWidth > 22,
  );
}

function line(paint: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number) {
  paint.beginPath();
  paint.moveTo(x0, y0);
  paint.lineTo(x1, y1);
  paint.stroke();
}

function paintCells(
  paint: CanvasRenderingContext2D,
  host: HTMLElement,
  grid: HeatGrid,
  { cellWidth, cellHeight }: Layout,
): void {
  const colour = canvasColour(host, 'var(--chart-cell)');
  const failed = canvasColour(host, 'var(--error)');
  const gap = cellWidth > 4 ? 1 : 0;
  for (let row = 0; row < grid.highNs.length; row++) {
    const top = kHeatHeight - kBottom - (row + 1) * cellHeight;
    for (let column = 0; column < grid.columns; column++) {
      const count = grid.counts[row * grid.columns + column] ?? 0;
      if (count === 0) continue;
      const left = kLeft + column * cellWidth;
      paint.globalAlpha = shade(count, grid.most);
      paint.fillStyle = colour;
      paint.fillRect(left, top + 1, cellWidth - gap, cellHeight - 1);
      const errors = grid.errors[row * grid.columns + column] ?? 0;
      if (errors === 0) continue;
      paint.globalAlpha = 1;
      paint.fillStyle = failed;
      // Its area is the share of failed spans, but never too small to be seen.
      const side = Math.sqrt(errors / count);
      const wide = Math.max(3, (cellWidth - gap) * side);
      const tall = Math.max(3, (cellHeight - 1) * side);
      paint.fillRect(
        left + (cellWidth - gap - wide) / 2,
        top + 1 + (cellHeight - 1 - tall) / 2,
        wide,
        tall,
      );
    }
  }
  paint.globalAlpha = 1;
}

function paintOutline(
  paint: CanvasRenderingContext2D,
  host: HTMLElement,
  grid: HeatGrid,
  width: number,
  range: CellRange,
): void {
  const { cellWidth, cellHeight } = layoutOf(grid, width);
  const { column0, column1, row0, row1 } = ordered(range);
  const { left, top } = placeOf(grid, width, range);
  const wide = (column1 - column0 + 1) * cellWidth;
  const tall = (row1 - row0 + 1) * cellHeight;
  paint.lineWidth = 2;
  paint.strokeStyle = canvasColour(host, 'var(--page)');
  paint.strokeRect(left - 2, top - 2, wide + 4, tall + 4);
  paint.strokeStyle = canvasColour(host, 'var(--text)');
  paint.strokeRect(left, top, wide, tall);
}
