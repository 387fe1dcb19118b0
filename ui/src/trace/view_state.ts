// What one looks at in a trace, and how keys and clicks change it. Pure, so that tests can press keys.
import type { TraceColumns } from '../model/columns';
import { equalSiblings } from '../model/equal_siblings';
import {
  closedBy,
  descendantCount,
  isGroupLine,
  lineOf,
  linesOf,
  noFolds,
  revealed,
  withApart,
  withClosed,
  type Closing,
  type Folds,
} from '../model/folds';
import { lowerBound } from '../model/trace_facts';
import type { SharedAction, TimeWindow } from './faces';

/** A trace of more spans opens with what tells more than a diagonal: its flame graph, equal siblings folded. */
export const kHugeSpans = 50_000;
/** As close as one can zoom. */
const kLeastTicks = 20;

export interface ViewState {
  readonly columns: TraceColumns;
  readonly folds: Folds;
  /** line → row: the spans that have a line, top to bottom. */
  readonly lines: Uint32Array;
  /** The row the keyboard is at. -1 only in a trace without spans. It has a line unless all are hidden. */
  readonly active: number;
  /** Whether the active span's details are open. */
  readonly detail: boolean;
  readonly window: TimeWindow;
}

export type Action =
  | Exclude<SharedAction, { do: 'find' | 'choose' }>
  | { do: 'move'; by: number }
  | { do: 'first' | 'last' }
  | { do: 'left' | 'right' }
  | { do: 'toggle'; row: number }
  | { do: 'collapseAll' | 'expandAll' }
  /** Opens so many levels and closes all below. */
  | { do: 'levels'; levels: number }
  /** Opens what is closed at the least deep closed level, or closes the deepest open one. */
  | { do: 'openLevel' | 'closeLevel' }
  /** Closes what goes on within one service only. */
  | { do: 'servicesOnly' }
  | { do: 'foldEqual'; on: boolean }
  | { do: 'hideService'; service: number; hidden: boolean }
  | { do: 'hideShorter'; leastTicks: number }
  /** The window half as long, or twice. */
  | { do: 'closer' | 'further' };

/** The view of a freshly opened trace, at `row` with its details open unless it is -1. */
export function firstView(
  columns: TraceColumns,
  row: number,
  folds = firstFolds(columns),
): ViewState {
  const state = {
    columns,
    folds,
    lines: linesOf(columns, folds),
    active: columns.count === 0 ? -1 : 0,
    detail: false,
    window: wholeOf(columns),
  };
  return row === -1 ? state : goTo(state, row, true);
}

export function firstFolds(columns: TraceColumns): Folds {
  const equal = columns.count > kHugeSpans ? equalSiblings(columns) : undefined;
  return { ...noFolds(columns), equal };
}

/** All of the trace's time; a tick at the least. */
export function wholeOf(columns: TraceColumns): TimeWindow {
  return { from: 0, to: Math.max(1, columns.durationTicks) };
}

export function changeView(state: ViewState, action: Action): ViewState {
  const { folds } = state;
  if (state.active === -1) return state;
  switch (action.do) {
    case 'move':
      return toLine(state, lineOf(state.lines, state.active) + action.by);
    case 'first':
      return toLine(state, 0);
    case 'last':
      return toLine(state, state.lines.length - 1);
    case 'left':
      return left(state);
    case 'right':
      return right(state);
    case 'toggle':
      return toggle(state, action.row);
    case 'goTo':
      return goTo(state, action.row, action.detail ?? state.detail);
    case 'collapseAll':
      return close(state, 1);
    case 'expandAll':
      return close(state, 0);
    case 'levels':
      return close(state, action.levels);
    case 'openLevel':
    case 'closeLevel':
      return stepLevel(state, action.do === 'openLevel' ? 1 : -1);
    case 'servicesOnly':
      return close(state, 'services');
    case 'foldEqual':
      return foldEqual(state, action.on);
    case 'hideService': {
      const hidden = folds.hidden.slice();
      hidden[action.service] = action.hidden ? 1 : 0;
      return fold(state, { ...folds, hidden });
    }
    case 'hideShorter':
      return fold(state, { ...folds, leastTicks: action.leastTicks });
    case 'openDetail':
      return { ...state, detail: true };
    case 'closeDetail':
      return { ...state, detail: false };
    default:
      return { ...state, window: changedWindow(state, action) };
  }
}

type WindowAction = Extract<
  Action,
  { do: 'window' | 'zoom' | 'pan' | 'wholeTrace' | 'closer' | 'further' }
>;

function changedWindow(state: ViewState, action: WindowAction): TimeWindow {
  const { from, to } = state.window;
  switch (action.do) {
    case 'window':
      return fitted(state.columns, action.window.from, action.window.to);
    case 'wholeTrace':
      return wholeOf(state.columns);
    case 'pan': {
      const whole = wholeOf(state.columns);
      const by = Math.round(action.by * (to - from));
      const most = Math.max(whole.to - to, 0);
      const kept = Math.max(-from, Math.min(most, by));
      return { from: from + kept, to: to + kept };
    }
    case 'zoom':
      return zoomed(state, action.by, action.around);
    case 'closer':
    case 'further':
      return zoomed(state, action.do === 'closer' ? 0.5 : 2, (from + to) / 2);
  }
}

function zoomed({ columns, window }: ViewState, by: number, around: number): TimeWindow {
  const { from, to } = window;
  const length = Math.max(kLeastTicks, (to - from) * by);
  const part = (around - from) / (to - from);
  return fitted(columns, around - part * length, around + (1 - part) * length);
}

/** The nearest window of whole ticks within the trace, not shorter than one can see. */
function fitted(columns: TraceColumns, from: number, to: number): TimeWindow {
  const whole = wholeOf(columns);
  const length = Math.min(whole.to, Math.max(kLeastTicks, Math.round(to - from)));
  const begin = Math.max(0, Math.min(whole.to - length, Math.round(from)));
  return { from: begin, to: begin + length };
}

/** The member of `rows`, which ascend, that follows or precedes the active row, around the end; -1 if none. */
export function nextOf(state: ViewState, rows: Uint32Array, step: 1 | -1): number {
  if (rows.length === 0 || state.active === -1) return -1;
  if (step === 1) return rows[lowerBound(rows, state.active + 1) % rows.length]!;
  return rows[(lowerBound(rows, state.active) + rows.length - 1) % rows.length]!;
}

/** Whether something is below a line, and whether that is shown. */
export function foldingOf({ columns, folds }: ViewState, row: number): 'leaf' | 'open' | 'closed' {
  if (isGroupLine(folds, row)) return 'closed';
  if (descendantCount(columns, row) === 0) return 'leaf';
  return folds.closed[row] === 1 ? 'closed' : 'open';
}

function toLine(state: ViewState, line: number): ViewState {
  if (state.lines.length === 0) return state;
  const kept = Math.max(0, Math.min(state.lines.length - 1, line));
  return { ...state, active: state.lines[kept]! };
}

function left(state: ViewState): ViewState {
  const { columns, folds, active } = state;
  if (foldingOf(state, active) === 'open') return fold(state, withClosed(folds, active, true));
  const isMember = folds.equal !== undefined && folds.apart[active] === 1;
  if (isMember) {
    const first = folds.equal!.first[active]!;
    return fold({ ...state, active: first }, withApart(folds, active, false));
  }
  const up = columns.parent[active]!;
  return up === -1 ? state : { ...state, active: state.lines[lineOf(state.lines, up)]! };
}

function right(state: ViewState): ViewState {
  const folding = foldingOf(state, state.active);
  if (folding === 'closed') return toggle(state, state.active);
  if (folding === 'leaf') return state;
  const line = lineOf(state.lines, state.active) + 1;
  const below = state.lines[line];
  const isBelow = below !== undefined && below < state.columns.subtreeEnd[state.active]!;
  return isBelow ? toLine(state, line) : state;
}

function toggle(state: ViewState, row: number): ViewState {
  const { folds } = state;
  if (isGroupLine(folds, row)) return fold(state, withApart(folds, row, true));
  return fold(state, withClosed(folds, row, folds.closed[row] === 0));
}

function foldEqual(state: ViewState, on: boolean): ViewState {
  const { columns, folds } = state;
  return fold(state, {
    ...folds,
    equal: on ? (folds.equal ?? equalSiblings(columns)) : undefined,
    apart: new Uint8Array(columns.count),
  });
}

function close(state: ViewState, closing: Closing): ViewState {
  const closed = closedBy(state.columns, closing);
  return fold(state, { ...state.folds, closing, closed });
}

/** One level more or less than what is open now. */
function stepLevel(state: ViewState, by: 1 | -1): ViewState {
  const { columns } = state;
  let levels = 0; // of what is open at the most
  let deepest = 0;
  for (let row = 0; row < columns.count; row++) {
    const depth = columns.depth[row]!;
    if (depth >= deepest) deepest = depth + 1;
  }
  for (const row of state.lines) {
    const depth = columns.depth[row]!;
    if (depth >= levels) levels = depth + 1;
  }
  const wanted = Math.max(1, Math.min(deepest, levels + by));
  return close(state, wanted);
}

function goTo(state: ViewState, row: number, detail: boolean): ViewState {
  if (row < 0 || row >= state.columns.count) return state;
  const folds = revealed(state.columns, state.folds, row);
  const lines = folds === state.folds ? state.lines : linesOf(state.columns, folds);
  return { ...state, folds, lines, active: row, detail, window: including(state, row) };
}

/** The window, moved if the span lies outside of it. */
function including({ columns, window }: ViewState, row: number): TimeWindow {
  const start = columns.start[row]!;
  const end = start + columns.duration[row]!;
  if (start <= window.to && end >= window.from) return window;
  const length = window.to - window.from;
  const from = start - Math.floor(length / 10);
  return fitted(columns, from, from + length);
}

/** Changes what has a line; if the active row has none then, the nearest that stands above takes over. */
function fold(state: ViewState, folds: Folds): ViewState {
  const lines = linesOf(state.columns, folds);
  let active = state.active;
  if (folds.equal && folds.apart[active] === 0) active = folds.equal.first[active]!;
  if (lines.length > 0) active = lines[lineOf(lines, active)]!;
  return { ...state, folds, lines, active };
}
