import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { timeZone } from '../parts/time_zone';
import { clockLabel, formatClock } from '../text/time';
import { resolved, useLookChanges } from '../parts/canvas_colours';

export interface Line {
  label: string;
  /** A CSS colour. */
  colour: string;
  values: readonly (number | null)[];
  dashed?: boolean;
}

interface Props {
  title: string;
  /** Seconds since 1970, of each value. */
  timesS: readonly number[];
  lines: readonly Line[];
  format: (value: number) => string;
  onSelect: (startS: number, endS: number) => void;
}

const kHeight = 190;

/** Lines over time. Dragging over it chooses a time. */
export default function Chart({ title, timesS, lines, format, onSelect }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const select = useRef(onSelect);
  select.current = onSelect;
  const look = useLookChanges();
  useEffect(() => {
    const host = place.current;
    if (!host) return;
    const [text = '', grid = '', ...strokes] = resolved(host, [
      'var(--text-dim)',
      'var(--line)',
      ...lines.map(line => line.colour),
    ]);
    const axis = {
      stroke: text,
      grid: { stroke: grid, width: 1 },
      ticks: { stroke: grid, width: 1 },
    };
    const plot = new uPlot(
      {
        width: host.clientWidth,
        height: kHeight,
        tzDate: timeS =>
          timeZone.get() === 'utc'
            ? uPlot.tzDate(new Date(timeS * 1000), 'Etc/UTC')
            : new Date(timeS * 1000),
        cursor: { y: false, drag: { x: true, y: false, setScale: false } },
        legend: { live: true },
        scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] } },
        axes: [
          { ...axis, values: (_, times) => times.map(clockLabel) },
          { ...axis, size: 68, values: (_, values) => values.map(format) },
        ],
        series: [
          {
            label: 'until',
            value: (_, value) => (value === null ? '–' : formatClock(value * 1000)),
          },
          ...lines.map((line, i) => ({
            label: line.label,
            stroke: strokes[i] ?? text,
            width: 1.5,
            ...(line.dashed ? { dash: [5, 4] } : {}),
            points: { show: false },
            value: (_: uPlot, value: number | null) => (value === null ? '–' : format(value)),
          })),
        ],
        hooks: {
          setSelect: [
            chart => {
              const { left, width } = chart.select;
              if (width < 4) return;
              select.current(chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x'));
            },
          ],
        },
      },
      [[...timesS], ...lines.map(line => [...line.values])] as uPlot.AlignedData,
      host,
    );
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: host.clientWidth, height: kHeight }),
    );
    observer.observe(host);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [timesS, lines, look]);
  return (
    <figure class="services-chart">
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={summary(title, lines, format)} />
    </figure>
  );
}

function summary(title: string, lines: readonly Line[], format: (value: number) => string): string {
  const parts = lines.map(line => {
    const values = line.values.filter(value => value !== null);
    if (values.length === 0) return `${line.label}: none`;
    return `${line.label}: ${format(Math.min(...values))} to ${format(Math.max(...values))}`;
  });
  return `${title}. ${parts.join('; ')}`;
}
