// What the pages of services are told by the server: rates and quantiles of spans, and calls.
import { get } from '../api/client';
import { metricsShape, type MetricsAnswer } from '../api/metrics';
import { array, boolean, number, object, string } from '../api/shape';
import type { Call } from './graph';
import { kFailed, spansWith, type Counted } from './questions';
import type { Times } from './range';

export interface Calls {
  dependencies: Call[];
  complete: boolean;
}

const callsShape = object<Calls>({
  dependencies: array(
    object<Call>({
      parent: string,
      child: string,
      callCount: number,
      errorCount: number,
      p50Us: number,
      p95Us: number,
      p99Us: number,
    }),
  ),
  complete: boolean,
});

export function fetchCalls({ startUs, endUs }: Times, signal: AbortSignal): Promise<Calls> {
  const lookback = String(Math.round((endUs - startUs) / 1000));
  const params = new URLSearchParams({ end: String(endUs), lookback });
  return get(`/api/clew/v1/dependencies?${params}`, callsShape, signal);
}

/** The series of a TraceQL query; one point each if `stepSeconds` is 0. */
export function fetchSeries(
  q: string,
  { startUs, endUs }: Times,
  stepSeconds: number,
  signal: AbortSignal,
): Promise<MetricsAnswer> {
  const params = new URLSearchParams({
    q,
    start: String(startUs),
    end: String(endUs),
    ...(stepSeconds === 0 ? { instant: 'true' } : { step: `${stepSeconds}s` }),
  });
  return get(`/api/clew/v1/metrics?${params}`, metricsShape, signal);
}

/** What stands in a table: rates and errors over time, and quantiles of the whole time. */
export interface RedAnswers {
  rate: MetricsAnswer;
  errors: MetricsAnswer;
  quantiles: MetricsAnswer;
  slow: MetricsAnswer;
  times: Times;
  stepSeconds: number;
}

/** Asks for all that a table of services (or of their operations) shows. */
export async function fetchRed(
  by: string,
  conditions: readonly string[],
  counted: Counted,
  times: Times,
  stepSeconds: number,
  signal: AbortSignal,
): Promise<RedAnswers> {
  const spans = spansWith(conditions, counted);
  const failed = spansWith([...conditions, kFailed], counted);
  const ask = (q: string, step = stepSeconds) => fetchSeries(q, times, step, signal);
  const [rate, errors, quantiles, slow] = await Promise.all([
    ask(`${spans} | rate() by (${by})`),
    ask(`${failed} | rate() by (${by})`),
    ask(`${spans} | quantile_over_time(duration, .5, .95, .99) by (${by})`, 0),
    ask(`${spans} | quantile_over_time(duration, .95) by (${by})`),
  ]);
  return { rate, errors, quantiles, slow, times, stepSeconds };
}

/** How a set of spans does over time. */
export interface Course {
  rate: MetricsAnswer;
  errors: MetricsAnswer;
  quantiles: MetricsAnswer;
}

export async function fetchCourse(
  conditions: readonly string[],
  times: Times,
  stepSeconds: number,
  signal: AbortSignal,
): Promise<Course> {
  const ask = (q: string) => fetchSeries(q, times, stepSeconds, signal);
  const spans = spansWith(conditions);
  const [rate, errors, quantiles] = await Promise.all([
    ask(`${spans} | rate()`),
    ask(`${spansWith([...conditions, kFailed])} | rate()`),
    ask(`${spans} | quantile_over_time(duration, .5, .95, .99)`),
  ]);
  return { rate, errors, quantiles };
}
