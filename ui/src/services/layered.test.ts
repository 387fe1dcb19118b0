import { describe, expect, it } from 'vitest';
import { graphOf } from './graph';
import { distances, layered, layersOf, spread, withoutCycles } from './layered';
import { kBoxHeight, kBoxWidth, type LayoutEdge } from './layout';
import { makeCalls } from './maker';

const edge = (from: number, to: number): LayoutEdge => ({ from, to });

function isAcyclic(nodes: number, edges: readonly LayoutEdge[]): boolean {
  const left = new Array<number>(nodes).fill(0);
  const plain = edges.filter(({ from, to }) => from !== to);
  for (const { to } of plain) left[to] = (left[to] ?? 0) + 1;
  const ready = left.flatMap((count, node) => (count === 0 ? [node] : []));
  let done = 0;
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    done++;
    for (const { from, to } of plain) {
      if (from !== node) continue;
      left[to] = (left[to] ?? 0) - 1;
      if (left[to] === 0) ready.push(to);
    }
  }
  return done === nodes;
}

describe('withoutCycles', () => {
  it('turns only what leads back', () => {
    expect(withoutCycles(3, [edge(0, 1), edge(1, 2), edge(2, 0)])).toEqual([
      edge(0, 1),
      edge(1, 2),
      edge(0, 2),
    ]);
    const dag = [edge(0, 1), edge(0, 2), edge(1, 2)];
    expect(withoutCycles(3, dag)).toEqual(dag);
  });

  it('leaves no cycle, whatever the graph', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { names, edges } = graphOf(makeCalls(12, 40, seed));
      const back = edges.map(({ from, to }, i) => (i % 3 === 0 ? edge(to, from) : edge(from, to)));
      expect(isAcyclic(names.length, withoutCycles(names.length, back))).toBe(true);
    }
  });

  it('keeps calls of a service to itself', () => {
    expect(withoutCycles(1, [edge(0, 0)])).toEqual([edge(0, 0)]);
  });
});

describe('layersOf', () => {
  it('puts every callee behind its callers, and a late root just before what it calls', () => {
    const edges = [edge(0, 1), edge(1, 2), edge(0, 2), edge(3, 2)];
    expect([...layersOf(4, edges)]).toEqual([0, 1, 2, 1]);
  });

  it('takes a chain of ten thousand', () => {
    const edges = Array.from({ length: 9999 }, (_, i) => edge(i, i + 1));
    expect(layersOf(10_000, withoutCycles(10_000, edges))[9999]).toBe(9999);
  });
});

describe('a ring of many', () => {
  // A gateway calls all of twenty, each of which calls the next.
  const edges = Array.from({ length: 20 }, (_, i) => edge(0, i + 1));
  for (let i = 1; i < 20; i++) edges.push(edge(i, i + 1));

  it('stands as near to the root as it can', () => {
    expect([...distances(21, edges)]).toEqual([0, ...new Array<number>(20).fill(1)]);
  });

  it('is drawn in few layers, edges within one beside it', () => {
    const { x, y, bends } = layered(21, edges);
    expect(new Set(x).size).toBe(2);
    expect(new Set(y.slice(1)).size).toBe(20);
    expect(bends.every(points => points.every(Number.isFinite))).toBe(true);
  });
});

describe('spread', () => {
  it('leaves alone what has room, and shares a place out fairly', () => {
    expect(spread([0, 100], [10, 10])).toEqual([0, 100]);
    expect(spread([0, 0, 0], [10, 10, 10])).toEqual([-10, 0, 10]);
    expect(spread([50, 0], [10, 10])).toEqual([20, 30]);
  });
});

describe('layered', () => {
  it('draws callers left of callees and no box over another', () => {
    // Six tiers of ten; calls go into any later tier.
    const nodes = 60;
    const edges = Array.from({ length: 150 }, (_, i) => {
      const from = (i * 7) % 50;
      const tier = Math.floor(from / 10);
      return edge(from, 10 * (tier + 1) + ((i * 13) % (nodes - 10 * (tier + 1))));
    });
    const { x, y } = layered(nodes, edges);
    for (const { from, to } of edges) expect(x[from]).toBeLessThan(x[to] ?? 0);
    for (let a = 0; a < nodes; a++) {
      for (let b = a + 1; b < nodes; b++) {
        const apart =
          Math.abs((x[a] ?? 0) - (x[b] ?? 0)) >= kBoxWidth ||
          Math.abs((y[a] ?? 0) - (y[b] ?? 0)) >= kBoxHeight - 1e-6;
        expect(apart, `${a} and ${b}`).toBe(true);
      }
    }
  });

  it('leads an edge over layers through lanes of its own, from its caller to its callee', () => {
    const { x, bends } = layered(3, [edge(0, 1), edge(1, 2), edge(0, 2), edge(2, 0)]);
    const half = kBoxWidth / 2;
    const xs = (points: number[] = []) => points.filter((_, i) => i % 2 === 0);
    const [left = 0, middle = 0, right = 0] = x;
    expect(xs(bends[0])).toEqual([left + half, middle - half]);
    expect(xs(bends[2])).toEqual([left + half, middle - half, middle + half, right - half]);
    // The last was turned round to lie in the layers; it still runs from 2 to 0.
    expect(xs(bends[3])).toEqual(xs(bends[2]).reverse());
  });

  it('draws a tree without crossings', () => {
    const edges = [edge(0, 1), edge(0, 2), edge(1, 5), edge(2, 3), edge(1, 4), edge(2, 6)];
    const { y } = layered(7, edges);
    const above = (y[1] ?? 0) < (y[2] ?? 0);
    for (const a of [4, 5]) for (const b of [3, 6]) expect((y[a] ?? 0) < (y[b] ?? 0)).toBe(above);
  });

  it('takes 500 services and 2,000 edges', () => {
    const { names, edges } = graphOf(makeCalls(500, 2000));
    const began = performance.now();
    const layout = layered(names.length, edges);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(layout.y.every(Number.isFinite)).toBe(true);
  });

  it('is nothing for nothing', () => {
    expect(layered(0, [])).toEqual({ x: new Float64Array(), y: new Float64Array(), bends: [] });
    expect([...layered(1, [edge(0, 0)]).x]).toEqual([0]);
  });
});
