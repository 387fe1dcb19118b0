// A trace with all its spans, as the columns that the faces of a trace are drawn from.
import type { Span, Trace } from '../api/types';
import { Flag, kKinds, type TraceColumns } from '../model/columns';

/** Columns of a trace and, for each row, its place in `trace.spans`. */
export interface PlacedColumns {
  columns: TraceColumns;
  /** row → place in `trace.spans` */
  spanOf: Uint32Array;
}

/** Ticks fit 31 bits. */
const kMostTicks = 2 ** 31 - 1;

export function columnsOfTrace(trace: Trace): PlacedColumns {
  const { spans } = trace;
  const count = spans.length;
  const tree = treeOf(spans);
  const tickNs = tickOf(trace.durationNs);
  const names = new Texts();
  const services = new Texts();
  const operations = new Texts();
  const operationParts: [number, number, number][] = [];
  const columns = {
    start: new Uint32Array(count),
    duration: new Uint32Array(count),
    depth: new Uint32Array(count),
    parent: new Int32Array(count).fill(-1),
    subtreeEnd: new Uint32Array(count),
    operation: new Uint32Array(count),
    flags: new Uint8Array(count),
  };
  const spanOf = new Uint32Array(count);
  // Depth first without recursion: traces are deep. Each entry is a span and its parent's row.
  const open: number[] = [];
  const waiting = tree.roots.reverse().map(span => [span, -1] as [number, number]);
  let row = 0;
  const close = (depth: number) => {
    for (const done of open.splice(depth)) columns.subtreeEnd[done] = row;
  };
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [place, parentRow] = next;
    const span = spans[place];
    if (!span) continue;
    const depth = parentRow < 0 ? 0 : (columns.depth[parentRow] ?? 0) + 1;
    close(depth);
    open[depth] = row;
    const service = services.place(trace.resources[span.resource]?.service ?? '');
    const name = names.place(span.name);
    const kind = kKinds.indexOf(span.kind);
    const operation = operations.place(`${service} ${name} ${kind}`);
    operationParts[operation] = [name, service, kind];
    columns.start[row] = Math.round(span.startNs / tickNs);
    columns.duration[row] = Math.round(span.durationNs / tickNs);
    columns.depth[row] = depth;
    columns.parent[row] = parentRow;
    columns.operation[row] = operation;
    columns.flags[row] =
      (span.status.code === 'error' ? Flag.error : 0) |
      (span.parentId !== '' && parentRow < 0 ? Flag.orphan : 0);
    spanOf[row] = place;
    const children = tree.children.get(place) ?? [];
    for (let i = children.length - 1; i >= 0; i--) waiting.push([children[i] ?? 0, row]);
    row++;
  }
  close(0);
  return {
    columns: {
      traceId: trace.traceId,
      startNs: trace.startNs,
      tickNs,
      durationTicks: Math.round(trace.durationNs / tickNs),
      count: row,
      complete: trace.complete,
      ...columns,
      operations: {
        name: Uint32Array.from(operationParts, ([name]) => name),
        service: Uint32Array.from(operationParts, ([, service]) => service),
        kind: Uint8Array.from(operationParts, ([, , kind]) => kind),
      },
      names: names.all,
      services: services.all,
    },
    spanOf,
  };
}

function tickOf(durationNs: number): number {
  let tickNs = 1;
  while (durationNs / tickNs > kMostTicks) tickNs *= 10;
  return tickNs;
}

/**
 * Children by their parents, in order of start. A span whose parent is not here, or which is its own ancestor, is a
 * root; of spans with one ID the first is the parent of those that name it.
 */
function treeOf(spans: readonly Span[]): { roots: number[]; children: Map<number, number[]> } {
  const places = new Map<string, number>();
  spans.forEach(({ spanId }, place) => {
    if (!places.has(spanId)) places.set(spanId, place);
  });
  const parents = spans.map(({ parentId }, place) => {
    const parent = parentId === '' ? undefined : places.get(parentId);
    return parent === place ? undefined : parent;
  });
  breakCircles(parents);
  const roots: number[] = [];
  const children = new Map<number, number[]>();
  const inOrder = spans.map((_, place) => place);
  inOrder.sort((a, b) => (spans[a]?.startNs ?? 0) - (spans[b]?.startNs ?? 0) || a - b);
  for (const place of inOrder) {
    const parent = parents[place];
    if (parent === undefined) roots.push(place);
    else if (children.has(parent)) children.get(parent)?.push(place);
    else children.set(parent, [place]);
  }
  return { roots, children };
}

/** Takes one link out of each circle, so that every span hangs below a root. */
function breakCircles(parents: (number | undefined)[]): void {
  const done = new Uint8Array(parents.length); // 1: on the way up now, 2: leads to a root
  for (let from = 0; from < parents.length; from++) {
    const path: number[] = [];
    let at: number | undefined = from;
    while (at !== undefined && done[at] === 0) {
      done[at] = 1;
      path.push(at);
      at = parents[at];
    }
    if (at !== undefined && done[at] === 1) parents[at] = undefined;
    for (const place of path) done[place] = 2;
  }
}

class Texts {
  readonly all: string[] = [];
  private readonly places = new Map<string, number>();

  place(text: string): number {
    const known = this.places.get(text);
    if (known !== undefined) return known;
    this.places.set(text, this.all.length);
    return this.all.push(text) - 1;
  }
}
