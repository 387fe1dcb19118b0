import { useEffect, useRef } from 'preact/hooks';
import { useLookChanges } from '../parts/canvas_colours';
import { Plot, type PlotLine } from '../parts/plot';

interface Props {
  title: string;
  /** Seconds since 1970, of each value. */
  timesS: readonly number[];
  lines: readonly PlotLine[];
  format: (value: number) => string;
  onSelect: (startS: number, endS: number) => void;
}

const kHeight = 190;

/** Lines over time. Dragging over it chooses a time. */
export default function Chart({ title, timesS, lines, format, onSelect }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const select = useRef(onSelect);
  select.current = onSelect;
  const look = useLookChanges(); // the legend takes its colours once
  useEffect(() => {
    const host = place.current;
    if (!host) return;
    const onSelect = (startS: number, endS: number) => select.current(startS, endS);
    const options = { host, height: kHeight, axisPx: 68, format, legend: true, onSelect };
    const plot = new Plot(options, { timesS, lines });
    return () => plot.destroy();
  }, [timesS, lines, look]);
  return (
    <figure class="services-chart">
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={summary(title, lines, format)} />
    </figure>
  );
}

function summary(
  title: string,
  lines: readonly PlotLine[],
  format: (value: number) => string,
): string {
  const parts = lines.map(line => {
    const values = line.values.filter(value => value !== null);
    if (values.length === 0) return `${line.label}: none`;
    return `${line.label}: ${format(Math.min(...values))} to ${format(Math.max(...values))}`;
  });
  return `${title}. ${parts.join('; ')}`;
}
