import { useEffect, useRef } from 'preact/hooks';
import { formatClock } from '../text/time';
import type { Plot, PlotData } from '../parts/plot';

export interface ChartData {
  timesMs: readonly number[];
  lines: readonly Line[];
}

interface Line {
  label: string;
  /** A colour of tokens.css, as '--accent'. */
  colour: string;
  /** Drawn with dashes: not by colour alone. */
  dashed?: boolean;
  values: readonly (number | null)[];
}

interface Props {
  title: string;
  data: ChartData;
  format: (value: number) => string;
  /** How the axis steps; decimal if it is not said. */
  unit?: 'decimal' | 'binary';
  /** Beside the last value: what it may be at most. */
  note?: string;
}

const kRowsOfTable = 24;
/** A chart of few points shows at least so much time: points would be years apart else. */
const kLeastSeconds = 120;

/** A chart with its last values in words, and all of it as a table for who cannot see it. */
export function TimeChart({ title, data, format, unit = 'decimal', note }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | undefined>(undefined);
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    let gone = false;
    void import('../parts/plot').then(({ Plot }) => {
      if (gone || !host.current) return;
      const binary = unit === 'binary';
      const options = { host: host.current, axisPx: 76, format, binary, range: rangeOf };
      plot.current = new Plot(options, plotData(latest.current));
    });
    return () => {
      gone = true;
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, []);
  useEffect(() => plot.current?.update(plotData(data)), [data]);
  return (
    <figure class="system-chart">
      <figcaption>
        <h3>{title}</h3>
        <ul>
          {data.lines.map(({ label, colour, dashed, values }) => (
            <li key={label}>
              <span
                class="system-line"
                data-dashed={dashed ?? false}
                style={{ color: `var(${colour})` }}
                aria-hidden="true"
              />
              {label} <b>{worded(values.at(-1), format)}</b>
            </li>
          ))}
          {note !== undefined && <li class="dim">{note}</li>}
        </ul>
      </figcaption>
      <div class="system-plot" ref={host} aria-hidden="true" />
      <details>
        <summary>as a table</summary>
        <ChartTable title={title} data={data} format={format} />
      </details>
    </figure>
  );
}

/** From the data alone: what uPlot proposes for a single point spans years. */
function rangeOf(timesS: ArrayLike<number>): [number, number] {
  const last = timesS[timesS.length - 1] ?? Date.now() / 1000;
  return [Math.min(timesS[0] ?? last, last - kLeastSeconds), last];
}

function plotData({ timesMs, lines }: ChartData): PlotData {
  return {
    timesS: timesMs.map(ms => ms / 1000),
    lines: lines.map(({ label, colour, dashed, values }) => ({
      label,
      colour: `var(${colour})`,
      values,
      ...(dashed ? { dash: [5, 4] } : {}),
    })),
  };
}

function ChartTable({ title, data, format }: Omit<Props, 'note' | 'unit'>) {
  // The newest first, and of many points one in so many: a table is read, not looked at.
  const step = Math.max(1, Math.ceil(data.timesMs.length / kRowsOfTable));
  const rows = data.timesMs
    .map((ms, i) => ({ ms, i }))
    .reverse()
    .filter((_, i) => i % step === 0);
  return (
    <table class="system-table" aria-label={title}>
      <thead>
        <tr>
          <th scope="col">time</th>
          {data.lines.map(({ label }) => (
            <th key={label} scope="col">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ ms, i }) => (
          <tr key={ms}>
            <td>{formatClock(ms)}</td>
            {data.lines.map(({ label, values }) => (
              <td key={label}>{worded(values[i], format)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function worded(value: number | null | undefined, format: (value: number) => string): string {
  return value == null ? '–' : format(value);
}
