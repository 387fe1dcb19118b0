// Which spans say the same beside one another: children of one parent (or roots) with one operation. Lists linked
// through arrays: a parent may have a million such children.
import type { TraceColumns } from './columns';

/** Fewer stay apart: a fold that saves a line or two only hides something. */
export const kLeastEqual = 3;

export interface EqualSiblings {
  /** row → the first of its group; the row itself if it is in none. */
  readonly first: Uint32Array;
  /** row → the next of its group; -1 for the last one and for what is in none. */
  readonly next: Int32Array;
}

/** Linear. */
export function equalSiblings(columns: TraceColumns): EqualSiblings {
  const { count, operation, subtreeEnd } = columns;
  const first = new Uint32Array(count);
  const next = new Int32Array(count).fill(-1);
  const operations = columns.operations.name.length;
  const seen: Seen = {
    parent: new Int32Array(operations).fill(-2),
    last: new Uint32Array(operations),
    size: new Uint32Array(operations),
  };
  const link = (parent: number, begin: number, end: number) => {
    for (let row = begin; row < end; row = subtreeEnd[row]!) {
      const own = operation[row]!;
      first[row] = row;
      if (seen.parent[own] !== parent) {
        seen.parent[own] = parent;
        seen.size[own] = 1;
      } else {
        first[row] = first[seen.last[own]!]!;
        next[seen.last[own]!] = row;
        seen.size[own]!++;
      }
      seen.last[own] = row;
    }
    for (let row = begin; row < end; row = subtreeEnd[row]!) {
      if (seen.size[operation[row]!]! >= kLeastEqual) continue;
      first[row] = row;
      next[row] = -1;
    }
  };
  link(-1, 0, count);
  for (let row = 0; row < count; row++) link(row, row + 1, subtreeEnd[row]!);
  return { first, next };
}

/** What is known of an operation below the parent at hand. */
interface Seen {
  readonly parent: Int32Array;
  readonly last: Uint32Array;
  readonly size: Uint32Array;
}

/** The rows of the group that `row` is in, ascending. */
export function groupOf(equal: EqualSiblings, row: number): number[] {
  const rows: number[] = [];
  for (let member = equal.first[row]!; member !== -1; member = equal.next[member]!) {
    rows.push(member);
  }
  return rows;
}
