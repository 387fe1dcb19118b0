// The critical path of a trace: what its duration was made of. Defined as Jaeger's UI and Uber's CRISP do: walk
// back from the end of the root; a span's time until its last child ended is its own, then comes that child, then
// what the span did, or which child ended last, before that child began.
import { Flag, type TraceColumns } from './columns';
import { sortRows } from './sort_rows';
import type { Stretches } from './stretches';

/**
 * Pieces of the path in order of time, without gap or overlap from the start to the end of the root: in piece i
 * span `row[i]` kept the trace from ending, from tick `from[i]` to tick `to[i]`. No piece is empty.
 */
export interface CriticalPath {
  /** The span whose time this explains; -1 in a trace without spans. */
  readonly root: number;
  readonly row: Uint32Array;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
}

/**
 * The path through `root` and its descendants, which is mainRoot() unless said.
 *
 * A child counts with the time it shares with its parent: what it did before the parent began or after it ended,
 * because it ran on its own or its clock differs, did not keep the parent; one that shares nothing is left out with
 * all below it. Orphans of that tree are not looked at: nobody knows who waited for them. Of two children that ended
 * in the same tick, the one further down in preorder is the last.
 */
export function criticalPath(columns: TraceColumns, root = mainRoot(columns)): CriticalPath {
  const pieces = new Pieces();
  if (root !== -1) walkBack(columns, root, pieces);
  return { root, ...pieces.inOrder() };
}

/** The longest root; of those whose parent is missing only if there is no other. -1 without spans. */
export function mainRoot(columns: TraceColumns): number {
  const { duration, flags, subtreeEnd } = columns;
  let best = -1;
  for (let row = 0; row < columns.count; row = subtreeEnd[row]!) {
    if (best === -1) {
      best = row;
      continue;
    }
    const orphan = flags[row]! & Flag.orphan;
    const bestOrphan = flags[best]! & Flag.orphan;
    const better = orphan === bestOrphan ? duration[row]! > duration[best]! : orphan < bestOrphan;
    if (better) best = row;
  }
  return best;
}

/** row → ticks of it on the path. */
export function ticksOnPath(path: CriticalPath, count: number): Uint32Array {
  const ticks = new Uint32Array(count);
  for (let i = 0; i < path.row.length; i++) ticks[path.row[i]!]! += path.to[i]! - path.from[i]!;
  return ticks;
}

/** The pieces of a path, those of a row together: of row r from place `first[r]` on, in order of time. */
export interface PathByRow {
  readonly first: Uint32Array;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
}

export function pathByRow(path: CriticalPath, count: number): PathByRow {
  const pieces = path.row.length;
  const first = new Uint32Array(count + 1);
  for (let i = 0; i < pieces; i++) first[path.row[i]! + 1]!++;
  for (let row = 0; row < count; row++) first[row + 1]! += first[row]!;
  const next = first.slice();
  const from = new Uint32Array(pieces);
  const to = new Uint32Array(pieces);
  for (let i = 0; i < pieces; i++) {
    const place = next[path.row[i]!]!++;
    from[place] = path.from[i]!;
    to[place] = path.to[i]!;
  }
  return { first, from, to };
}

/** The pieces of one row. */
export function piecesOf({ first, from, to }: PathByRow, row: number): Stretches {
  const [begin, end] = [first[row]!, first[row + 1]!];
  return { from: from.subarray(begin, end), to: to.subarray(begin, end) };
}

/** The failed spans that no failed descendant explains, in preorder: where errors began. */
export function errorRoots(columns: TraceColumns): Uint32Array {
  const { flags, subtreeEnd } = columns;
  const roots: number[] = [];
  let nextError = columns.count;
  for (let row = columns.count - 1; row >= 0; row--) {
    if ((flags[row]! & Flag.error) === 0) continue;
    if (nextError >= subtreeEnd[row]!) roots.push(row);
    nextError = row;
  }
  return Uint32Array.from(roots).reverse();
}

/** Rows further up are finished after those they wait for, so the walk is a stack of spans begun. */
function walkBack(columns: TraceColumns, root: number, pieces: Pieces): void {
  const { start, duration, subtreeEnd } = columns;
  const clippedEnd = new Uint32Array(columns.count);
  // The children of all spans begun, each's after those of its parent, in order of their ends.
  const waiting = new Uint32Array(columns.count);
  let waitingCount = 0;
  // One frame for each span begun: its row, where it starts once clipped, where its children begin in `waiting`.
  const frames: { row: number[]; from: number[]; children: number[] } = {
    row: [],
    from: [],
    children: [],
  };

  const begin = (row: number, from: number, to: number) => {
    const firstChild = waitingCount;
    for (let child = row + 1; child < subtreeEnd[row]!; child = subtreeEnd[child]!) {
      const end = Math.min(to, start[child]! + duration[child]!);
      if (end < from || start[child]! > to) continue;
      clippedEnd[child] = end;
      waiting[waitingCount++] = child;
    }
    sortRows(waiting.subarray(firstChild, waitingCount), clippedEnd);
    frames.row.push(row);
    frames.from.push(from);
    frames.children.push(firstChild);
  };

  let now = start[root]! + duration[root]!;
  begin(root, start[root]!, now);
  while (frames.row.length > 0) {
    const top = frames.row.length - 1;
    const row = frames.row[top]!;
    const from = frames.from[top]!;
    // Children that ended later ran beside the one the path came from.
    while (waitingCount > frames.children[top]! && clippedEnd[waiting[waitingCount - 1]!]! > now) {
      waitingCount--;
    }
    if (waitingCount > frames.children[top]!) {
      const child = waiting[--waitingCount]!;
      pieces.add(row, clippedEnd[child]!, now);
      now = clippedEnd[child]!;
      begin(child, Math.max(from, start[child]!), now);
      continue;
    }
    pieces.add(row, from, now);
    now = from;
    frames.row.pop();
    frames.from.pop();
    frames.children.pop();
  }
}

/** Pieces as the walk finds them: the last first. */
class Pieces {
  private readonly row: number[] = [];
  private readonly from: number[] = [];
  private readonly to: number[] = [];

  add(row: number, from: number, to: number): void {
    if (from >= to) return;
    this.row.push(row);
    this.from.push(from);
    this.to.push(to);
  }

  inOrder(): Pick<CriticalPath, 'row' | 'from' | 'to'> {
    return {
      row: Uint32Array.from(this.row).reverse(),
      from: Uint32Array.from(this.from).reverse(),
      to: Uint32Array.from(this.to).reverse(),
    };
  }
}
