// What Explore asks: traces that match TraceQL, series counted from spans, and names and values for completion.
import { get } from './client';
import { metricsShape, type MetricsAnswer } from './metrics';
import { array, boolean, number, object, present, string, type Shape } from './shape';
import { traceSummaryShape, type Attribute, type TraceSummary } from './types';

export interface FoundSpan {
  spanId: string;
  name: string;
  startUs: number;
  durationUs: number;
  /** What the query compares and selects. */
  attributes: Attribute[];
}

export interface FoundTrace extends TraceSummary {
  /** Spans that the query found in it. */
  matched: number;
  /** The first of them. */
  spans: FoundSpan[];
}

export interface Found {
  /** Newest first. */
  traces: FoundTrace[];
  /** False when a deadline or damage cut the search short: there may be more. */
  complete: boolean;
  /** Of the next page; empty: there is none. */
  nextPageToken: string;
  elapsedMs: number;
}

export interface Tag {
  /** `span`, `resource`, `event` or `scope` (of instrumentation). */
  scope: string;
  key: string;
}

export interface TagValue {
  type: string;
  value: unknown;
}

const stringOrNone: Shape<string> = (value, path) =>
  value === undefined ? '' : string(value, path);

const attributes = array(object<Attribute>({ key: string, type: string, value: present }));

const foundFields = object<Pick<FoundTrace, 'matched' | 'spans'>>({
  matched: number,
  spans: array(
    object<FoundSpan>({
      spanId: string,
      name: string,
      startUs: number,
      durationUs: number,
      attributes,
    }),
  ),
});

const foundShape = object<Found>({
  traces: array((value, path) => ({
    ...traceSummaryShape(value, path),
    ...foundFields(value, path),
  })),
  complete: boolean,
  nextPageToken: stringOrNone,
  elapsedMs: number,
});

const tagsShape = object<{ tags: Tag[] }>({
  tags: array(object<Tag>({ scope: string, key: string })),
});

const valuesShape = object<{ values: TagValue[] }>({
  values: array(object<TagValue>({ type: string, value: present })),
});

export function findTraces(params: URLSearchParams, signal: AbortSignal): Promise<Found> {
  return get(`/api/clew/v1/search?${params}`, foundShape, signal);
}

/**
 * Of (startUs, endUs], which must be whole steps after 1970. `stepSeconds` null: one point for the whole time.
 * The server's first interval ends at the start that it is given, so it is given the end of the first.
 */
export function fetchMetrics(
  q: string,
  { startUs, endUs }: { startUs: number; endUs: number },
  stepSeconds: number | null,
  signal: AbortSignal,
): Promise<MetricsAnswer> {
  const first = Math.round(startUs + (stepSeconds ?? 0) * 1e6);
  const params = new URLSearchParams({ q, start: String(first), end: String(endUs) });
  if (stepSeconds === null) params.set('instant', 'true');
  else params.set('step', `${stepSeconds}s`);
  return get(`/api/clew/v1/metrics?${params}`, metricsShape, signal);
}

export async function fetchTags(signal: AbortSignal): Promise<Tag[]> {
  return (await get('/api/clew/v1/tags', tagsShape, signal)).tags;
}

/** The first `limit` values that begin with `prefix`; `scope` empty: of all scopes. */
export async function fetchTagValues(
  { scope, key }: Tag,
  prefix: string,
  limit: number,
  signal: AbortSignal,
): Promise<TagValue[]> {
  const params = new URLSearchParams({ prefix, limit: String(limit) });
  if (scope !== '') params.set('scope', scope);
  const path = `/api/clew/v1/tags/${encodeURIComponent(key)}/values?${params}`;
  return (await get(path, valuesShape, signal)).values;
}
