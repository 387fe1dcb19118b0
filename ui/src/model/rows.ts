// Which spans are drawn: all but the descendants of what is collapsed. One byte a span says whether
// it is collapsed, one integer a row which span it shows; no object per row.
import { at, type TraceModel } from './trace';

export type Collapsed = Uint8Array;

export function nothingCollapsed(model: TraceModel): Collapsed {
  return new Uint8Array(model.order.length);
}

export function everythingCollapsed(model: TraceModel): Collapsed {
  return Uint8Array.from(model.parent, (_, span) => (descendantCount(model, span) > 0 ? 1 : 0));
}

/** The spans of the visible rows, top to bottom. */
export function visibleRows(model: TraceModel, collapsed: Collapsed): Int32Array {
  const rows = new Int32Array(model.order.length);
  let count = 0;
  let place = 0;
  while (place < model.order.length) {
    const span = at(model.order, place);
    rows[count++] = span;
    place = collapsed[span] ? at(model.subtreeEnd, place) : place + 1;
  }
  return rows.subarray(0, count);
}

export function withCollapsed(collapsed: Collapsed, span: number, value: boolean): Collapsed {
  const next = collapsed.slice();
  next[span] = value ? 1 : 0;
  return next;
}

/** Opens every ancestor of `span`, so that it has a row. The same array if nothing had to open. */
export function revealed(model: TraceModel, collapsed: Collapsed, span: number): Collapsed {
  let next = collapsed;
  for (let up = at(model.parent, span); up !== -1; up = at(model.parent, up)) {
    if (!next[up]) continue;
    if (next === collapsed) next = collapsed.slice();
    next[up] = 0;
  }
  return next;
}

/** All descendants, not only the direct ones. */
export function descendantCount(model: TraceModel, span: number): number {
  const place = at(model.placeOf, span);
  return at(model.subtreeEnd, place) - place - 1;
}

/** How many of the descendants failed. */
export function errorsBelow(model: TraceModel, span: number): number {
  const place = at(model.placeOf, span);
  return at(model.errorsBefore, at(model.subtreeEnd, place)) - at(model.errorsBefore, place + 1);
}

/**
 * The row that shows `span`, or that of the ancestor it is folded into. Rows are in preorder, so a
 * binary search over their places finds it.
 */
export function rowOf(model: TraceModel, rows: Int32Array, span: number): number {
  const wanted = at(model.placeOf, span);
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (at(model.placeOf, at(rows, middle)) <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}
