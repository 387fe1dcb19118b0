import { useEffect, useRef, useState } from 'preact/hooks';
import type { Answer } from '../parts/use_answer';
import { formatDuration } from '../text/duration';
import { formatTime } from '../text/time';
import type { Plot, PlotLine, PlotOptions } from '../parts/plot';
import { PanelFailure } from './panel_failure';
import type { Strip } from './run';
import type { Bounds } from './time_window';

interface Props {
  strip: Answer<Strip>;
  onBrush: (bounds: Bounds) => void;
  onRetry: () => void;
}

const kHeight = 96;
const count = (value: number) => value.toLocaleString('en');
const seconds = (value: number) => formatDuration(value * 1e9);

/** How many spans match, how many of them failed, how long they took: over time, each number exact. */
export function StripCharts({ strip, onBrush, onRetry }: Props) {
  const [hovered, setHovered] = useState<number | null>(null);
  const { value, error } = strip;
  if (error) return <PanelFailure what="The counts" error={error} onRetry={onRetry} />;
  if (!value) return <div class="strip" aria-busy="true" />;
  const at = hovered !== null && hovered < value.spans.length ? hovered : null;
  const shown = readings(value, at);
  const shared = { strip: value, onBrush, onHover: setHovered };
  return (
    <div class="strip" data-stale={strip.state === 'loading'}>
      <Panel
        {...shared}
        title="Spans"
        reading={shown.spans}
        lines={[{ label: 'spans', colour: 'var(--chart-count)', bars: true, values: value.spans }]}
        format={short}
      />
      <Panel
        {...shared}
        title="Errors"
        reading={shown.errors}
        lines={[{ label: 'errors', colour: 'var(--error)', bars: true, values: value.errors }]}
        format={short}
      />
      <Panel
        {...shared}
        title="Duration"
        note="Quantiles are estimated within powers of two, the counts behind them are exact"
        reading={shown.durations}
        lines={[
          { label: 'p50', colour: 'var(--chart-count)', points: true, values: value.p50 },
          {
            label: 'p95',
            colour: 'var(--chart-high)',
            points: true,
            dash: [6, 3],
            values: value.p95,
          },
          { label: 'p99', colour: 'var(--error)', points: true, dash: [2, 3], values: value.p99 },
        ]}
        format={seconds}
        logarithmic
      />
      {!value.complete && (
        <p class="notice">
          The counts stopped early, at a time limit: there are more spans. A shorter time or a
          narrower query is counted wholly.
        </p>
      )}
    </div>
  );
}

function readings(strip: Strip, at: number | null) {
  const { total } = strip;
  const spans = at === null ? total.spans : (strip.spans[at] ?? 0);
  const errors = at === null ? total.errors : (strip.errors[at] ?? 0);
  const length = (at === null ? strip.spans.length : 1) * (strip.stepUs / 1e6);
  const when = at === null ? '' : `${intervalText(strip, at)}: `;
  const share = spans === 0 ? 0 : (errors / spans) * 100;
  const lasts = (p: 'p50' | 'p95' | 'p99') => {
    const value = at === null ? (spans > 0 ? total[p] : null) : (strip[p][at] ?? null);
    return value === null ? '–' : seconds(value);
  };
  return {
    spans: `${when}${count(spans)} · ${significant(spans / length)} a second`,
    errors: `${when}${count(errors)} · ${significant(share)} %`,
    durations: `${when}p50 ${lasts('p50')} · p95 ${lasts('p95')} · p99 ${lasts('p99')}`,
  };
}

/** "18:20:30–18:21:00". */
export function intervalText({ endsUs, stepUs }: Strip, at: number): string {
  const end = endsUs[at] ?? 0;
  const clock = (us: number) => formatTime(BigInt(us)).slice(11, stepUs < 1e6 ? 23 : 19);
  return `${clock(end - stepUs)}–${clock(end)}`;
}

function short(value: number): string {
  return Intl.NumberFormat('en', { notation: 'compact' }).format(value);
}

function significant(value: number): string {
  return value === 0 ? '0' : String(Number(value.toPrecision(3)));
}

interface PanelProps {
  title: string;
  note?: string;
  reading: string;
  strip: Strip;
  lines: PlotLine[];
  format: (value: number) => string;
  logarithmic?: boolean;
  onBrush: (bounds: Bounds) => void;
  onHover: (interval: number | null) => void;
}

function Panel({
  title,
  note = '',
  reading,
  strip,
  lines,
  format,
  logarithmic = false,
  ...on
}: PanelProps) {
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef(on);
  latest.current = on;
  useEffect(() => {
    const { endsUs, stepUs } = strip;
    const firstUs = (endsUs[0] ?? 0) - stepUs;
    const whole = (seconds: number, round: (n: number) => number) =>
      firstUs + round((seconds * 1e6 - firstUs) / stepUs) * stepUs;
    let plot: Plot | undefined;
    let gone = false;
    import('../parts/plot').then(
      ({ Plot }) => {
        if (gone || !host.current) return;
        const options: PlotOptions = {
          host: host.current,
          height: kHeight,
          axisPx: 54,
          format,
          logarithmic,
          sync: 'clew-explore',
          range: () => [firstUs / 1e6, (endsUs.at(-1) ?? 0) / 1e6],
          onSelect: (startS, endS) =>
            latest.current.onBrush({
              startUs: whole(startS, Math.floor),
              endUs: whole(endS, Math.ceil),
            }),
          onHover: interval => latest.current.onHover(interval),
        };
        plot = new Plot(options, { timesS: endsUs.map(end => (end - stepUs / 2) / 1e6), lines });
      },
      () => undefined, // the numbers above it and the table say the same
    );
    return () => {
      gone = true;
      plot?.destroy();
    };
  }, [strip]);
  return (
    <section class="strip-panel" aria-label={title}>
      <h2 title={note}>
        {title} <span class="reading">{reading}</span>
      </h2>
      <div ref={host} class="chart" aria-hidden="true" onMouseLeave={() => on.onHover(null)} />
    </section>
  );
}

/** The same as a table: for those who cannot see the charts, or want the numbers. */
export function StripTable({ strip }: { strip: Strip }) {
  const lasts = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : seconds(value);
  return (
    <table class="data-table">
      <caption>
        Spans, errors and durations by time, {strip.stepUs / 1e6} s each; only intervals with spans
      </caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Spans</th>
          <th scope="col">Errors</th>
          <th scope="col">p50</th>
          <th scope="col">p95</th>
          <th scope="col">p99</th>
        </tr>
      </thead>
      <tbody>
        {strip.spans.map((spans, at) =>
          spans === 0 ? null : (
            <tr key={at}>
              <th scope="row">{intervalText(strip, at)}</th>
              <td>{count(spans)}</td>
              <td>{count(strip.errors[at] ?? 0)}</td>
              <td>{lasts(strip.p50[at])}</td>
              <td>{lasts(strip.p95[at])}</td>
              <td>{lasts(strip.p99[at])}</td>
            </tr>
          ),
        )}
      </tbody>
    </table>
  );
}
