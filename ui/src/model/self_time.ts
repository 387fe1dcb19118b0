import type { TraceColumns } from './columns';

/** row → ticks in which none of its children ran: its duration without the union of what they share with it. */
export function selfTicks(columns: TraceColumns): Uint32Array {
  const { start, duration, subtreeEnd } = columns;
  const self = new Uint32Array(columns.count);
  for (let row = 0; row < columns.count; row++) {
    const end = start[row]! + duration[row]!;
    let alone = 0;
    let covered = start[row]!; // all before it is accounted for
    for (let child = row + 1; child < subtreeEnd[row]!; child = subtreeEnd[child]!) {
      const from = Math.min(end, start[child]!);
      if (from > covered) alone += from - covered;
      covered = Math.max(covered, start[child]! + duration[child]!);
    }
    self[row] = alone + Math.max(0, end - covered);
  }
  return self;
}
