// Lines and bars over time, drawn by uPlot: the one place that knows it. A chunk of its own, loaded with the first charts.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clockLabel, formatClock } from '../text/time';
import { canvasColour } from './pixel_colour';
import { onColours } from './theme';
import { timeZone } from './time_zone';

export interface PlotLine {
  label: string;
  /** A CSS colour. */
  colour: string;
  /** Null: nothing there, a gap. */
  values: readonly (number | null)[];
  /** Bars from zero instead of a line. */
  bars?: boolean;
  /** Lengths of dashes and gaps: not by colour alone. */
  dash?: number[];
  /** A value between two gaps is a dot: a line would not show it. */
  points?: boolean;
}

export interface PlotData {
  /** Seconds since 1970. */
  timesS: readonly number[];
  lines: readonly PlotLine[];
}

export interface PlotOptions {
  /** Its width is the plot's, now and when it changes. */
  host: HTMLElement;
  /** As high as the host where it is not said. */
  height?: number;
  /** A value in words, for the axis and the legend. */
  format: (value: number) => string;
  /** For the words of the axis. */
  axisPx: number;
  /** Steps of the axis are powers of two: for bytes. */
  binary?: boolean;
  /** Each decade as tall as the next. */
  logarithmic?: boolean;
  /** The seconds that are shown; those of the data where it is not said. */
  range?: (timesS: ArrayLike<number>) => [number, number];
  /** Names and values below the plot; those where the pointer is. */
  legend?: boolean;
  /** Plots of one name show the pointer at the same time. */
  sync?: string;
  /** A time was drawn over, in seconds. */
  onSelect?: (startS: number, endS: number) => void;
  /** The value that the pointer is at, or null. */
  onHover?: (index: number | null) => void;
}

const kLeastSelection = 4; // pixels: less is a click
const kBinarySteps = Array.from({ length: 50 }, (_, i) => 2 ** i);
const kHeadroom = 1.08;

export class Plot {
  private readonly plot: uPlot;
  private readonly stops: (() => void)[];

  constructor(
    private readonly options: PlotOptions,
    data: PlotData,
  ) {
    const { host, onSelect, onHover, sync } = options;
    this.plot = new uPlot(
      {
        ...this.size(),
        padding: [8, 18, 0, 0], // half of the last time stands past the end
        legend: { show: options.legend ?? false },
        cursor: {
          y: false,
          drag: { x: onSelect !== undefined, y: false, setScale: false },
          points: { show: !data.lines.some(({ bars }) => bars) },
          ...(sync === undefined ? {} : { sync: { key: sync } }),
        },
        tzDate: timeS =>
          timeZone.get() === 'utc'
            ? uPlot.tzDate(new Date(timeS * 1000), 'Etc/UTC')
            : new Date(timeS * 1000),
        scales: scalesOf(options),
        axes: axesOf(options),
        series: [
          { label: 'until', value: timeText },
          ...data.lines.map(line => seriesOf(line, options)),
        ],
        hooks: {
          setSelect: [plot => selected(plot, onSelect)],
          setCursor: [plot => onHover?.(plot.cursor.idx ?? null)],
        },
      },
      aligned(data),
      host,
    );
    const watch = new ResizeObserver(() => this.plot.setSize(this.size()));
    watch.observe(host);
    const redraw = () => this.plot.redraw(false, true);
    this.stops = [() => watch.disconnect(), onColours(redraw), timeZone.onChange(redraw)];
  }

  /** The same lines with other values. */
  update(data: PlotData): void {
    this.plot.setData(aligned(data));
  }

  destroy(): void {
    for (const stop of this.stops) stop();
    this.plot.destroy();
  }

  private size(): { width: number; height: number } {
    const { host, height } = this.options;
    return { width: Math.max(120, host.clientWidth), height: height ?? host.clientHeight };
  }
}

function scalesOf({ range, logarithmic }: PlotOptions): uPlot.Scales {
  return {
    x: { time: true, ...(range ? { range: ({ data: [times] }) => range(times) } : {}) },
    y: logarithmic
      ? { distr: 3, log: 10 }
      : { range: (_, __, most) => [0, most > 0 ? most * kHeadroom : 1] },
  };
}

function axesOf({ host, axisPx, binary, format }: PlotOptions): uPlot.Axis[] {
  const axis = {
    stroke: () => canvasColour(host, 'var(--text-dim)'),
    grid: { stroke: () => canvasColour(host, 'var(--line)'), width: 1 },
    ticks: { show: false },
    font: `11px ${getComputedStyle(host).fontFamily}`,
  };
  return [
    { ...axis, size: 22, space: 90, values: (_, times) => times.map(clockLabel) },
    {
      ...axis,
      size: axisPx,
      space: 24,
      ...(binary ? { incrs: kBinarySteps } : {}),
      values: (_, all) => all.map(value => (value === null ? '' : format(value))),
    },
  ];
}

function seriesOf(line: PlotLine, { host, format }: PlotOptions): uPlot.Series {
  const stroke = () => canvasColour(host, line.colour);
  const paths = line.bars ? uPlot.paths.bars?.({ size: [0.85, 40] }) : undefined;
  return {
    label: line.label,
    stroke,
    width: line.bars ? 0 : 1.5,
    points: line.points ? { show: true, size: 4, filter: lonePoints } : { show: false },
    value: (_, value) => (value === null ? '–' : format(value)),
    ...(line.bars ? { fill: stroke } : {}),
    ...(line.dash ? { dash: line.dash } : {}),
    ...(paths ? { paths } : {}),
  };
}

function lonePoints(plot: uPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  const isThere = (i: number) => values[i] !== null && values[i] !== undefined;
  return Array.from(values.keys()).filter(i => isThere(i) && !isThere(i - 1) && !isThere(i + 1));
}

function timeText(_: uPlot, value: number | null): string {
  return value === null ? '–' : formatClock(value * 1000);
}

function selected(plot: uPlot, onSelect: PlotOptions['onSelect']): void {
  const { left, width } = plot.select;
  if (width < kLeastSelection || !onSelect) return;
  const [startS, endS] = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
  plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  onSelect(startS, endS);
}

function aligned({ timesS, lines }: PlotData): uPlot.AlignedData {
  return [[...timesS], ...lines.map(({ values }) => [...values])];
}
