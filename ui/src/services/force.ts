// A drawing of a graph by forces, after Fruchterman and Reingold: all push each other away, edges pull,
// and a weak pull to the middle keeps parts together that have nothing to do with each other. The same
// graph gets the same drawing: nothing is random.
import { kBoxHeight, kBoxWidth, type Layout, type LayoutEdge } from './layout';

const kSteps = 240;
/** The length that an edge wants to have. */
const kIdeal = 190;
/** Boxes are wide: across, they want more room than up and down. */
const kWide = 1.6;
const kMiddlePull = 0.02;
const kGoldenAngle = Math.PI * (3 - Math.sqrt(5));

export interface ForceRun {
  x: Float64Array;
  y: Float64Array;
  edges: readonly LayoutEdge[];
  step: number;
}

export function beginForce(nodes: number, edges: readonly LayoutEdge[]): ForceRun {
  const x = new Float64Array(nodes);
  const y = new Float64Array(nodes);
  const degree = new Int32Array(nodes);
  for (const { from, to } of edges) {
    degree[from] = (degree[from] ?? 0) + 1;
    degree[to] = (degree[to] ?? 0) + 1;
  }
  // On a spiral, those with many edges in the middle.
  const inwards = Array.from({ length: nodes }, (_, i) => i).sort(
    (a, b) => (degree[b] ?? 0) - (degree[a] ?? 0) || a - b,
  );
  inwards.forEach((node, i) => {
    const radius = kIdeal * 0.6 * Math.sqrt(i);
    x[node] = radius * Math.cos(i * kGoldenAngle);
    y[node] = radius * Math.sin(i * kGoldenAngle);
  });
  return { x, y, edges, step: 0 };
}

export function isDone(run: ForceRun): boolean {
  return run.step >= kSteps;
}

/** One step; each moves everything by less than the one before. */
export function stepForce(run: ForceRun): void {
  const { x, y } = run;
  const nodes = x.length;
  const moveX = new Float64Array(nodes);
  const moveY = new Float64Array(nodes);
  for (let a = 0; a < nodes; a++) {
    const ax = x[a] ?? 0;
    const ay = y[a] ?? 0;
    for (let b = a + 1; b < nodes; b++) {
      const dx = (ax - (x[b] ?? 0)) / kWide;
      const dy = ay - (y[b] ?? 0);
      const square = Math.max(dx * dx + dy * dy, 1);
      const push = (kIdeal * kIdeal) / square;
      moveX[a] = (moveX[a] ?? 0) + dx * push * 0.1;
      moveY[a] = (moveY[a] ?? 0) + dy * push * 0.1;
      moveX[b] = (moveX[b] ?? 0) - dx * push * 0.1;
      moveY[b] = (moveY[b] ?? 0) - dy * push * 0.1;
    }
  }
  for (const { from, to } of run.edges) {
    if (from === to) continue;
    const dx = (x[to] ?? 0) - (x[from] ?? 0);
    const dy = (y[to] ?? 0) - (y[from] ?? 0);
    const pull = (Math.hypot(dx / kWide, dy) / kIdeal) * 0.1;
    moveX[from] = (moveX[from] ?? 0) + dx * pull;
    moveY[from] = (moveY[from] ?? 0) + dy * pull;
    moveX[to] = (moveX[to] ?? 0) - dx * pull;
    moveY[to] = (moveY[to] ?? 0) - dy * pull;
  }
  const most = kIdeal * (1 - run.step / kSteps) + 1;
  for (let node = 0; node < nodes; node++) {
    const dx = (moveX[node] ?? 0) - (x[node] ?? 0) * kMiddlePull;
    const dy = (moveY[node] ?? 0) - (y[node] ?? 0) * kMiddlePull;
    const length = Math.max(Math.hypot(dx, dy), 1e-9);
    const move = Math.min(length, most) / length;
    x[node] = (x[node] ?? 0) + dx * move;
    y[node] = (y[node] ?? 0) + dy * move;
  }
  run.step++;
  if (isDone(run)) separate(run);
}

export function layoutOf(run: ForceRun): Layout {
  return { x: run.x, y: run.y, bends: run.edges.map(() => []) };
}

/** Moves boxes that still lie on each other apart, the shorter way. */
function separate({ x, y }: ForceRun): void {
  const width = kBoxWidth + 12;
  const height = kBoxHeight + 10;
  for (let pass = 0; pass < 60; pass++) {
    let moved = false;
    for (let a = 0; a < x.length; a++) {
      for (let b = a + 1; b < x.length; b++) {
        const dx = (x[b] ?? 0) - (x[a] ?? 0);
        const dy = (y[b] ?? 0) - (y[a] ?? 0);
        const overX = width - Math.abs(dx);
        const overY = height - Math.abs(dy);
        if (overX <= 0.01 || overY <= 0.01) continue;
        moved = true;
        const places = overX < overY ? x : y;
        const by = ((overX < overY ? overX : overY) / 2) * ((overX < overY ? dx : dy) < 0 ? -1 : 1);
        places[a] = (places[a] ?? 0) - by;
        places[b] = (places[b] ?? 0) + by;
      }
    }
    if (!moved) return;
  }
}
