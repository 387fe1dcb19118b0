import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { MetricsAnswer } from '../api/metrics';
import type { Plot } from '../parts/plot';
import { serviceColour } from '../parts/service_colour';
import { Swatch } from '../parts/service_pill';
import type { Answer } from '../parts/use_answer';
import { PanelFailure } from './panel_failure';
import { formatOf, namedSeries, type NamedSeries } from './series';
import type { Bounds } from './time_window';

interface Props {
  /** What counts, as the query says it: `| rate() by (name)`. */
  metrics: string;
  answer: Answer<MetricsAnswer | undefined>;
  onBrush: (bounds: Bounds) => void;
  onRetry: () => void;
}

const kHeight = 200;
/** More lines nobody tells apart. */
const kMostLines = 12;
const kMostRows = 100;

/** The series of a metrics query: the highest as lines over time, all of them in numbers. */
export function SeriesPanel({ metrics, answer, onBrush, onRetry }: Props) {
  const { value, error } = answer;
  const series = useMemo(() => (value ? namedSeries(value) : []), [value]);
  const format = useMemo(() => formatOf(metrics), [metrics]);
  if (error) return <PanelFailure what="The series" error={error} onRetry={onRetry} />;
  if (!value) return <div class="series-wait" aria-busy="true" />;
  return (
    <section class="series" aria-labelledby="series-title" aria-busy={answer.state === 'loading'}>
      <h2 id="series-title">
        Series <code>{metrics.replace(/^\|\s*/, '')}</code>
      </h2>
      <p class="dim" role="status">
        {series.length.toLocaleString('en')} series
        {series.length > kMostLines && `; the ${kMostLines} with the highest points are drawn`}
        {series.length > kMostRows && `, ${kMostRows} are listed`}, a point for every{' '}
        {value.stepUs / 1e6} s
      </p>
      {!value.complete && (
        <p class="notice">
          The counts stopped early, at a limit: the values are too low. A shorter time or a narrower
          query is counted wholly.
        </p>
      )}
      {series.length > 0 && (
        <>
          <SeriesPlot
            answer={value}
            series={series.slice(0, kMostLines)}
            format={format}
            onBrush={onBrush}
          />
          <SeriesTable series={series.slice(0, kMostRows)} format={format} />
        </>
      )}
    </section>
  );
}

interface PlotProps {
  answer: MetricsAnswer;
  series: readonly NamedSeries[];
  format: (value: number) => string;
  onBrush: (bounds: Bounds) => void;
}

function SeriesPlot({ answer, series, format, onBrush }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const brush = useRef(onBrush);
  brush.current = onBrush;
  useEffect(() => {
    let plot: Plot | undefined;
    let gone = false;
    import('../parts/plot').then(
      ({ Plot }) => {
        if (gone || !host.current) return;
        const onSelect = (startS: number, endS: number) =>
          brush.current({ startUs: Math.round(startS * 1e6), endUs: Math.round(endS * 1e6) });
        plot = new Plot(
          { host: host.current, height: kHeight, axisPx: 68, format, onSelect },
          {
            timesS: pointTimes(answer),
            lines: series.map(({ name, points }) => ({
              label: name,
              colour: serviceColour(name),
              values: points,
              points: true,
            })),
          },
        );
      },
      () => undefined, // the table below says the same
    );
    return () => {
      gone = true;
      plot?.destroy();
    };
  }, [answer, series.length]);
  return <div ref={host} class="chart series-chart" aria-hidden="true" />;
}

/** Where the interval of each point ends. */
function pointTimes({ startUs, stepUs, series }: MetricsAnswer): number[] {
  const count = Math.max(...series.map(({ points }) => points.length));
  return Array.from({ length: count }, (_, i) => (startUs + (i + 1) * stepUs) / 1e6);
}

interface TableProps {
  series: readonly NamedSeries[];
  format: (value: number) => string;
}

function SeriesTable({ series, format }: TableProps) {
  const cell = (value: number | null) => (
    <td class="number" title={value === null ? '' : String(value)}>
      {value === null ? '–' : format(value)}
    </td>
  );
  return (
    <div class="series-table" tabIndex={0} role="region" aria-label="Series in numbers">
      <table class="data-table">
        <thead>
          <tr>
            <th scope="col">Series</th>
            <th scope="col">Last</th>
            <th scope="col">Lowest</th>
            <th scope="col">Highest</th>
          </tr>
        </thead>
        <tbody>
          {series.map(({ name, last, least, most }, i) => (
            <tr key={name}>
              <th scope="row">
                {i < kMostLines && <Swatch service={name} />} {name}
              </th>
              {cell(last)}
              {cell(least)}
              {cell(most)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
