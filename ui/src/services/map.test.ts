import { describe, expect, it } from 'vitest';
import { beginForce, isDone, layoutOf, stepForce } from './force';
import { graphOf, leastFor, neighbourhood, shownOf, thresholds } from './graph';
import { layered } from './layered';
import { kBoxHeight, kBoxWidth } from './layout';
import { makeCalls } from './maker';
import {
  edgeAt,
  fitting,
  nodeAt,
  nodeTowards,
  panned,
  pathOf,
  showing,
  zoomed,
  type View,
} from './map_view';
import type { Call } from './graph';

const call = (parent: string, child: string, callCount = 1): Call => ({
  parent,
  child,
  callCount,
  errorCount: 0,
  p50Us: 1,
  p95Us: 1,
  p99Us: 1,
});

const kShop = [
  call('web', 'shop', 100),
  call('shop', 'pay', 50),
  call('shop', 'stock', 5),
  call('pay', 'bank', 40),
  call('admin', 'stock', 1),
];

describe('the graph', () => {
  it('numbers services by name', () => {
    const graph = graphOf(kShop);
    expect(graph.names).toEqual(['admin', 'bank', 'pay', 'shop', 'stock', 'web']);
    expect(graph.edges[0]).toMatchObject({ from: 5, to: 3 });
  });

  it('knows who is near: callers of callers, callees of callees, but not other callers', () => {
    expect([...neighbourhood(kShop, 'shop', 1)].sort()).toEqual(['pay', 'shop', 'stock', 'web']);
    expect(neighbourhood(kShop, 'shop', 2).has('bank')).toBe(true);
    expect(neighbourhood(kShop, 'shop', 9).has('admin')).toBe(false);
    expect([...neighbourhood(kShop, 'unknown', 2)]).toEqual(['unknown']);
    expect(neighbourhood([call('a', 'b'), call('b', 'a')], 'a', 50).size).toBe(2);
  });

  it('hides small edges and says how many', () => {
    expect(shownOf(kShop, { focus: '', depth: 1, least: 1 }).hiddenCalls).toBe(0);
    const shown = shownOf(kShop, { focus: '', depth: 1, least: 10 });
    expect(shown.calls.map(({ child }) => child)).toEqual(['shop', 'pay', 'bank']);
    expect(shown).toMatchObject({ hiddenCalls: 2, hiddenServices: 2 });
    expect(shownOf(kShop, { focus: 'stock', depth: 1, least: 1 }).calls.length).toBe(2);
  });

  it('chooses how small an edge may be', () => {
    expect(leastFor(kShop, 5)).toBe(1);
    const least = leastFor(kShop, 2);
    expect(shownOf(kShop, { focus: '', depth: 1, least }).calls.length).toBe(2);
    expect(thresholds(kShop)).toEqual([1, 2, 5, 10, 20, 50, 100]);
    expect(thresholds([])).toEqual([1]);
  });
});

describe('the force layout', () => {
  const run = (nodes: number, edges: number) => {
    const graph = graphOf(makeCalls(nodes, edges));
    const force = beginForce(graph.names.length, graph.edges);
    while (!isDone(force)) stepForce(force);
    return { ...layoutOf(force), edges: graph.edges };
  };

  it('leaves no box on another and draws the same graph the same way', () => {
    const { x, y } = run(40, 90);
    for (let a = 0; a < x.length; a++) {
      for (let b = a + 1; b < x.length; b++) {
        const apart =
          Math.abs((x[a] ?? 0) - (x[b] ?? 0)) >= kBoxWidth ||
          Math.abs((y[a] ?? 0) - (y[b] ?? 0)) >= kBoxHeight;
        expect(apart, `${a} and ${b}`).toBe(true);
      }
    }
    expect(run(40, 90).x).toEqual(x);
  });

  it('puts those that call each other nearer than the others', () => {
    const { x, y, edges } = run(40, 60);
    const far = (a: number, b: number) =>
      Math.hypot((x[a] ?? 0) - (x[b] ?? 0), (y[a] ?? 0) - (y[b] ?? 0));
    const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
    const all: number[] = [];
    for (let a = 0; a < x.length; a++) for (let b = a + 1; b < x.length; b++) all.push(far(a, b));
    expect(mean(edges.map(({ from, to }) => far(from, to)))).toBeLessThan(0.7 * mean(all));
  });
});

describe('the view of the map', () => {
  const graph = graphOf(kShop);
  const layout = layered(graph.names.length, graph.edges);
  const size = { width: 900, height: 500 };
  const drawn = (view: View, node: number): [number, number] => [
    (layout.x[node] ?? 0) * view.scale + view.left,
    (layout.y[node] ?? 0) * view.scale + view.top,
  ];

  it('fits everything in, and finds each box where it is drawn', () => {
    const view = fitting(layout, size);
    graph.names.forEach((_, node) => {
      const [x, y] = drawn(view, node);
      expect(x > 0 && x < size.width && y > 0 && y < size.height).toBe(true);
      expect(nodeAt(layout, view, x, y)).toBe(node);
    });
    expect(nodeAt(layout, view, 1, 1)).toBe(-1);
  });

  it('zooms about a point and pans', () => {
    const view = fitting(layout, size);
    const [x, y] = drawn(view, 3);
    const near = zoomed(view, 2, x, y);
    expect(drawn(near, 3)[0]).toBeCloseTo(x);
    expect(drawn(near, 3)[1]).toBeCloseTo(y);
    expect(zoomed(view, 1e9, 0, 0).scale).toBe(3);
    expect(drawn(panned(view, 10, -5), 3)).toEqual([x + 10, y - 5]);
  });

  it('brings a service into sight, and moves nothing that is', () => {
    const view = fitting(layout, size);
    expect(showing(view, layout, 0, size)).toEqual(view);
    const [x, y] = drawn(showing(panned(view, 5000, 5000), layout, 0, size), 0);
    expect(x > 0 && x < size.width && y > 0 && y < size.height).toBe(true);
  });

  it('finds edges by the points they pass', () => {
    const view = fitting(layout, size);
    const paths = graph.edges.map((edge, i) => pathOf(layout, edge, layout.bends[i] ?? []));
    paths.forEach((path, i) => {
      const x = (((path[0] ?? 0) + (path[2] ?? 0)) / 2) * view.scale + view.left;
      const y = (((path[1] ?? 0) + (path[3] ?? 0)) / 2) * view.scale + view.top;
      expect(edgeAt(paths, view, x, y, 4)).toBe(i);
    });
    expect(edgeAt(paths, view, -50, -50, 4)).toBe(-1);
  });

  it('goes from service to service with the arrows', () => {
    const number = (name: string) => graph.names.indexOf(name);
    expect(nodeTowards(layout, number('web'), 'right')).toBe(number('shop'));
    expect(nodeTowards(layout, number('shop'), 'left')).toBe(number('web'));
    expect(nodeTowards(layout, number('bank'), 'right')).toBe(-1);
  });
});
