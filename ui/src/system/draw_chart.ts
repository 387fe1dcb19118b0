// A chart over time, drawn by uPlot. A chunk of its own: it is loaded after the page's words are there.
import uPlot from 'uplot';
import { canvasColour } from '../parts/pixel_colour';
import { onColours } from '../parts/theme';
import { clockLabel } from '../text/time';
import 'uplot/dist/uPlot.min.css';

export interface Line {
  label: string;
  /** A colour of tokens.css, as '--accent'. */
  colour: string;
  /** Drawn with dashes: not by colour alone. */
  dashed?: boolean;
  values: readonly (number | null)[];
}

/** A chart of few points shows at least so much time: points would be years apart else. */
const kLeastSeconds = 120;
/** Steps of an axis of bytes. */
const kBinarySteps = Array.from({ length: 50 }, (_, i) => 2 ** i);

export interface ChartData {
  timesMs: readonly number[];
  lines: readonly Line[];
}

/** Draws into `element`, which has a size; `format` words the values of the axis. */
export class Chart {
  private readonly plot: uPlot;
  private readonly watch: ResizeObserver;
  private readonly endColours: () => void;

  constructor(
    private readonly element: HTMLElement,
    data: ChartData,
    format: (value: number) => string,
    unit: 'decimal' | 'binary',
  ) {
    const colour = (name: string) => () => canvasColour(element, `var(${name})`);
    const axis = { stroke: colour('--text-dim'), grid: { stroke: colour('--line'), width: 1 } };
    this.plot = new uPlot(
      {
        ...this.size(),
        padding: [8, 6, 0, 0],
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, points: { size: 5 } },
        scales: {
          x: { range: ({ data: [times] }) => rangeOf(times) },
          y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
        },
        axes: [
          {
            ...axis,
            size: 26,
            font: '11px system-ui',
            values: (_, times) => times.map(clockLabel),
          },
          {
            ...axis,
            size: 76,
            ...(unit === 'binary' ? { incrs: kBinarySteps } : {}),
            font: '11px system-ui',
            values: (_, splits) => splits.map(format),
          },
        ],
        series: [
          {},
          ...data.lines.map(line => ({
            label: line.label,
            stroke: colour(line.colour),
            width: 1.5,
            ...(line.dashed ? { dash: [5, 4] } : {}),
            points: { show: false },
          })),
        ],
      },
      aligned(data),
      element,
    );
    this.watch = new ResizeObserver(() => this.plot.setSize(this.size()));
    this.watch.observe(element);
    this.endColours = onColours(() => this.plot.redraw(false));
  }

  update(data: ChartData): void {
    this.plot.setData(aligned(data));
  }

  destroy(): void {
    this.watch.disconnect();
    this.endColours();
    this.plot.destroy();
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(120, this.element.clientWidth), height: this.element.clientHeight };
  }
}

/** From the data alone: what uPlot proposes for a single point spans years. */
function rangeOf(times: ArrayLike<number>): [number, number] {
  const last = times[times.length - 1] ?? Date.now() / 1000;
  return [Math.min(times[0] ?? last, last - kLeastSeconds), last];
}

function aligned({ timesMs, lines }: ChartData): uPlot.AlignedData {
  return [timesMs.map(ms => ms / 1000), ...lines.map(line => [...line.values])];
}
