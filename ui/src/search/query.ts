// A search as the form edits it, as the page's URL keeps it, and as the API wants it.
import { parseDuration } from '../text/duration';
import { parseTags } from '../text/logfmt';

export const kLookbacks = [
  { id: '5m', label: 'Last 5 minutes', seconds: 300 },
  { id: '15m', label: 'Last 15 minutes', seconds: 900 },
  { id: '1h', label: 'Last hour', seconds: 3600 },
  { id: '3h', label: 'Last 3 hours', seconds: 3 * 3600 },
  { id: '12h', label: 'Last 12 hours', seconds: 12 * 3600 },
  { id: '1d', label: 'Last day', seconds: 86400 },
  { id: '2d', label: 'Last 2 days', seconds: 2 * 86400 },
  { id: '7d', label: 'Last 7 days', seconds: 7 * 86400 },
  { id: '30d', label: 'Last 30 days', seconds: 30 * 86400 },
] as const;

export type Lookback = (typeof kLookbacks)[number]['id'] | 'custom';

export const kDefaultLookback: Lookback = '1h';
export const kDefaultLimit = 20;
export const kMostLimit = 1000;

export interface SearchQuery {
  /** Empty: any. */
  service: string;
  operation: string;
  /** Logfmt, as typed. */
  tags: string;
  /** Go durations, as typed; empty: no bound. */
  minDuration: string;
  maxDuration: string;
  lookback: Lookback;
  /** The bounds of a custom range; null: open. */
  startUs: number | null;
  endUs: number | null;
  limit: number;
}

/** What is wrong with a field, in words for the person who filled it in. */
export type Problems = Partial<Record<keyof SearchQuery, string>>;

export const kNewQuery: SearchQuery = {
  service: '',
  operation: '',
  tags: '',
  minDuration: '',
  maxDuration: '',
  lookback: kDefaultLookback,
  startUs: null,
  endUs: null,
  limit: kDefaultLimit,
};

/** Reads a page URL's parameters. What makes no sense there is replaced by the default. */
export function readQuery(params: URLSearchParams): SearchQuery {
  const startUs = readMicroseconds(params.get('start'));
  const endUs = readMicroseconds(params.get('end'));
  const isCustom = startUs !== null || endUs !== null;
  const lookback = kLookbacks.find(known => known.id === params.get('lookback'))?.id;
  return {
    service: params.get('service') ?? '',
    operation: params.get('operation') ?? '',
    tags: params.get('tags') ?? '',
    minDuration: params.get('minDuration') ?? '',
    maxDuration: params.get('maxDuration') ?? '',
    lookback: isCustom ? 'custom' : (lookback ?? kDefaultLookback),
    startUs,
    endUs,
    limit: clampLimit(Number(params.get('limit') ?? kDefaultLimit)),
  };
}

/** The parameters of the page's URL: what readQuery reads back, without what is the default anyway. */
export function writeQuery(query: SearchQuery): URLSearchParams {
  const params = new URLSearchParams();
  const set = (name: string, value: string) => {
    if (value !== '') params.set(name, value);
  };
  set('service', query.service);
  set('operation', query.operation);
  set('tags', query.tags.trim());
  set('minDuration', query.minDuration.trim());
  set('maxDuration', query.maxDuration.trim());
  if (query.lookback !== 'custom') {
    if (query.lookback !== kDefaultLookback) params.set('lookback', query.lookback);
  } else {
    if (query.startUs !== null) params.set('start', String(query.startUs));
    if (query.endUs !== null) params.set('end', String(query.endUs));
  }
  if (query.limit !== kDefaultLimit) params.set('limit', String(query.limit));
  return params;
}

export function searchPath(query: SearchQuery): string {
  const params = writeQuery(query).toString();
  return params === '' ? '/search' : `/search?${params}`;
}

/** The same search with its time range nailed down, so that a link to it finds the same traces. */
export function pinned(query: SearchQuery, searchedAtMs: number): SearchQuery {
  const { startUs, endUs } = timeRange(query, searchedAtMs);
  return { ...query, lookback: 'custom', startUs, endUs: endUs ?? searchedAtMs * 1000 };
}

/** What keeps this query from being sent; nothing if it is fine. */
export function problemsOf(query: SearchQuery): Problems {
  const problems: Problems = {};
  const tags = parseTags(query.tags);
  if (!tags.ok) problems.tags = tags.message;
  const min = readDuration(query.minDuration, 0);
  const max = readDuration(query.maxDuration, Infinity);
  const help = 'write a duration such as 250us, 100ms or 1.5s';
  if (min === null) problems.minDuration = help;
  if (max === null) problems.maxDuration = help;
  if (min !== null && max !== null && min > max) problems.maxDuration = 'less than the shortest';
  if (query.lookback === 'custom') {
    const { startUs, endUs } = query;
    if (startUs === null && endUs === null) problems.startUs = 'set a start or an end';
    if (startUs !== null && endUs !== null && startUs >= endUs)
      problems.endUs = 'not after the start';
  }
  return problems;
}

/** All problems in one sentence, for a link that cannot be followed. */
export function problemText(problems: Problems): string {
  const labels: Readonly<Record<keyof SearchQuery, string>> = {
    service: 'Service',
    operation: 'Operation',
    tags: 'Tags',
    minDuration: 'Shortest',
    maxDuration: 'Longest',
    lookback: 'Time',
    startUs: 'From',
    endUs: 'To',
    limit: 'At most',
  };
  return Object.entries(problems)
    .map(([field, problem]) => `${labels[field as keyof SearchQuery]}: ${problem}`)
    .join('; ');
}

/** The parameters of GET /api/clew/v1/search. The query must have no problems. */
export function apiParams(query: SearchQuery, nowMs: number): URLSearchParams {
  const params = new URLSearchParams();
  if (query.service !== '') params.set('service', query.service);
  if (query.operation !== '') params.set('operation', query.operation);
  const tags = parseTags(query.tags);
  if (tags.ok) for (const [key, value] of tags.tags) params.append('tag', `${key}=${value}`);
  if (query.minDuration.trim() !== '') params.set('minDuration', query.minDuration.trim());
  if (query.maxDuration.trim() !== '') params.set('maxDuration', query.maxDuration.trim());
  const { startUs, endUs } = timeRange(query, nowMs);
  if (startUs !== null) params.set('start', String(startUs));
  if (endUs !== null) params.set('end', String(endUs));
  params.set('limit', String(query.limit));
  return params;
}

export function clampLimit(limit: number): number {
  if (!Number.isFinite(limit)) return kDefaultLimit;
  return Math.min(kMostLimit, Math.max(1, Math.round(limit)));
}

function timeRange(query: SearchQuery, nowMs: number): Pick<SearchQuery, 'startUs' | 'endUs'> {
  const known = kLookbacks.find(lookback => lookback.id === query.lookback);
  if (!known) return query;
  // No end: a span whose clock runs ahead of ours belongs to the newest traces, too.
  return { startUs: (Math.floor(nowMs) - known.seconds * 1000) * 1000, endUs: null };
}

function readDuration(text: string, otherwise: number): number | null {
  return text.trim() === '' ? otherwise : parseDuration(text);
}

function readMicroseconds(text: string | null): number | null {
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null;
}
