// A tree of calls as arrays, a number for each node in each; nodes in preorder. Loops only: paths may be long.
import { ShapeError } from '../api/shape';
import type { SpanKind } from '../api/types';
import { at } from '../model/at';
import type { RawExample, RawNodes } from './answer';

export interface Example {
  traceId: string;
  spanId: string;
  durationNs: number;
}

/** What kind of width a frame has. Each is additive: a frame is as wide as itself and all below it. */
export const kMeasures = {
  critical: {
    label: 'Critical path',
    explains: 'time on the critical path of the traces: what would make them faster',
  },
  time: {
    label: 'Self time',
    explains: 'time spent in spans themselves, side by side where calls run at once',
  },
  count: { label: 'Spans', explains: 'how many spans there are' },
} as const;
export type Measure = keyof typeof kMeasures;

/** What keys choose the measure. */
export const kMeasureCommands = [
  { label: 'Widths by the critical path', key: 'c', measure: 'critical' },
  { label: 'Widths by self time', key: 't', measure: 'time' },
  { label: 'Widths by the number of spans', key: 's', measure: 'count' },
] as const;

export const kPercentiles = ['p50', 'p95', 'p99'] as const;
export type Percentile = (typeof kPercentiles)[number];

export interface CallTree {
  readonly count: number;
  readonly depth: Uint16Array;
  /** -1 of a root. */
  readonly parent: Int32Array;
  /** The node after the last one below. */
  readonly end: Uint32Array;
  readonly service: readonly string[];
  readonly name: readonly string[];
  readonly kind: readonly SpanKind[];
  readonly traces: Float64Array;
  readonly spans: Float64Array;
  readonly errors: Float64Array;
  readonly orphans: Float64Array;
  readonly offsetNs: Float64Array;
  readonly totalNs: Float64Array;
  readonly selfNs: Float64Array;
  readonly criticalNs: Float64Array;
  readonly minNs: Float64Array;
  readonly maxNs: Float64Array;
  readonly percentileNs: Readonly<Record<Percentile, Float64Array>>;
  readonly typical: readonly (Example | null)[];
  readonly slowest: readonly (Example | null)[];
  readonly failed: readonly (Example | null)[];
}

/** Parents and ends from depths. Throws a ShapeError if they are no preorder. */
export function linksOf(depths: ArrayLike<number>): { parent: Int32Array; end: Uint32Array } {
  const parent = new Int32Array(depths.length);
  const end = new Uint32Array(depths.length);
  const open: number[] = []; // the last node of each depth
  for (let i = 0; i < depths.length; i++) {
    const depth = at(depths, i);
    if (!Number.isInteger(depth) || depth < 0 || depth > open.length) {
      throw new ShapeError(`nodes.depth[${i}]`, `${open.length} at most`, depth);
    }
    for (let closed = depth; closed < open.length; closed++) end[at(open, closed)] = i;
    open.length = depth;
    parent[i] = depth === 0 ? -1 : at(open, depth - 1);
    open.push(i);
  }
  for (const node of open) end[node] = depths.length;
  return { parent, end };
}

export function treeOf(
  nodes: RawNodes,
  services: readonly string[],
  names: readonly string[],
  traceIds: readonly string[],
): CallTree {
  const text = (list: readonly string[], place: number): string => {
    const found = list[place];
    if (found === undefined) throw new ShapeError('nodes', `a place below ${list.length}`, place);
    return found;
  };
  const example = (raw: RawExample | null): Example | null =>
    raw && { traceId: text(traceIds, raw[0]), spanId: raw[1], durationNs: raw[2] };
  const count = nodes.depth.length;
  for (const [key, list] of Object.entries(nodes)) {
    if (list.length !== count)
      throw new ShapeError(`nodes.${key}`, `${count} entries`, list.length);
  }
  return {
    count,
    depth: Uint16Array.from(nodes.depth),
    ...linksOf(nodes.depth),
    service: nodes.service.map(place => text(services, place)),
    name: nodes.name.map(place => text(names, place)),
    kind: nodes.kind,
    traces: Float64Array.from(nodes.traces),
    spans: Float64Array.from(nodes.spans),
    errors: Float64Array.from(nodes.errors),
    orphans: Float64Array.from(nodes.orphans),
    offsetNs: Float64Array.from(nodes.offsetNs),
    totalNs: Float64Array.from(nodes.totalNs),
    selfNs: Float64Array.from(nodes.selfNs),
    criticalNs: Float64Array.from(nodes.criticalNs),
    minNs: Float64Array.from(nodes.minNs),
    maxNs: Float64Array.from(nodes.maxNs),
    percentileNs: {
      p50: Float64Array.from(nodes.p50Ns),
      p95: Float64Array.from(nodes.p95Ns),
      p99: Float64Array.from(nodes.p99Ns),
    },
    typical: nodes.typical.map(example),
    slowest: nodes.slowest.map(example),
    failed: nodes.failed.map(example),
  };
}

/** What a node adds by itself. */
export function ownOf(tree: CallTree, measure: Measure): Float64Array {
  if (measure === 'critical') return tree.criticalNs;
  return measure === 'time' ? tree.selfNs : tree.spans;
}

/** Of each node, what it and all below it have together. */
export function inclusive(own: Float64Array, parent: Int32Array): Float64Array {
  const sums = own.slice();
  // Children stand behind their parents, so each is whole when it is added.
  for (let i = sums.length - 1; i >= 0; i--) {
    const above = at(parent, i);
    if (above >= 0) sums[above] = at(sums, above) + at(sums, i);
  }
  return sums;
}

export function totalOf(own: Float64Array): number {
  let sum = 0;
  for (const value of own) sum += value;
  return sum;
}

/** The nodes from the root to this one. */
export function pathTo(parent: Int32Array, node: number): number[] {
  const path: number[] = [];
  for (let at = node; at >= 0; at = parent[at] ?? -1) path.push(at);
  return path.reverse();
}

/** Nodes whose service or operation has the text, in preorder; none for an empty text. */
export function findNodes(
  tree: Pick<CallTree, 'count' | 'service' | 'name'>,
  text: string,
): number[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  // Few different texts, many nodes.
  const known = new Map<string, boolean>();
  const has = (of: string): boolean => {
    let found = known.get(of);
    if (found === undefined) known.set(of, (found = of.toLowerCase().includes(wanted)));
    return found;
  };
  const found: number[] = [];
  for (let i = 0; i < tree.count; i++) {
    if (has(at(tree.name, i)) || has(at(tree.service, i))) found.push(i);
  }
  return found;
}
