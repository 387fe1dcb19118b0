// What is in a group of equal siblings: counted when its line is first drawn, since a group may hold a million.
import type { TraceColumns } from './columns';
import type { EqualSiblings } from './equal_siblings';
import { countWithin } from './trace_facts';

export interface GroupFacts {
  readonly size: number;
  /** Among the members and all below them. */
  readonly errors: number;
}

const known = new WeakMap<EqualSiblings, Map<number, GroupFacts>>();

/** `row` is the first of its group; `failed` are the rows that failed. */
export function groupFacts(
  columns: TraceColumns,
  equal: EqualSiblings,
  failed: Uint32Array,
  row: number,
): GroupFacts {
  const groups = known.get(equal) ?? new Map<number, GroupFacts>();
  known.set(equal, groups);
  let facts = groups.get(row);
  if (!facts) {
    let size = 0;
    let errors = 0;
    for (let member = row; member !== -1; member = equal.next[member]!) {
      size++;
      errors += countWithin(failed, member, columns.subtreeEnd[member]!);
    }
    facts = { size, errors };
    groups.set(row, facts);
  }
  return facts;
}
