// Traces as columns where a test is about when spans ran and how they nest: a line for each span, in preorder.
import type { TraceColumns } from './columns';
import { ColumnsMaker, dice } from './columns_maker';

/** Depth, start, end, "service name", and Flag bits if any. */
export type BriefSpan = readonly [
  depth: number,
  start: number,
  end: number,
  operation: string,
  flags?: number,
];

export function briefColumns(...spans: readonly BriefSpan[]): TraceColumns {
  const maker = new ColumnsMaker();
  for (const [depth, start, end, operation, flags] of spans) {
    const [service = '', ...name] = operation.split(' ');
    maker.add(depth, maker.operation(service, name.join(' ')), start, end - start, flags);
  }
  return maker.columns();
}

/** A tree of up to 40 spans of 4 operations; some begin before their parents or go on after them. */
export function randomColumns(seed: number): TraceColumns {
  const below = dice(seed);
  const lastStart: number[] = []; // depth → where the last span there began
  return briefColumns(
    ...Array.from({ length: 1 + below(40) }, (_, i): BriefSpan => {
      const depth = i === 0 ? 0 : 1 + below(Math.min(lastStart.length, 6));
      const sibling = lastStart[depth];
      const start =
        sibling === undefined
          ? Math.max(0, (lastStart[depth - 1] ?? 0) + below(12) - 4)
          : sibling + below(12);
      lastStart.length = depth;
      lastStart.push(start);
      const end = start + (i === 0 ? 50 : below(40));
      return [depth, start, end, `s ${below(4)}`, below(8) === 0 ? 1 : 0];
    }),
  );
}

/** Many spans, a tick each and one after the other, but for those that have others below them: they last to the end. */
export function manyColumns(count: number, depthOf: (row: number) => number): TraceColumns {
  const maker = new ColumnsMaker();
  const operation = maker.operation('s', 'x');
  const isChain = depthOf(count - 1) === count - 1;
  for (let row = 0; row < count; row++) {
    const lasts = row === 0 || isChain ? 4 * count - 2 * row : 1;
    maker.add(depthOf(row), operation, row, lasts);
  }
  return maker.columns();
}
