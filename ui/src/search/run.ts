// One asking of a query: at one moment, so that list and charts are of the same time.
import { fetchMetrics, findTraces, type Found } from '../api/explore';
import { labelOf, type MetricsAnswer, type Series } from '../api/metrics';
import { coloursSettled } from '../parts/known_services';
import { useAnswer, type Answer } from '../parts/use_answer';
import { compareQuery, readComparison, type Comparison } from './differ';
import { heatGrid, type HeatGrid } from './heat';
import type { Explored, Pick } from './query';
import { aligned, boundsAt, stepFor, type Bounds, type TimeWindow } from './time_window';
import { partsOf } from './series';
import { narrowed } from './traceql';

export interface Run {
  readonly id: string;
  /** What finds spans. */
  readonly q: string;
  /** What counts them, if the question is of metrics: `| rate() by (name)`; else empty. */
  readonly metrics: string;
  /** Whole steps, so that what is counted by intervals is what is counted at once. */
  readonly bounds: Bounds;
  readonly stepSeconds: number;
  /** Whether the time goes on: then the list is open at its end, for spans whose clocks run ahead. */
  readonly open: boolean;
  readonly atMs: number;
  readonly answers: Map<string, unknown>;
}

const kMostIntervals = 100;

let lastRun: Run | undefined;

/**
 * The run of a question. The last one is kept: the way back from a trace leads to the very same
 * list, at once. `round` above 0 asks again.
 */
export function runOf(q: string, window: TimeWindow, round: number): Run {
  const id = JSON.stringify([q, window, round]);
  if (lastRun?.id === id) return lastRun;
  const atMs = Date.now();
  const bounds = boundsAt(window, atMs);
  const { spans, metrics } = partsOf(q);
  const stepSeconds = stepFor(bounds, kMostIntervals);
  lastRun = {
    id,
    q: spans.trim() === '' ? '{}' : spans,
    metrics,
    bounds: aligned(bounds, stepSeconds),
    stepSeconds,
    open: window.lastSeconds !== null,
    atMs,
    answers: new Map(),
  };
  return lastRun;
}

/** A part of what a run answers, asked once. */
function useRunAnswer<T>(
  run: Run,
  part: string,
  load: (signal: AbortSignal) => Promise<T>,
): Answer<T> {
  return useAnswer(
    `${run.id} ${part}`,
    async signal => {
      const value = await load(signal);
      run.answers.set(part, value);
      return value;
    },
    () => run.answers.get(part) as T | undefined, // of this part, so of this type
  );
}

/** Values of an attribute that are shown of a trace; more of its spans are not asked for. */
export const kSpansOfTrace = 20;

export function useFound(run: Run, { limit, after, columns }: Explored): Answer<Found> {
  const selected = columns.length === 0 ? '' : ` | select(${columns.join(', ')})`;
  const params = new URLSearchParams({
    q: run.q + selected,
    start: String(run.bounds.startUs),
    limit: String(limit),
    spans: String(columns.length === 0 ? 1 : kSpansOfTrace),
  });
  if (!run.open) params.set('end', String(run.bounds.endUs));
  if (after !== '') params.set('pageToken', after);
  return useRunAnswer(run, `found ${params}`, async signal => {
    const [found] = await Promise.all([findTraces(params, signal), coloursSettled()]);
    return found;
  });
}

/** Of each interval: spans, failed spans, and durations in seconds; null where there was no span. */
export interface Strip {
  stepUs: number;
  /** Where the intervals end. */
  endsUs: number[];
  spans: number[];
  errors: number[];
  p50: (number | null)[];
  p95: (number | null)[];
  p99: (number | null)[];
  /** Of the whole time. */
  total: { spans: number; errors: number; p50: number; p95: number; p99: number };
  complete: boolean;
}

const kQuantiles = 'quantile_over_time(duration, .5, .95, .99)';

export function useStrip(run: Run): Answer<Strip> {
  return useRunAnswer(run, 'strip', async signal => {
    const step = run.stepSeconds;
    const ask = (q: string, every: number | null) => fetchMetrics(q, run.bounds, every, signal);
    const [spans, errors, durations, whole] = await Promise.all([
      ask(`${run.q} | count_over_time()`, step),
      ask(`${narrowed(run.q, 'status = error')} | count_over_time()`, step),
      ask(`${run.q} | ${kQuantiles}`, step),
      ask(`${run.q} | ${kQuantiles}`, null),
    ]);
    return stripOf(spans, errors, durations, whole);
  });
}

function stripOf(
  spans: MetricsAnswer,
  errors: MetricsAnswer,
  durations: MetricsAnswer,
  whole: MetricsAnswer,
): Strip {
  const count = Math.round((spans.endUs - spans.startUs) / spans.stepUs);
  const counts = (answer: MetricsAnswer) =>
    Array.from({ length: count }, (_, i) => answer.series[0]?.points[i] ?? 0);
  const all = counts(spans);
  const failed = counts(errors);
  const quantile = (p: number) =>
    all.map((n, i) => (n > 0 ? (quantileOf(durations, p)?.points[i] ?? null) : null));
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const overall = (p: number) => quantileOf(whole, p)?.points[0] ?? 0;
  return {
    stepUs: spans.stepUs,
    endsUs: all.map((_, i) => spans.startUs + (i + 1) * spans.stepUs),
    spans: all,
    errors: failed,
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    total: {
      spans: sum(all),
      errors: sum(failed),
      p50: overall(0.5),
      p95: overall(0.95),
      p99: overall(0.99),
    },
    complete: [spans, errors, durations, whole].every(answer => answer.complete),
  };
}

function quantileOf(answer: MetricsAnswer, p: number): Series | undefined {
  return answer.series.find(series => Number(labelOf(series, 'p')) === p);
}

/** Of the metrics that the question asks for; undefined where it asks for none. */
export function useSeries(run: Run): Answer<MetricsAnswer | undefined> {
  return useRunAnswer(run, 'series', async signal => {
    if (run.metrics === '') return undefined;
    const q = `${run.q} ${run.metrics}`;
    const [answer] = await Promise.all([
      fetchMetrics(q, run.bounds, run.stepSeconds, signal),
      coloursSettled(),
    ]);
    return answer;
  });
}

export interface Heat {
  grid: HeatGrid;
  complete: boolean;
}

export function useHeat(run: Run): Answer<Heat> {
  return useRunAnswer(run, 'heat', async signal => {
    const step = run.stepSeconds;
    const ask = (q: string) =>
      fetchMetrics(`${q} | histogram_over_time(duration)`, run.bounds, step, signal);
    const [all, failed] = await Promise.all([ask(run.q), ask(narrowed(run.q, 'status = error'))]);
    return { grid: heatGrid(all, failed), complete: all.complete && failed.complete };
  });
}

export function useComparison(run: Run, pick: Pick): Answer<Comparison> {
  return useRunAnswer(run, `compare ${JSON.stringify(pick)}`, async signal =>
    readComparison(await fetchMetrics(compareQuery(run.q, pick), run.bounds, null, signal), pick),
  );
}
