// What lies in a pixel of a picture: by the same rule as it was drawn.
import type { TraceColumns } from '../model/columns';
import { isGroupLine, type Folds } from '../model/folds';
import { lineAt, type RasterView } from './view';

export interface Hit {
  /** The topmost. */
  readonly row: number;
  readonly line: number;
  /** Spans in the same pixel, besides. */
  readonly others: number;
}

/** Undefined where no span is. `x` and `y` are pixels of the picture. */
export function hitAt(
  { columns, folds, lines }: { columns: TraceColumns; folds: Folds; lines: Uint32Array },
  view: RasterView,
  x: number,
  y: number,
): Hit | undefined {
  const begin = lineAt(y + view.top, view.lineHeight);
  const next = view.lineHeight >= 1 ? begin + 1 : lineAt(y + view.top + 1, view.lineHeight);
  const end = Math.min(lines.length, Math.max(next, begin + 1));
  let row = -1;
  let line = -1;
  let found = 0;
  for (let i = end - 1; i >= begin; i--) {
    const first = lines[i]!;
    const next = isGroupLine(folds, first) ? folds.equal!.next : undefined;
    for (let member = first; member !== -1; member = next ? next[member]! : -1) {
      if (!isAt(columns, view, member, x)) continue;
      if (found++ === 0) [row, line] = [member, i];
    }
  }
  return found === 0 ? undefined : { row, line, others: found - 1 };
}

function isAt(columns: TraceColumns, { from, to, width }: RasterView, row: number, x: number) {
  const start = columns.start[row]!;
  const stop = start + columns.duration[row]!;
  if (start >= to || (stop <= from && start < from)) return false;
  const begin = Math.max(0, Math.floor(((start - from) * width) / (to - from)));
  const end = Math.ceil(((stop - from) * width) / (to - from));
  return x >= begin && x < Math.max(end, begin + 1);
}
