// Time series by uPlot. A chunk of its own, loaded with the first charts.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clockLabel } from '../text/time';
import { canvasColour } from '../parts/pixel_colour';

export interface Line {
  label: string;
  /** A name of tokens.css. */
  colour: string;
  /** Bars from zero, or a line with gaps where there is nothing. */
  form: 'bars' | 'line';
  dash?: number[];
  values: readonly (number | null)[];
}

export interface ChartOptions {
  host: HTMLElement;
  width: number;
  height: number;
  /** Where the intervals end, in microseconds. */
  endsUs: readonly number[];
  stepUs: number;
  lines: readonly Line[];
  /** A value of the axis, and of the exact readings, in words. */
  format: (value: number) => string;
  /** Durations: each decade as tall as the next. */
  logarithmic: boolean;
  /** A time was drawn over: whole intervals. */
  onBrush: (bounds: { startUs: number; endUs: number }) => void;
  /** The interval that the pointer is at, or null. Charts of one page move together. */
  onHover: (interval: number | null) => void;
}

const kSync = 'clew-explore';
const kLeastBrush = 4; // pixels: less is a click

/** Draws until what it returns is called. */
export function drawChart(options: ChartOptions): () => void {
  const { host, endsUs, stepUs, lines, width, height } = options;
  const middles = endsUs.map(end => (end - stepUs / 2) / 1e6);
  const text = canvasColour(host, 'var(--text-dim)');
  const grid = { stroke: canvasColour(host, 'var(--line)'), width: 1 };
  const font = `11px ${getComputedStyle(host).fontFamily}`;
  const axis = { stroke: text, font, grid, ticks: { show: false } };
  const first = (endsUs[0] ?? 0) / 1e6 - stepUs / 1e6;
  const last = (endsUs[endsUs.length - 1] ?? 0) / 1e6;
  const plot = new uPlot(
    {
      width,
      height,
      legend: { show: false },
      padding: [6, 8, 0, 0],
      cursor: {
        sync: { key: kSync },
        drag: { x: true, y: false, setScale: false },
        points: { show: false },
        y: false,
      },
      scales: {
        x: { time: true, range: () => [first, last] },
        y: options.logarithmic
          ? { distr: 3, log: 10 }
          : { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] },
      },
      axes: [
        { ...axis, size: 20, space: 90, values: (_, times) => times.map(clockLabel) },
        {
          ...axis,
          size: 54,
          space: 24,
          values: (_, all) => all.map(value => (value === null ? '' : options.format(value))),
        },
      ],
      series: [{}, ...lines.map(line => seriesOf(line, host))],
      hooks: {
        setSelect: [plot => brushed(plot, options)],
        setCursor: [plot => options.onHover(plot.cursor.idx ?? null)],
      },
    },
    [middles, ...lines.map(({ values }) => [...values])],
    host,
  );
  return () => plot.destroy();
}

function seriesOf({ label, colour, form, dash }: Line, host: HTMLElement): uPlot.Series {
  const stroke = canvasColour(host, `var(--${colour})`);
  if (form === 'line') {
    return { label, stroke, width: 1.5, ...(dash ? { dash } : {}), points: { size: 4 } };
  }
  const paths = uPlot.paths.bars?.({ size: [0.85, 40] });
  return {
    label,
    stroke,
    fill: stroke,
    width: 0,
    points: { show: false },
    ...(paths ? { paths } : {}),
  };
}

function brushed(plot: uPlot, { endsUs, stepUs, onBrush }: ChartOptions): void {
  const { left, width } = plot.select;
  if (width < kLeastBrush) return;
  plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  const startUs = (endsUs[0] ?? 0) - stepUs;
  const whole = (pixel: number, round: (n: number) => number) =>
    startUs + round((plot.posToVal(pixel, 'x') * 1e6 - startUs) / stepUs) * stepUs;
  onBrush({ startUs: whole(left, Math.floor), endUs: whole(left + width, Math.ceil) });
}
