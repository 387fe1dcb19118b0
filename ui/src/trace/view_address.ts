// The part of a trace's address that says how it is looked at: what is folded, the time zoomed to, the active row.
// Only what differs from a freshly opened trace is written, and rows as few digits, so that links stay short.
import type { TraceColumns } from '../model/columns';
import { equalSiblings } from '../model/equal_siblings';
import { closedBy, lineOf, type Closing, type Folds } from '../model/folds';
import type { TimeWindow } from './faces';
import {
  changeView,
  firstFolds,
  firstView,
  kHugeSpans,
  wholeOf,
  type ViewState,
} from './view_state';

/** Of the branches opened and closed one by one; servers refuse addresses that are much longer. */
const kMostRowsText = 1500;

/** The view an address asks for, at `linkedRow` with its details open unless it is -1. */
export function viewFrom(
  columns: TraceColumns,
  linkedRow: number,
  params: URLSearchParams,
): ViewState {
  let state = firstView(columns, linkedRow, readFolds(columns, params));
  const row = Number(params.get('row') ?? NaN);
  if (linkedRow === -1 && row >= 0 && row < columns.count && state.lines.length > 0) {
    state = { ...state, active: state.lines[lineOf(state.lines, row)]! };
  }
  const window = readZoom(columns, params.get('zoom') ?? '');
  return window ? changeView(state, { do: 'window', window }) : state;
}

/** Writes the time zoomed to, and the active row unless its details are open: then the address names the span. */
export function writePlace(state: ViewState, params: URLSearchParams): void {
  const { columns, window, lines, active, detail } = state;
  const whole = wholeOf(columns);
  if (window.from !== whole.from || window.to !== whole.to) {
    params.set('zoom', `${usText(columns, window.from)}-${usText(columns, window.to)}`);
  }
  if (!detail && lines.length > 0 && active !== lines[0]) params.set('row', String(active));
}

/** What of the folds an address says. */
export interface FoldsAddress {
  readonly params: URLSearchParams;
  /** False: so many branches were opened or closed one by one that an address cannot hold them. */
  readonly complete: boolean;
}

export function foldsAddress(columns: TraceColumns, folds: Folds): FoldsAddress {
  const params = new URLSearchParams();
  if (folds.closing !== 0) params.set('levels', String(folds.closing));
  const isEqual = folds.equal !== undefined;
  if (isEqual !== columns.count > kHugeSpans) params.set('equal', String(isEqual));
  folds.hidden.forEach((hidden, service) => {
    if (hidden === 1) params.append('hide', columns.services[service] ?? '');
  });
  if (folds.leastTicks > 0) params.set('least', usText(columns, folds.leastTicks));
  const turned = turnedText(columns, folds);
  const { equal, apart } = folds;
  const groups =
    equal && apart.includes(1)
      ? rowsText(columns.count, row => apart[row] === 1 && equal.first[row] === row)
      : '';
  const complete = turned.length + groups.length <= kMostRowsText;
  if (complete && turned !== '') params.set('turned', turned);
  if (complete && groups !== '') params.set('apart', groups);
  return { params, complete };
}

/** The rows that are not as `closing` left them. */
function turnedText(columns: TraceColumns, { closing, closed }: Folds): string {
  // Of a million rows this takes no time, and it is how a trace opens.
  if (closing === 0 && !closed.includes(1)) return '';
  const base = closedBy(columns, closing);
  return rowsText(columns.count, row => closed[row] !== base[row]);
}

function readFolds(columns: TraceColumns, params: URLSearchParams): Folds {
  const usual = firstFolds(columns);
  const closing = readClosing(params.get('levels'));
  const closed = closedBy(columns, closing);
  for (const row of readRows(columns.count, params.get('turned') ?? '')) closed[row]! ^= 1;
  const wantsEqual = params.get('equal') ?? String(usual.equal !== undefined);
  const equal = wantsEqual === 'true' ? (usual.equal ?? equalSiblings(columns)) : undefined;
  const apart = usual.apart.slice();
  for (const first of equal ? readRows(columns.count, params.get('apart') ?? '') : []) {
    for (let row = first; row !== -1; row = equal!.next[row]!) apart[row] = 1;
  }
  const hiddenNames = new Set(params.getAll('hide'));
  const hidden = Uint8Array.from(columns.services, name => Number(hiddenNames.has(name)));
  const leastTicks = readUs(columns, params.get('least') ?? '') ?? 0;
  return { closing, closed, equal, apart, hidden, leastTicks };
}

function readClosing(text: string | null): Closing {
  if (text === 'services') return text;
  return /^\d{1,7}$/.test(text ?? '') ? Number(text) : 0;
}

/** Microseconds: how long a tick is depends on the trace. */
function usText(columns: TraceColumns, ticks: number): string {
  return String(Number(((ticks * columns.tickNs) / 1000).toFixed(3)));
}

/** Ticks; undefined for what is no number. */
function readUs(columns: TraceColumns, text: string): number | undefined {
  if (!/^\d{1,15}(\.\d{1,3})?$/.test(text)) return undefined;
  return Math.round((Number(text) * 1000) / columns.tickNs);
}

function readZoom(columns: TraceColumns, text: string): TimeWindow | undefined {
  const [from, to] = text.split('-').map(part => readUs(columns, part));
  return from === undefined || to === undefined || from >= to ? undefined : { from, to };
}

/**
 * Rows for which `has` holds, in base 36: the number of all rows, then how many rows to skip, and behind a dash how many
 * follow each other if it is not one: `9.2.1-3` are rows 2, 4, 5 and 6 of 9. Empty for none.
 */
function rowsText(count: number, has: (row: number) => boolean): string {
  let text = '';
  let skipped = 0;
  for (let row = 0; row < count && text.length <= kMostRowsText; row++) {
    if (!has(row)) {
      skipped++;
      continue;
    }
    const first = row;
    while (row + 1 < count && has(row + 1)) row++;
    const length = row + 1 - first;
    text += `.${skipped.toString(36)}${length === 1 ? '' : `-${length.toString(36)}`}`;
    skipped = 0;
  }
  return text === '' ? '' : count.toString(36) + text;
}

/** Empty if the trace has grown since: the rows are others now. */
function readRows(count: number, text: string): number[] {
  if (!/^[0-9a-z]{1,6}(\.[0-9a-z]{1,6}(-[0-9a-z]{1,6})?)+$/.test(text)) return [];
  const [whole = '', ...runs] = text.split('.');
  if (parseInt(whole, 36) !== count) return [];
  const rows: number[] = [];
  let row = 0;
  for (const run of runs) {
    const [skipped = '0', length = '1'] = run.split('-');
    row += parseInt(skipped, 36);
    const end = Math.min(count, row + parseInt(length, 36));
    while (row < end) rows.push(row++);
  }
  return rows;
}
