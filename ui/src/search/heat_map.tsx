import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { plural } from '../parts/service_pill';
import { formatDuration } from '../text/duration';
import { formatTime } from '../text/time';
import { useLookChanges } from '../parts/canvas_colours';
import { useWidth } from './use_width';
import { boxOf, cellsOf, ordered, sumOf, type CellRange, type HeatGrid } from './heat';
import { cellAt, kHeatHeight, paintHeat, placeOf } from './heat_paint';
import type { Box } from './query';

interface Props {
  grid: HeatGrid;
  /** The box that is picked, if it lies in this grid. */
  box: Box | null;
  /** All matching spans, as the strip counted them; more than the map's where some are too short for it. */
  spans: number;
  onPick: (box: Box | null) => void;
}

/** Spans by time and duration. A box is drawn by the mouse, or by arrow keys with Shift; Enter picks it. */
export function HeatMap({ grid, box, spans, onPick }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(frame);
  const palette = useLookChanges();
  const picked = useMemo(() => (box ? cellsOf(grid, box) : null), [grid, box]);
  const [range, setRange] = useState<CellRange | null>(null);
  const [dragging, setDragging] = useState(false);
  const [focused, setFocused] = useState(false);

  useEffect(() => {
    if (canvas.current && frame.current && width > 0) {
      paintHeat(canvas.current, frame.current, grid, width, [picked, range]);
    }
  }, [grid, width, palette, picked, range]);
  useEffect(() => setRange(null), [grid, box]);

  const at = (event: PointerEvent) => {
    const bounds = canvas.current?.getBoundingClientRect();
    if (!bounds) return null;
    return cellAt(grid, width, event.clientX - bounds.left, event.clientY - bounds.top);
  };
  const onPointerDown = (event: PointerEvent) => {
    const cell = event.button === 0 ? at(event) : null;
    if (!cell) return;
    canvas.current?.setPointerCapture(event.pointerId);
    setDragging(true);
    setRange({ column0: cell.column, column1: cell.column, row0: cell.row, row1: cell.row });
  };
  const onPointerMove = (event: PointerEvent) => {
    const cell = at(event);
    if (!cell) return;
    const { column, row } = cell;
    if (dragging) setRange(old => (old ? { ...old, column1: column, row1: row } : old));
    else setRange({ column0: column, column1: column, row0: row, row1: row });
  };
  const onPointerUp = () => {
    if (!dragging) return;
    setDragging(false);
    if (range) onPick(boxOf(grid, range));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = afterKey(event.key, event.shiftKey, range ?? picked ?? middleOf(grid), grid);
    if (next === 'pick') {
      if (range) onPick(boxOf(grid, range));
    } else if (next === 'clear') {
      setRange(null);
      if (box) onPick(null);
    } else if (next) {
      setRange(next);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const tooShort = spans - grid.total;
  return (
    <div class="heat" ref={frame}>
      <div
        class="heat-surface"
        role="application"
        tabIndex={0}
        aria-label="Heat map of durations"
        aria-describedby="heat-keys"
        onKeyDown={onKeyDown}
        onFocus={() => setFocused(true)}
        onBlur={() => {
          setFocused(false);
          if (!dragging) setRange(null);
        }}
      >
        <canvas
          ref={canvas}
          class="heat-canvas"
          style={{ width: `${width}px`, height: `${kHeatHeight}px` }}
          onPointerDown={onPointerDown}
          onPointerMove={onPointerMove}
          onPointerUp={onPointerUp}
          onPointerCancel={() => setDragging(false)}
          onPointerLeave={() => {
            if (!dragging && !focused) setRange(null);
          }}
        />
        {range && <Tip grid={grid} range={range} width={width} />}
      </div>
      <p class="hidden" role="status">
        {focused && range ? sayRange(grid, range) : ''}
      </p>
      <p id="heat-keys" class="heat-note dim">
        Drag a box, or use the arrow keys with Shift and Enter, to ask what is different about it. A
        red square in a cell is the share of failed spans.
        {tooShort > 0 && ` Not on the map: ${plural(tooShort, 'span')} of less than 2 ns.`}
      </p>
    </div>
  );
}

function Tip({ grid, range, width }: { grid: HeatGrid; range: CellRange; width: number }) {
  const { left, top } = placeOf(grid, width, range);
  const side = left > width / 2 ? { right: `${width - left + 8}px` } : { left: `${left + 24}px` };
  return (
    <div class="heat-tip" aria-hidden="true" style={{ ...side, top: `${Math.min(top, 110)}px` }}>
      {sayRange(grid, range)}
    </div>
  );
}

/** "18:20:30–18:21:00, 4.19–8.39 ms: 1,204 spans, 12 failed". */
function sayRange(grid: HeatGrid, range: CellRange): string {
  const { count, errors } = sumOf(grid, range);
  return `${boxText(boxOf(grid, range))}: ${plural(count, 'span')}, ${errors.toLocaleString('en')} failed`;
}

export function boxText({ startUs, endUs, lowNs, highNs }: Box): string {
  const digits = (endUs - startUs) % 1e6 === 0 ? 19 : 23;
  const clock = (us: number) => formatTime(BigInt(us)).slice(11, digits);
  return `${clock(startUs)}–${clock(endUs)}, ${formatDuration(lowNs)} to ${formatDuration(highNs)}`;
}

function middleOf(grid: HeatGrid): CellRange {
  const column = grid.columns - 1;
  const row = Math.floor(grid.highNs.length / 2);
  return { column0: column, column1: column, row0: row, row1: row };
}

const kMoves: Readonly<Record<string, readonly [columns: number, rows: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  Home: [-1e9, 0],
  End: [1e9, 0],
  PageUp: [0, 1e9],
  PageDown: [0, -1e9],
};

/** What a key makes of the cells: with Shift one corner moves, without both, to where that corner is then. */
function afterKey(
  key: string,
  extend: boolean,
  range: CellRange,
  grid: HeatGrid,
): CellRange | 'pick' | 'clear' | null {
  if (key === 'Enter' || key === ' ') return 'pick';
  if (key === 'Escape') return 'clear';
  const move = kMoves[key];
  if (!move) return null;
  const clamp = (value: number, end: number) => Math.max(0, Math.min(end - 1, value));
  const column1 = clamp(range.column1 + move[0], grid.columns);
  const row1 = clamp(range.row1 + move[1], grid.highNs.length);
  return extend ? { ...range, column1, row1 } : { column0: column1, column1, row0: row1, row1 };
}

/** The counts as a table: a row for each duration that occurs, the most recent times first. */
export function HeatTable({ grid }: { grid: HeatGrid }) {
  const columns = Array.from({ length: grid.columns }, (_, i) => i).filter(
    column => sumOf(grid, { column0: column, column1: column, row0: 0, row1: 1e3 }).count > 0,
  );
  const whole = { column0: 0, column1: grid.columns - 1 };
  const rows = grid.highNs
    .map((_, row) => row)
    .filter(row => sumOf(grid, { ...whole, row0: row, row1: row }).count > 0)
    .reverse();
  return (
    <table class="data-table heat-table">
      <caption>Spans by duration and by the start of {grid.stepUs / 1e6} s; of them failed</caption>
      <thead>
        <tr>
          <th scope="col">Duration</th>
          {columns.map(column => (
            <th key={column} scope="col">
              {formatTime(BigInt(grid.startUs + column * grid.stepUs)).slice(11, 19)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <tr key={row}>
            <th scope="row">
              {formatDuration((grid.highNs[row] ?? 0) / 2)} to{' '}
              {formatDuration(grid.highNs[row] ?? 0)}
            </th>
            {columns.map(column => {
              const { count, errors } = sumOf(grid, ordered(cellRange(column, row)));
              return (
                <td key={column}>
                  {count === 0 ? '' : count.toLocaleString('en')}
                  {errors > 0 && <span class="failed-count">, {errors} failed</span>}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function cellRange(column: number, row: number): CellRange {
  return { column0: column, column1: column, row0: row, row1: row };
}
