import { useEffect, useRef } from 'preact/hooks';
import { formatClock } from '../text/time';
import type { Chart, ChartData } from './draw_chart';

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

/** A chart with its last values in words, and all of it as a table for who cannot see it. */
export function TimeChart({ title, data, format, unit = 'decimal', note }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | undefined>(undefined);
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    let gone = false;
    void import('./draw_chart').then(({ Chart }) => {
      if (gone || !host.current) return;
      chart.current = new Chart(host.current, latest.current, format, unit);
    });
    return () => {
      gone = true;
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, []);
  useEffect(() => chart.current?.update(data), [data]);
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
