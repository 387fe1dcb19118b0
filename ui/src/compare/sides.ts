// What is compared, as the form edits it and as the URL keeps it.
import { at } from '../model/at';
import { kVerdicts, type Verdict } from './diff';
import { kAll, readAsked, writeAsked, type Asked } from '../population/asked';
import type { Population } from '../population/answer';
import { kWholeFlame, readWindow, windowText, type FlameWindow } from '../parts/flame_layout';
import { readShown, writeShown } from '../parts/rows_shown';
import { kMeasures, type Measure } from '../population/call_tree';
import { operationTerm, quoted } from '../population/traceql';
import { parseTraceId } from '../text/trace_id';

export const kModes = ['traces', 'kind', 'populations'] as const;
/** Two traces; a trace and those of its kind; two populations. */
export type Mode = (typeof kModes)[number];

/** What the table shows: what changed, the most first; of that one kind; or every call. */
export type Rows = Exclude<Verdict, 'same'> | 'ranked' | 'tree';

/** How the comparison is looked at. */
export interface Look {
  measure: Measure;
  find: string;
  /** frameKeys() of the chosen frame; empty: none. */
  frame: string;
  /** The part of the flame graph's width that is in view. */
  window: FlameWindow;
  rows: Rows;
  /** So many of them were wished for; 0: as many as at first. */
  shown: number;
}

export const kNewLook: Look = {
  measure: 'critical',
  find: '',
  frame: '',
  window: kWholeFlame,
  rows: 'ranked',
  shown: 0,
};

export interface Sides extends Look {
  mode: Mode;
  /** Trace IDs as typed. */
  a: string;
  b: string;
  askedA: Asked;
  askedB: Asked;
}

export function lookOf({ measure, find, frame, window, rows, shown }: Look): Look {
  return { measure, find, frame, window, rows, shown };
}

const kRows = ['ranked', 'tree', ...kVerdicts] as const;

function readRows(text: string | null): Rows {
  const rows = kRows.find(known => known === text);
  return rows === undefined || rows === 'same' ? 'ranked' : rows;
}

export function readSides(params: URLSearchParams): Sides {
  const a = params.get('a') ?? '';
  const b = params.get('b') ?? '';
  const asksPopulations = [
    'qA',
    'startA',
    'endA',
    'lookbackA',
    'qB',
    'startB',
    'endB',
    'lookbackB',
  ].some(name => params.has(name));
  const mode: Mode = asksPopulations
    ? 'populations'
    : a !== '' && b !== ''
      ? 'traces'
      : a !== '' || b !== ''
        ? 'kind'
        : (kModes.find(known => known === params.get('mode')) ?? 'populations');
  return {
    mode,
    a: mode === 'kind' && a === '' ? b : a,
    b: mode === 'kind' ? '' : b,
    askedA: readAsked(params, 'A'),
    askedB: readAsked(params, 'B'),
    measure:
      (Object.keys(kMeasures) as Measure[]).find(known => known === params.get('by')) ?? 'critical',
    find: params.get('find') ?? '',
    frame: params.get('frame') ?? '',
    window: readWindow(params.get('zoom')),
    rows: readRows(params.get('rows')),
    shown: readShown(params.get('shown')),
  };
}

export function sidesPath(sides: Sides): string {
  const params = new URLSearchParams();
  if (sides.mode === 'populations') {
    writeAsked(sides.askedA, params, 'A');
    writeAsked(sides.askedB, params, 'B');
  } else {
    if (sides.a !== '') params.set('a', parseTraceId(sides.a) ?? sides.a);
    if (sides.mode === 'traces' && sides.b !== '')
      params.set('b', parseTraceId(sides.b) ?? sides.b);
    if (params.size < (sides.mode === 'traces' ? 2 : 1)) params.set('mode', sides.mode);
  }
  if (sides.measure !== 'critical') params.set('by', sides.measure);
  if (sides.find !== '') params.set('find', sides.find);
  if (sides.frame !== '') params.set('frame', sides.frame);
  const zoom = windowText(sides.window);
  if (zoom !== '') params.set('zoom', zoom);
  if (sides.rows !== 'ranked') params.set('rows', sides.rows);
  writeShown(sides.shown, params);
  return params.size === 0 ? '/compare' : `/compare?${params}`;
}

/** What keeps the sides from being compared, in words; empty if nothing does. */
export function problemOf(sides: Sides): string {
  if (sides.mode === 'populations') {
    const same = JSON.stringify(sides.askedA) === JSON.stringify(sides.askedB);
    return same ? 'Give A and B different queries or times.' : '';
  }
  if (sides.a.trim() === '') return 'Give the ID of a trace.';
  if (parseTraceId(sides.a) === null) return `“${sides.a}” is no trace ID.`;
  if (sides.mode === 'kind') return '';
  if (sides.b.trim() === '') return 'Give the ID of a second trace.';
  return parseTraceId(sides.b) === null ? `“${sides.b}” is no trace ID.` : '';
}

const kHourUs = 3600 * 1_000_000;
const kMinuteUs = 60 * 1_000_000;

/** The traces that began as this one did, in the hour up to it. Undefined if it has no span. */
export function kindOf({ tree, oldestUs }: Population): Asked | undefined {
  let root = -1;
  for (let i = 0; i < tree.count; i = at(tree.end, i)) {
    // The root proper, not a part whose parent is missing, if there is one.
    if (root < 0 || (at(tree.orphans, root) > 0 && at(tree.orphans, i) === 0)) root = i;
  }
  if (root < 0) return undefined;
  const service = at(tree.service, root);
  const name = at(tree.name, root);
  const begins = [
    operationTerm(service, name, at(tree.kind, root)),
    ...(service === '' ? [] : [`rootServiceName = ${quoted(service)}`]),
    ...(name === '' ? [] : [`rootName = ${quoted(name)}`]),
  ];
  return {
    ...kAll,
    q: `{ ${begins.join(' && ')} }`,
    range: 'custom',
    startUs: oldestUs - kHourUs,
    endUs: oldestUs + kMinuteUs,
  };
}
