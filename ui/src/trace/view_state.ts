// What one looks at in a trace, and how keys and clicks change it. Pure, so that tests can press keys.
import { at, type TraceModel } from '../model/trace';
import {
  descendantCount,
  everythingCollapsed,
  nothingCollapsed,
  revealed,
  rowOf,
  visibleRows,
  withCollapsed,
  type Collapsed,
} from '../model/rows';

export interface ViewState {
  readonly model: TraceModel;
  readonly collapsed: Collapsed;
  /** The spans that have a row, top to bottom. */
  readonly rows: Int32Array;
  /** The span the keyboard is at; it always has a row. -1 only in a trace without spans. */
  readonly active: number;
  /** Whether the active span's details are open. */
  readonly detail: boolean;
}

export type Action =
  | { do: 'move'; by: number }
  | { do: 'first' | 'last' }
  | { do: 'left' | 'right' }
  | { do: 'toggle'; span: number }
  | { do: 'goTo'; span: number; detail?: boolean }
  | { do: 'collapseAll' | 'expandAll' }
  | { do: 'openDetail' | 'closeDetail' };

/** The view of a freshly opened trace, at `span` with its details open unless it is -1. */
export function firstView(model: TraceModel, span: number): ViewState {
  const collapsed = nothingCollapsed(model);
  return {
    model,
    collapsed,
    rows: visibleRows(model, collapsed),
    active: span !== -1 ? span : (model.order[0] ?? -1),
    detail: span !== -1,
  };
}

export function changeView(state: ViewState, action: Action): ViewState {
  if (state.active === -1) return state;
  switch (action.do) {
    case 'move':
      return toRow(state, rowOf(state.model, state.rows, state.active) + action.by);
    case 'first':
      return toRow(state, 0);
    case 'last':
      return toRow(state, state.rows.length - 1);
    case 'left':
      return left(state);
    case 'right':
      return right(state);
    case 'toggle':
      return fold(
        state,
        withCollapsed(state.collapsed, action.span, !state.collapsed[action.span]),
      );
    case 'goTo':
      return goTo(state, action.span, action.detail ?? state.detail);
    case 'collapseAll':
      return fold(state, everythingCollapsed(state.model));
    case 'expandAll':
      return fold(state, nothingCollapsed(state.model));
    case 'openDetail':
      return { ...state, detail: true };
    case 'closeDetail':
      return { ...state, detail: false };
  }
}

/** The member of `spans` (in row order) that follows or precedes the active span, around the end. */
export function nextOf(state: ViewState, spans: Int32Array, step: 1 | -1): number {
  if (spans.length === 0 || state.active === -1) return -1;
  const here = at(state.model.placeOf, state.active);
  const place = (span: number) => at(state.model.placeOf, span);
  if (step === 1) return spans.find(span => place(span) > here) ?? at(spans, 0);
  return spans.findLast(span => place(span) < here) ?? at(spans, spans.length - 1);
}

function toRow(state: ViewState, row: number): ViewState {
  const kept = Math.max(0, Math.min(state.rows.length - 1, row));
  return { ...state, active: at(state.rows, kept) };
}

function left(state: ViewState): ViewState {
  const { model, collapsed, active } = state;
  if (descendantCount(model, active) > 0 && !collapsed[active]) {
    return fold(state, withCollapsed(collapsed, active, true));
  }
  const up = at(model.parent, active);
  return up === -1 ? state : { ...state, active: up };
}

function right(state: ViewState): ViewState {
  const { model, collapsed, active } = state;
  if (descendantCount(model, active) === 0) return state;
  if (collapsed[active]) return fold(state, withCollapsed(collapsed, active, false));
  return { ...state, active: at(model.order, at(model.placeOf, active) + 1) };
}

function goTo(state: ViewState, span: number, detail: boolean): ViewState {
  if (span < 0) return state;
  const collapsed = revealed(state.model, state.collapsed, span);
  const rows = collapsed === state.collapsed ? state.rows : visibleRows(state.model, collapsed);
  return { ...state, collapsed, rows, active: span, detail };
}

/** Changes what is collapsed; if that hides the active span, its nearest visible ancestor takes over. */
function fold(state: ViewState, collapsed: Collapsed): ViewState {
  const rows = visibleRows(state.model, collapsed);
  const active = at(rows, rowOf(state.model, rows, state.active));
  return { ...state, collapsed, rows, active };
}
