// Two trees of calls as one: which calls are on both sides, and what they take there, per trace.
import { at } from '../model/at';
import { childrenOf, type FlameTree } from '../parts/flame_layout';
import type { SpanKind } from '../api/types';
import type { Population } from '../population/answer';
import {
  inclusive,
  linksOf,
  ownOf,
  totalOf,
  type CallTree,
  type Measure,
} from '../population/call_tree';

/** Both trees; of each node its place in A and in B, -1 where it is not. */
export interface DiffTree extends FlameTree {
  readonly depth: Uint16Array;
  readonly service: readonly string[];
  readonly name: readonly string[];
  readonly kind: readonly SpanKind[];
  readonly inA: Int32Array;
  readonly inB: Int32Array;
}

/** Calls of equal paths are one node. A's order stays; what only B has stands behind its siblings. */
export function unite(a: CallTree, b: CallTree): DiffTree {
  const inA: number[] = [];
  const inB: number[] = [];
  const depth: number[] = [];
  const stack: { a: number; b: number; depth: number }[] = [];
  const pushBelow = (inA: number, inB: number, isRoot: boolean, depth: number) => {
    const ofB = new Map<string, number>();
    if (inB >= 0 || isRoot) for (const node of childrenOf(b, inB)) ofB.set(keyOf(b, node), node);
    const pairs: { a: number; b: number; depth: number }[] = [];
    if (inA >= 0 || isRoot) {
      for (const node of childrenOf(a, inA)) {
        const key = keyOf(a, node);
        pairs.push({ a: node, b: ofB.get(key) ?? -1, depth });
        ofB.delete(key);
      }
    }
    for (const node of ofB.values()) pairs.push({ a: -1, b: node, depth });
    for (const pair of pairs.reverse()) stack.push(pair);
  };
  pushBelow(-1, -1, true, 0);
  for (let pair = stack.pop(); pair; pair = stack.pop()) {
    inA.push(pair.a);
    inB.push(pair.b);
    depth.push(pair.depth);
    pushBelow(pair.a, pair.b, false, pair.depth + 1);
  }
  const of = (i: number): [CallTree, number] =>
    at(inA, i) >= 0 ? [a, at(inA, i)] : [b, at(inB, i)];
  const texts = <T>(pick: (tree: CallTree) => readonly T[]): T[] =>
    depth.map((_, i) => {
      const [tree, node] = of(i);
      return at(pick(tree), node);
    });
  return {
    count: depth.length,
    depth: Uint16Array.from(depth),
    ...linksOf(depth),
    service: texts(tree => tree.service),
    name: texts(tree => tree.name),
    kind: texts(tree => tree.kind),
    inA: Int32Array.from(inA),
    inB: Int32Array.from(inB),
  };
}

function keyOf(tree: CallTree, node: number): string {
  return `${at(tree.service, node)}\0${at(tree.name, node)}\0${at(tree.kind, node)}`;
}

export const kVerdicts = ['new', 'gone', 'slower', 'faster', 'same'] as const;
export type Verdict = (typeof kVerdicts)[number];

/** One measure of both sides, per trace. */
export interface DiffValues {
  /** Of a node by itself. */
  readonly ownA: Float64Array;
  readonly ownB: Float64Array;
  /** With all below it. */
  readonly sumA: Float64Array;
  readonly sumB: Float64Array;
  readonly wholeA: number;
  readonly wholeB: number;
  readonly verdict: readonly Verdict[];
}

/** Differences smaller than these parts, of the node's own value and of a whole trace, count as none. */
const kLeastOfNode = 0.05;
const kLeastOfTrace = 0.002;

export function compareBy(
  tree: DiffTree,
  a: Population,
  b: Population,
  measure: Measure,
): DiffValues {
  const perTrace = (population: Population, places: Int32Array): Float64Array => {
    const own = ownOf(population.tree, measure);
    return Float64Array.from(places, place =>
      place < 0 ? 0 : at(own, place) / Math.max(population.traces, 1),
    );
  };
  const ownA = perTrace(a, tree.inA);
  const ownB = perTrace(b, tree.inB);
  const wholeA = totalOf(ownA);
  const wholeB = totalOf(ownB);
  const sumA = inclusive(ownA, tree.parent);
  const sumB = inclusive(ownB, tree.parent);
  const least = kLeastOfTrace * Math.max(wholeA, wholeB);
  const verdict = Array.from({ length: tree.count }, (_, i): Verdict => {
    if (at(tree.inA, i) < 0) return 'new';
    if (at(tree.inB, i) < 0) return 'gone';
    const change = at(sumB, i) - at(sumA, i);
    const size = Math.abs(change);
    if (size <= least || size < kLeastOfNode * Math.max(at(sumA, i), at(sumB, i))) return 'same';
    return change > 0 ? 'slower' : 'faster';
  });
  return { ownA, ownB, sumA, sumB, wholeA, wholeB, verdict };
}

/** Widths of a flame graph of both: the mean of the sides, so that what is new or gone is to be seen as well. */
export function meanWidths({ sumA, sumB }: DiffValues): Float64Array {
  return sumA.map((value, i) => (value + at(sumB, i)) / 2);
}

/** By how much a node has changed, from -1 (all of it is gone) to 1 (all of it is new). */
export function changeOf(values: DiffValues, node: number): number {
  const a = at(values.sumA, node);
  const b = at(values.sumB, node);
  const most = Math.max(a, b);
  return most === 0 ? 0 : (b - a) / most;
}

/** Nodes by how much they themselves changed, the most first; without those that did not. */
export function ranked(tree: DiffTree, values: DiffValues): number[] {
  const size = (i: number) => Math.abs(at(values.ownB, i) - at(values.ownA, i));
  const least = (kLeastOfTrace / 10) * Math.max(values.wholeA, values.wholeB);
  const nodes: number[] = [];
  for (let i = 0; i < tree.count; i++) {
    const isOneSided = at(tree.inA, i) < 0 || at(tree.inB, i) < 0;
    if (isOneSided || size(i) > least) nodes.push(i);
  }
  return nodes.sort((x, y) => size(y) - size(x) || x - y);
}

/** What a node by itself is, in a list of changes: as compareBy(), without what is below it. */
export function ownVerdict(tree: DiffTree, values: DiffValues, node: number): Verdict {
  if (at(tree.inA, node) < 0) return 'new';
  if (at(tree.inB, node) < 0) return 'gone';
  const change = at(values.ownB, node) - at(values.ownA, node);
  return change === 0 ? 'same' : change > 0 ? 'slower' : 'faster';
}
