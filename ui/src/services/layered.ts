// A layered drawing of a directed graph, after Sugiyama: callers left, callees right, long edges led
// through the layers between, and each layer ordered so that few edges cross. Loops only: chains of
// calls may be long.
import { kBoxHeight, kBoxWidth, kFewEdges, type Layout, type LayoutEdge } from './layout';

/** Room between layers: at least for the numbers of an edge, and more where layers are tall. */
const kLeastGap = 190;
const kMostGap = 1500;
const kWantedRatio = 1.4;
const kRowGap = 16;
/** Where edges have their numbers on them: those of neighbours do not cover each other. */
const kRoomyRowGap = 66;
/** Room for an edge that passes a layer. */
const kLaneHeight = 12;
/** Past so many layers nothing could be read any more: then services stand as near to a root as they can. */
const kMostLayers = 10;
/** How far beside its column an edge within one layer runs. */
const kSideRoom = 26;
const kOrderSweeps = 12;
const kPlaceSweeps = 8;

export function layered(nodes: number, edges: readonly LayoutEdge[]): Layout {
  const forward = withoutCycles(nodes, edges);
  const deep = layersOf(nodes, forward);
  const layerOf = deep.some(layer => layer >= kMostLayers) ? distances(nodes, forward) : deep;
  const grid = withLanes(nodes, forward, layerOf);
  order(grid);
  place(grid, edges.length <= kFewEdges ? kRoomyRowGap : kRowGap);
  const pitch = pitchOf(grid);
  const x = Float64Array.from({ length: nodes }, (_, i) => (layerOf[i] ?? 0) * pitch);
  const y = Float64Array.from({ length: nodes }, (_, i) => grid.y[i] ?? 0);
  const bends = edges.map((edge, i) => {
    const layer = layerOf[edge.from] ?? 0;
    if (layer === layerOf[edge.to]) return sideBends(grid, edge, layer * pitch);
    return bendsOf(grid, edge, grid.lanes[i] ?? [], pitch);
  });
  return { x, y, bends };
}

/** The edges, those that lead back turned round; from a node to itself they stay. */
export function withoutCycles(nodes: number, edges: readonly LayoutEdge[]): LayoutEdge[] {
  const outgoing = lists(nodes);
  const incoming = new Int32Array(nodes);
  edges.forEach((edge, i) => {
    if (edge.from === edge.to) return;
    outgoing[edge.from]?.push(i);
    incoming[edge.to] = (incoming[edge.to] ?? 0) + 1;
  });
  const turned = new Set<number>();
  const state = new Uint8Array(nodes); // 1: on the way here, 2: done
  // Those that nobody calls first: what they reach then points away from them.
  const starts = Array.from({ length: nodes }, (_, i) => i).sort(
    (a, b) => (incoming[a] ?? 0) - (incoming[b] ?? 0) || a - b,
  );
  for (const start of starts) {
    if (state[start] !== 0) continue;
    const path = [start];
    const next = [0];
    state[start] = 1;
    while (path.length > 0) {
      const node = path[path.length - 1] ?? 0;
      const at = next[next.length - 1] ?? 0;
      const edge = outgoing[node]?.[at];
      if (edge === undefined) {
        state[node] = 2;
        path.pop();
        next.pop();
        continue;
      }
      next[next.length - 1] = at + 1;
      const to = edges[edge]?.to ?? 0;
      if (state[to] === 1) turned.add(edge);
      if (state[to] !== 0) continue;
      state[to] = 1;
      path.push(to);
      next.push(0);
    }
  }
  return edges.map(({ from, to }, i) => (turned.has(i) ? { from: to, to: from } : { from, to }));
}

/** By node: one more than the largest of its callers; what calls others stands just before them. */
export function layersOf(nodes: number, edges: readonly LayoutEdge[]): Int32Array {
  const outgoing = lists(nodes);
  const left = new Int32Array(nodes);
  for (const { from, to } of edges) {
    if (from === to) continue;
    outgoing[from]?.push(to);
    left[to] = (left[to] ?? 0) + 1;
  }
  const layers = new Int32Array(nodes);
  const sorted: number[] = [];
  for (let node = 0; node < nodes; node++) if (left[node] === 0) sorted.push(node);
  for (let i = 0; i < sorted.length; i++) {
    const node = sorted[i] ?? 0;
    for (const to of outgoing[node] ?? []) {
      layers[to] = Math.max(layers[to] ?? 0, (layers[node] ?? 0) + 1);
      left[to] = (left[to] ?? 0) - 1;
      if (left[to] === 0) sorted.push(to);
    }
  }
  // A root that calls something far to the right only would draw a line over everything between.
  const incoming = new Set(edges.filter(({ from, to }) => from !== to).map(edge => edge.to));
  for (let node = 0; node < nodes; node++) {
    const callees = outgoing[node] ?? [];
    if (incoming.has(node) || callees.length === 0) continue;
    layers[node] = callees.reduce((least, to) => Math.min(least, layers[to] ?? 0), Infinity) - 1;
  }
  return layers;
}

/** By node: how many calls it is away from the nearest root. */
export function distances(nodes: number, edges: readonly LayoutEdge[]): Int32Array {
  const outgoing = lists(nodes);
  const called = new Uint8Array(nodes);
  for (const { from, to } of edges) {
    if (from === to) continue;
    outgoing[from]?.push(to);
    called[to] = 1;
  }
  const layers = new Int32Array(nodes).fill(-1);
  const reached: number[] = [];
  const reach = (node: number, layer: number) => {
    if (layers[node] !== -1) return;
    layers[node] = layer;
    reached.push(node);
  };
  for (let node = 0; node < nodes; node++) if (called[node] === 0) reach(node, 0);
  for (let i = 0; i < reached.length; i++) {
    const node = reached[i] ?? 0;
    for (const to of outgoing[node] ?? []) reach(to, (layers[node] ?? 0) + 1);
  }
  return layers;
}

/** The nodes and, where edges pass a layer, lanes, which are numbered after the nodes. */
interface Grid {
  nodes: number;
  /** By layer: who stands there, from top to bottom. */
  layers: number[][];
  layerOf: number[];
  /** By node or lane: neighbours in the layer before and in the one behind. */
  before: number[][];
  behind: number[][];
  /** By edge: its lanes, in order of layers. */
  lanes: number[][];
  /** By node or lane: where in its layer it stands, from 0 to 1, so that layers of different sizes compare. */
  rank: number[];
  y: number[];
}

function withLanes(nodes: number, edges: readonly LayoutEdge[], layerOf: Int32Array): Grid {
  const grid: Grid = {
    nodes,
    layers: [],
    layerOf: Array.from(layerOf),
    before: lists(nodes),
    behind: lists(nodes),
    lanes: [],
    rank: [],
    y: [],
  };
  const add = (node: number, layer: number) => (grid.layers[layer] ??= []).push(node);
  const connect = (a: number, b: number) => {
    grid.behind[a]?.push(b);
    grid.before[b]?.push(a);
  };
  for (let node = 0; node < nodes; node++) add(node, layerOf[node] ?? 0);
  for (const edge of edges) {
    const lanes: number[] = [];
    grid.lanes.push(lanes);
    if (layerOf[edge.from] === layerOf[edge.to]) continue;
    const leadsBack = (layerOf[edge.from] ?? 0) > (layerOf[edge.to] ?? 0);
    const from = leadsBack ? edge.to : edge.from;
    const to = leadsBack ? edge.from : edge.to;
    let last = from;
    for (let layer = (layerOf[from] ?? 0) + 1; layer < (layerOf[to] ?? 0); layer++) {
      const lane = grid.layerOf.push(layer) - 1;
      grid.before.push([]);
      grid.behind.push([]);
      add(lane, layer);
      connect(last, lane);
      lanes.push(lane);
      last = lane;
    }
    connect(last, to);
  }
  for (let layer = 0; layer < grid.layers.length; layer++) grid.layers[layer] ??= [];
  return grid;
}

/** Sorts each layer by the middle of its neighbours, there and back, and keeps the best order met. */
function order(grid: Grid): void {
  grid.layers.forEach(layer => rankLayer(grid, layer));
  let best = grid.layers.map(layer => [...layer]);
  let fewest = crossings(grid);
  for (let sweep = 0; sweep < kOrderSweeps && fewest > 0; sweep++) {
    const forth = sweep % 2 === 0;
    const neighbours = forth ? grid.before : grid.behind;
    const layers = forth ? grid.layers : [...grid.layers].reverse();
    for (const layer of layers) sortByMiddle(grid, layer, neighbours);
    const now = crossings(grid);
    if (now >= fewest) continue;
    fewest = now;
    best = grid.layers.map(layer => [...layer]);
  }
  grid.layers.forEach((layer, i) => layer.splice(0, layer.length, ...(best[i] ?? [])));
}

function sortByMiddle(grid: Grid, layer: number[], neighbours: readonly number[][]): void {
  const { rank } = grid;
  const middle = new Map<number, number>();
  for (const node of layer) {
    const around = neighbours[node] ?? [];
    const sum = around.reduce((total, other) => total + (rank[other] ?? 0), 0);
    middle.set(node, around.length === 0 ? (rank[node] ?? 0) : sum / around.length);
  }
  layer.sort(
    (a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0) || (rank[a] ?? 0) - (rank[b] ?? 0),
  );
  rankLayer(grid, layer);
}

function rankLayer(grid: Grid, layer: readonly number[]): void {
  layer.forEach((node, i) => (grid.rank[node] = (i + 0.5) / layer.length));
}

/** How many pairs of edges cross, counted layer by layer with a Fenwick tree. */
function crossings(grid: Grid): number {
  const place = new Int32Array(grid.layerOf.length);
  for (const layer of grid.layers) layer.forEach((node, i) => (place[node] = i));
  let total = 0;
  for (let i = 0; i + 1 < grid.layers.length; i++) {
    const size = grid.layers[i + 1]?.length ?? 0;
    const tree = new Int32Array(size + 1);
    let inserted = 0;
    for (const node of grid.layers[i] ?? []) {
      const ends = (grid.behind[node] ?? []).map(other => place[other] ?? 0).sort((a, b) => a - b);
      for (const end of ends) {
        let notAbove = 0;
        for (let at = end + 1; at > 0; at -= at & -at) notAbove += tree[at] ?? 0;
        total += inserted - notAbove;
      }
      for (const end of ends) {
        for (let at = end + 1; at <= size; at += at & -at) tree[at] = (tree[at] ?? 0) + 1;
        inserted++;
      }
    }
  }
  return total;
}

/** Heights: packed in order, then drawn towards the neighbours as far as the order allows. */
function place(grid: Grid, rowGap: number): void {
  const height = (node: number) => (node < grid.nodes ? kBoxHeight + rowGap : kLaneHeight);
  for (const layer of grid.layers) {
    const total = layer.reduce((sum, node) => sum + height(node), 0);
    let y = -total / 2;
    for (const node of layer) {
      grid.y[node] = y + height(node) / 2;
      y += height(node);
    }
  }
  for (let sweep = 0; sweep < kPlaceSweeps; sweep++) {
    const forth = sweep % 2 === 0;
    const neighbours = forth ? grid.before : grid.behind;
    for (const layer of forth ? grid.layers : [...grid.layers].reverse()) {
      const wanted = layer.map(node => {
        const around = neighbours[node] ?? [];
        if (around.length === 0) return grid.y[node] ?? 0;
        return around.reduce((sum, other) => sum + (grid.y[other] ?? 0), 0) / around.length;
      });
      const placed = spread(wanted, layer.map(height));
      layer.forEach((node, i) => (grid.y[node] = placed[i] ?? 0));
    }
  }
}

/**
 * Places in a row, each as near to what it wants as can be when they keep their order and their room:
 * those that would overlap move together to the middle of their wishes.
 */
export function spread(wanted: readonly number[], room: readonly number[]): number[] {
  interface Run {
    first: number;
    count: number;
    /** Sum over its members of what they want for the place of the run's first. */
    sum: number;
    /** From its first member's middle to the middle of whoever would come next, without its half. */
    length: number;
  }
  const runs: Run[] = [];
  const start = (run: Run) => run.sum / run.count;
  wanted.forEach((want, i) => {
    const half = (room[i] ?? 0) / 2;
    let run: Run = { first: i, count: 1, sum: want - half, length: 2 * half };
    for (let last = runs[runs.length - 1]; last; last = runs[runs.length - 1]) {
      if (start(last) + last.length <= start(run)) break;
      run = {
        first: last.first,
        count: last.count + run.count,
        sum: last.sum + run.sum - run.count * last.length,
        length: last.length + run.length,
      };
      runs.pop();
    }
    runs.push(run);
  });
  const placed: number[] = [];
  for (const run of runs) {
    let at = start(run);
    for (let i = run.first; i < run.first + run.count; i++) {
      placed[i] = at + (room[i] ?? 0) / 2;
      at += room[i] ?? 0;
    }
  }
  return placed;
}

/** From layer to layer, so that the whole is about as wide as a window. */
function pitchOf(grid: Grid): number {
  const ys = grid.y.filter(Number.isFinite);
  const height =
    ys.reduce((most, y) => Math.max(most, y), 0) - ys.reduce((least, y) => Math.min(least, y), 0);
  const gap = (height * kWantedRatio) / Math.max(grid.layers.length, 1) - kBoxWidth;
  return kBoxWidth + Math.max(kLeastGap, Math.min(kMostGap, gap));
}

/**
 * From the side of one box over its lanes to the side of the other. A lane is as wide as a box, so that
 * an edge does not run through the boxes of its layer.
 */
function bendsOf(grid: Grid, edge: LayoutEdge, lanes: readonly number[], pitch: number): number[] {
  const half = kBoxWidth / 2;
  const x = (node: number) => (grid.layerOf[node] ?? 0) * pitch;
  const y = (node: number) => grid.y[node] ?? 0;
  const leadsBack = x(edge.from) > x(edge.to);
  const [left, right] = leadsBack ? [edge.to, edge.from] : [edge.from, edge.to];
  const points: [number, number][] = [[x(left) + half, y(left)]];
  for (const lane of lanes) points.push([x(lane) - half, y(lane)], [x(lane) + half, y(lane)]);
  points.push([x(right) - half, y(right)]);
  if (leadsBack) points.reverse();
  return points.flat();
}

/** An edge within a layer runs beside its column, unless the two are neighbours there. */
function sideBends(grid: Grid, { from, to }: LayoutEdge, x: number): number[] {
  const column = grid.layers[grid.layerOf[from] ?? 0] ?? [];
  if (from === to || Math.abs(column.indexOf(from) - column.indexOf(to)) === 1) return [];
  const side = x + kBoxWidth / 2;
  const fromY = grid.y[from] ?? 0;
  const toY = grid.y[to] ?? 0;
  return [side, fromY, side + kSideRoom, fromY, side + kSideRoom, toY, side, toY];
}

function lists(count: number): number[][] {
  return Array.from({ length: count }, () => []);
}
