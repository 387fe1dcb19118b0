// What a live tail is asked for: as the form edits it, as the page's URL keeps it, as the API takes it.
import { parseDuration } from '../text/duration';

export interface LiveQuery {
  /** Empty: any. */
  service: string;
  operation: string;
  /** Conditions as docs/api.md describes them, `&&` between them; empty: none. */
  where: string;
  errorsOnly: boolean;
  /** Go durations of the trace, as typed; empty: no bound. */
  minDuration: string;
  maxDuration: string;
  /** The most traces a second. */
  rate: number;
}

export type LiveProblems = Partial<Record<keyof LiveQuery, string>>;

export const kDefaultRate = 20;
export const kRates = [1, 5, kDefaultRate, 50, 100, 200] as const;

export const kAnything: LiveQuery = {
  service: '',
  operation: '',
  where: '',
  errorsOnly: false,
  minDuration: '',
  maxDuration: '',
  rate: kDefaultRate,
};

/** Reads a page URL's parameters. What makes no sense there is replaced by the default. */
export function readLiveQuery(params: URLSearchParams): LiveQuery {
  const rate = Number(params.get('rate') ?? kDefaultRate);
  return {
    service: params.get('service') ?? '',
    operation: params.get('operation') ?? '',
    where: params.getAll('where').join(' && '),
    errorsOnly: params.get('status') === 'error',
    minDuration: params.get('minTraceDuration') ?? '',
    maxDuration: params.get('maxTraceDuration') ?? '',
    rate: Number.isInteger(rate) && rate >= 1 && rate <= 200 ? rate : kDefaultRate,
  };
}

/** The parameters of the page and of GET /api/clew/v1/tail: they are the same. */
export function liveParams(query: LiveQuery): URLSearchParams {
  const params = new URLSearchParams();
  const set = (name: string, value: string) => {
    if (value.trim() !== '') params.set(name, value.trim());
  };
  set('service', query.service);
  set('operation', query.operation);
  for (const condition of conditionsOf(query.where)) params.append('where', condition);
  if (query.errorsOnly) params.set('status', 'error');
  set('minTraceDuration', query.minDuration);
  set('maxTraceDuration', query.maxDuration);
  if (query.rate !== kDefaultRate) params.set('rate', String(query.rate));
  return params;
}

/** Whether the page's list holds still; the tail goes on, so its parameters say nothing of it. */
export function readPaused(params: URLSearchParams): boolean {
  return params.get('paused') === 'true';
}

export function livePath(query: LiveQuery, paused = false): string {
  const params = liveParams(query);
  if (paused) params.set('paused', 'true');
  return params.size === 0 ? '/live' : `/live?${params}`;
}

/** The conditions of a text, cut at every `&&` that is not in quotes. */
export function conditionsOf(where: string): string[] {
  const conditions = [''];
  for (const [token] of where.matchAll(/&&|"(?:[^"\\]|\\.)*"|[^"&]+|["&]/g)) {
    if (token === '&&') conditions.push('');
    else conditions.push((conditions.pop() ?? '') + token);
  }
  return conditions.map(condition => condition.trim()).filter(condition => condition !== '');
}

/** What keeps this query from being sent; nothing if it is fine. */
export function liveProblems(query: LiveQuery): LiveProblems {
  const problems: LiveProblems = {};
  const read = (text: string) => (text.trim() === '' ? undefined : parseDuration(text));
  const help = 'write a duration such as 250us, 100ms or 1.5s';
  const min = read(query.minDuration);
  const max = read(query.maxDuration);
  if (min === null) problems.minDuration = help;
  if (max === null) problems.maxDuration = help;
  if (min != null && max != null && min > max) problems.maxDuration = 'less than the shortest';
  return problems;
}
