// Small traces as columns for tests, written as briefly as they can be read.
import type { TraceColumns } from './columns';

/** A span: depth, start, end, "service name", and Flag bits if any. In preorder. */
export type BriefSpan = readonly [
  depth: number,
  start: number,
  end: number,
  operation: string,
  flags?: number,
];

/** A trace of these spans; a tick is a microsecond. */
export function columnsOf(...spans: BriefSpan[]): TraceColumns {
  const operations = [...new Set(spans.map(([, , , operation]) => operation))];
  const services = [...new Set(operations.map(serviceIn))];
  const depth = Uint32Array.from(spans, span => span[0]);
  return {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    startNs: 1_700_000_000_000_000_000n,
    tickNs: 1000,
    durationTicks: Math.max(0, ...spans.map(span => span[2])),
    count: spans.length,
    complete: true,
    start: Uint32Array.from(spans, span => span[1]),
    duration: Uint32Array.from(spans, span => span[2] - span[1]),
    depth,
    ...treeOf(depth),
    operation: Uint32Array.from(spans, span => operations.indexOf(span[3])),
    flags: Uint8Array.from(spans, span => span[4] ?? 0),
    operations: {
      name: Uint32Array.from(operations, (_, i) => i),
      service: Uint32Array.from(operations, name => services.indexOf(serviceIn(name))),
      kind: new Uint8Array(operations.length).fill(1),
    },
    names: operations.map(operation => operation.slice(operation.indexOf(' ') + 1)),
    services,
  };
}

/** A tree of up to 40 spans of 4 operations; some begin before their parents or go on after them. */
export function randomColumns(seed: number): TraceColumns {
  let state = seed;
  const below = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const lastStart: number[] = []; // depth → where the last span there began
  return columnsOf(
    ...Array.from({ length: 1 + below(40) }, (_, i): BriefSpan => {
      const depth = i === 0 ? 0 : 1 + below(Math.min(lastStart.length, 6));
      const sibling = lastStart[depth];
      const start =
        sibling === undefined
          ? Math.max(0, (lastStart[depth - 1] ?? 0) + below(12) - 4)
          : sibling + below(12);
      lastStart.length = depth;
      lastStart.push(start);
      return [
        depth,
        start,
        start + (i === 0 ? 50 : below(40)),
        `s ${below(4)}`,
        below(8) === 0 ? 1 : 0,
      ];
    }),
  );
}

/** Spans one after the other, or each within the one before. */
export function manyColumns(count: number, depthOf: (row: number) => number): TraceColumns {
  const depth = Uint32Array.from({ length: count }, (_, row) => depthOf(row));
  const nested = depth[count - 1] === count - 1;
  return {
    ...columnsOf([0, 0, 4 * count, 's x']),
    count,
    depth,
    ...treeOf(depth),
    start: Uint32Array.from({ length: count }, (_, row) => row),
    duration: Uint32Array.from({ length: count }, (_, row) =>
      row === 0 || nested ? 4 * count - 2 * row : 1,
    ),
    operation: new Uint32Array(count),
    flags: new Uint8Array(count),
  };
}

/** What follows from the depths of spans in preorder. */
export function treeOf(depth: Uint32Array): Pick<TraceColumns, 'parent' | 'subtreeEnd'> {
  const parent = new Int32Array(depth.length);
  const subtreeEnd = new Uint32Array(depth.length).fill(depth.length);
  const open: number[] = []; // depth → the last row there
  depth.forEach((level, row) => {
    for (let closed = level; closed < open.length; closed++) subtreeEnd[open[closed]!] = row;
    open.length = level;
    parent[row] = level === 0 ? -1 : open[level - 1]!;
    open.push(row);
  });
  return { parent, subtreeEnd };
}

function serviceIn(operation: string): string {
  return operation.slice(0, Math.max(0, operation.indexOf(' ')));
}
