// All that Explore shows, as the page's URL keeps it.
import type { Attribute } from '../api/types';
import { parseDuration } from '../text/duration';
import { parseTags } from '../text/logfmt';
import { kEmptyForm, looksTyped, traceqlOf, type Condition, type Form } from './form';
import {
  fixedWindow,
  kDefaultWindow,
  readLast,
  writeLast,
  type Bounds,
  type TimeWindow,
} from './time_window';
import { fieldOf, literalOf, quote } from './traceql';

export const kLimits: readonly number[] = [20, 50, 100, 200, 500, 1000];
export const kDefaultLimit = 50;

/** A part of the heat map: spans that start in (startUs, endUs] and last (lowNs, highNs]. */
export interface Box extends Bounds {
  lowNs: number;
  highNs: number;
}

/** What Differ tells from the rest: a box, or the spans for which a condition of TraceQL holds. */
export type Pick = { box: Box } | { where: string };

export interface Sort {
  column: string;
  descending: boolean;
}

export interface Explored {
  /** TraceQL. */
  q: string;
  window: TimeWindow;
  limit: number;
  /** The token of the page of results; empty for the first. */
  after: string;
  pick: Pick | null;
  view: 'heat' | 'scatter';
  /** The charts as numbers, too. */
  numbers: boolean;
  /** Attributes that the table shows, as TraceQL writes them. */
  columns: readonly string[];
  /** Null: as they come, newest first. */
  sort: Sort | null;
}

export const kNewExplored: Explored = {
  q: '{}',
  window: kDefaultWindow,
  limit: kDefaultLimit,
  after: '',
  pick: null,
  view: 'heat',
  numbers: false,
  columns: [],
  sort: null,
};

const kMostColumns = 12;

/** Reads a page URL's parameters. What makes no sense there is replaced by the default. */
export function readExplored(params: URLSearchParams): Explored {
  const sort = /^(-?)(.+)$/.exec(params.get('sort') ?? '');
  return {
    q: params.get('q') ?? olderQuery(params),
    window: readWindow(params),
    limit: clampLimit(Number(params.get('limit') ?? kDefaultLimit)),
    after: params.get('after') ?? '',
    pick: readPick(params),
    view: params.get('view') === 'scatter' ? 'scatter' : 'heat',
    numbers: params.get('numbers') === 'true',
    columns: [...new Set(params.getAll('col').filter(name => name !== ''))].slice(0, kMostColumns),
    sort: sort ? { column: sort[2] ?? '', descending: sort[1] === '-' } : null,
  };
}

export function explorePath(explored: Partial<Explored>): string {
  const all = { ...kNewExplored, ...explored };
  const params = new URLSearchParams();
  if (all.q.trim() !== '' && all.q !== '{}') params.set('q', all.q);
  if (all.window.lastSeconds === null) {
    params.set('start', String(all.window.startUs));
    params.set('end', String(all.window.endUs));
  } else if (all.window.lastSeconds !== kDefaultWindow.lastSeconds) {
    params.set('last', writeLast(all.window.lastSeconds));
  }
  if (all.limit !== kDefaultLimit) params.set('limit', String(all.limit));
  if (all.after !== '') params.set('after', all.after);
  if (all.pick && 'box' in all.pick) params.set('box', boxText(all.pick.box));
  if (all.pick && 'where' in all.pick) params.set('pick', all.pick.where);
  if (all.view !== 'heat') params.set('view', all.view);
  if (all.numbers) params.set('numbers', 'true');
  for (const column of all.columns) params.append('col', column);
  if (all.sort) params.set('sort', (all.sort.descending ? '-' : '') + all.sort.column);
  const text = params.toString();
  return text === '' ? '/search' : `/search?${text}`;
}

/** Another question: what belonged to the answer of the old one is forgotten. */
export function asking(explored: Explored, change: Partial<Explored>): Explored {
  return { ...explored, after: '', pick: null, ...change };
}

export function clampLimit(limit: number): number {
  if (!Number.isFinite(limit)) return kDefaultLimit;
  return Math.min(1000, Math.max(1, Math.round(limit)));
}

function readWindow(params: URLSearchParams): TimeWindow {
  const startUs = readMicroseconds(params.get('start'));
  const endUs = readMicroseconds(params.get('end'));
  if (startUs !== null || endUs !== null) {
    const end = endUs ?? Date.now() * 1000;
    const start = startUs ?? end - 3600e6;
    return { lastSeconds: null, startUs: Math.min(start, end - 1), endUs: end };
  }
  const last = readLast(params.get('last') ?? params.get('lookback') ?? '');
  return last === null ? kDefaultWindow : { ...kDefaultWindow, lastSeconds: last };
}

function boxText({ startUs, endUs, lowNs, highNs }: Box): string {
  return [startUs, endUs, lowNs, highNs].join('-');
}

function readPick(params: URLSearchParams): Pick | null {
  const box = /^(\d{1,16})-(\d{1,16})-(\d{1,19})-(\d{1,19})$/.exec(params.get('box') ?? '');
  if (box) {
    const [startUs = 0, endUs = 0, lowNs = 0, highNs = 0] = box.slice(1).map(Number);
    if (startUs < endUs && lowNs < highNs) return { box: { startUs, endUs, lowNs, highNs } };
  }
  const where = params.get('pick') ?? '';
  return where === '' ? null : { where };
}

function readMicroseconds(text: string | null): number | null {
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null;
}

/**
 * The TraceQL of a search by fields: links that were made before Explore, and Jaeger's (`service`, `operation`, `tags`
 * as JSON or logfmt, `minDuration`, `maxDuration`). A tag matches a value of any type, on the span or elsewhere.
 */
export function olderQuery(params: URLSearchParams): string {
  const form: Form = {
    ...kEmptyForm,
    service: params.get('service') ?? '',
    operation: params.get('operation') ?? '',
    minDuration: durationOr(params.get('minDuration')),
    maxDuration: durationOr(params.get('maxDuration')),
    conditions: [],
  };
  if (form.operation === 'all') form.operation = ''; // Jaeger's word for any
  for (const [key, value] of olderTags(params)) {
    const kind = key === 'span.kind' ? value.toLowerCase() : '';
    if (key === 'error' && value === 'true') form.status = 'error';
    else if (isKind(kind)) form.kind = kind;
    else form.conditions.push(sameText(key, value));
  }
  return traceqlOf(form);
}

const isKind = (text: string): text is Form['kind'] =>
  ['internal', 'server', 'client', 'producer', 'consumer'].includes(text);

function durationOr(text: string | null): string {
  return text !== null && parseDuration(text) !== null ? text.trim() : '';
}

/** A value that reads as this text, whatever its type and scope. */
function sameText(key: string, value: string): Condition {
  return { key: `.${key}`, op: '=', value, type: looksTyped(value) ? 'any' : 'text' };
}

function olderTags(params: URLSearchParams): [string, string][] {
  const found: [string, string][] = [];
  for (const text of params.getAll('tags')) {
    const json = tagsOfJson(text);
    const parsed = parseTags(text);
    if (json) found.push(...json);
    else if (parsed.ok) for (const [key, value] of parsed.tags) found.push([key, value]);
  }
  for (const tag of params.getAll('tag')) {
    const at = /[=:]/.exec(tag)?.index ?? -1;
    if (at > 0) found.push([tag.slice(0, at), tag.slice(at + 1)]);
  }
  return found;
}

function tagsOfJson(text: string): [string, string][] | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return Object.entries(value).map(([key, each]) => [key, String(each)]);
  } catch {
    return null; // logfmt, then
  }
}

const kHourUs = 3_600_000_000;

/** A search for spans that say the same: of the last hour, or of two around an older trace. */
export function attributePath({ key, type, value }: Attribute, traceStartNs: bigint): string {
  const literal = literalOf(type, value) ?? quote(String(value));
  const q = `{ ${fieldOf('', key)} = ${literal} }`;
  const startUs = Number(traceStartNs / 1000n);
  if (Date.now() * 1000 - startUs < kHourUs) return explorePath({ q });
  const window = fixedWindow({ startUs: startUs - kHourUs, endUs: startUs + kHourUs });
  return explorePath({ q, window });
}
