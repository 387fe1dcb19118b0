// Where the map is looked at from, and what lies under a point of it. No browser.
import { kBoxHeight, kBoxWidth, type Layout, type LayoutEdge } from './layout';

/** A point (x, y) of the layout is drawn at x · scale + left, y · scale + top. */
export interface View {
  scale: number;
  left: number;
  top: number;
}

export interface Size {
  width: number;
  height: number;
}

const kLeastScale = 0.02;
const kMostScale = 3;
const kMargin = 24;

/** All of the layout, and no larger than life. */
export function fitting(layout: Layout, size: Size): View {
  if (layout.x.length === 0) return { scale: 1, left: size.width / 2, top: size.height / 2 };
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  layout.x.forEach((x, i) => {
    const y = layout.y[i] ?? 0;
    left = Math.min(left, x - kBoxWidth / 2);
    right = Math.max(right, x + kBoxWidth / 2);
    top = Math.min(top, y - kBoxHeight / 2);
    bottom = Math.max(bottom, y + kBoxHeight / 2);
  });
  const across = (size.width - 2 * kMargin) / (right - left);
  const down = (size.height - 2 * kMargin) / (bottom - top);
  const scale = Math.max(kLeastScale, Math.min(across, down, 1));
  return {
    scale,
    left: size.width / 2 - ((left + right) / 2) * scale,
    top: size.height / 2 - ((top + bottom) / 2) * scale,
  };
}

/** The point of the layout in the middle and the scale: as addresses hold it, for windows of any size. */
export function placeText({ scale, left, top }: View, { width, height }: Size): string {
  const middle = [(width / 2 - left) / scale, (height / 2 - top) / scale];
  return [...middle.map(Math.round), Number(scale.toFixed(4))].join('_');
}

/** Undefined for what is no place. */
export function readPlace(text: string, { width, height }: Size): View | undefined {
  if (!/^-?\d{1,7}_-?\d{1,7}_\d(\.\d{1,4})?$/.test(text)) return undefined;
  const [x = 0, y = 0, wanted = 1] = text.split('_').map(Number);
  const scale = Math.max(kLeastScale, Math.min(kMostScale, wanted));
  return { scale, left: width / 2 - x * scale, top: height / 2 - y * scale };
}

/** Larger or smaller by `factor`, with what is drawn at (x, y) staying there. */
export function zoomed(view: View, factor: number, x: number, y: number): View {
  const scale = Math.max(kLeastScale, Math.min(kMostScale, view.scale * factor));
  const by = scale / view.scale;
  return { scale, left: x - (x - view.left) * by, top: y - (y - view.top) * by };
}

export function panned(view: View, dx: number, dy: number): View {
  return { ...view, left: view.left + dx, top: view.top + dy };
}

/** Moved as little as needed for the service to be in sight. */
export function showing(view: View, layout: Layout, node: number, size: Size): View {
  const x = (layout.x[node] ?? 0) * view.scale + view.left;
  const y = (layout.y[node] ?? 0) * view.scale + view.top;
  const halfWidth = (kBoxWidth / 2) * view.scale + kMargin;
  const halfHeight = (kBoxHeight / 2) * view.scale + kMargin;
  const into = (at: number, half: number, length: number) =>
    length < 2 * half ? length / 2 - at : Math.max(half - at, 0) + Math.min(length - half - at, 0);
  return panned(view, into(x, halfWidth, size.width), into(y, halfHeight, size.height));
}

/** The service whose box is drawn at a point, or -1. Small boxes are given some room around. */
export function nodeAt(layout: Layout, view: View, x: number, y: number): number {
  const halfWidth = Math.max((kBoxWidth / 2) * view.scale, 6);
  const halfHeight = Math.max((kBoxHeight / 2) * view.scale, 6);
  for (let node = layout.x.length - 1; node >= 0; node--) {
    const dx = (layout.x[node] ?? 0) * view.scale + view.left - x;
    const dy = (layout.y[node] ?? 0) * view.scale + view.top - y;
    if (Math.abs(dx) <= halfWidth && Math.abs(dy) <= halfHeight) return node;
  }
  return -1;
}

/** The points of an edge in the layout, from the border of one box to that of the other. */
export function pathOf(layout: Layout, edge: LayoutEdge, bends: readonly number[]): number[] {
  const fromX = layout.x[edge.from] ?? 0;
  const fromY = layout.y[edge.from] ?? 0;
  const toX = layout.x[edge.to] ?? 0;
  const toY = layout.y[edge.to] ?? 0;
  const half = kBoxWidth / 2;
  if (edge.from === edge.to) {
    const above = fromY - kBoxHeight * 1.3;
    return [fromX - half / 2, fromY - kBoxHeight / 2, fromX - half / 2, above, fromX + half / 2, above, fromX + half / 2, fromY - kBoxHeight / 2]; // prettier-ignore
  }
  if (bends.length > 0) return [...bends];
  return [...borderPoint(fromX, fromY, toX, toY), ...borderPoint(toX, toY, fromX, fromY)];
}

/** The edge that passes within `reach` pixels of a point, or -1; the nearest of several. */
export function edgeAt(
  paths: readonly (readonly number[])[],
  view: View,
  x: number,
  y: number,
  reach: number,
): number {
  let nearest = -1;
  let least = reach / view.scale;
  const atX = (x - view.left) / view.scale;
  const atY = (y - view.top) / view.scale;
  paths.forEach((path, i) => {
    for (let k = 0; k + 3 < path.length; k += 2) {
      const far = distance(atX, atY, path[k] ?? 0, path[k + 1] ?? 0, path[k + 2] ?? 0, path[k + 3] ?? 0); // prettier-ignore
      if (far >= least) continue;
      least = far;
      nearest = i;
    }
  });
  return nearest;
}

export type Direction = 'left' | 'right' | 'up' | 'down';

/** The service one comes to from another in some direction, or -1. */
export function nodeTowards(layout: Layout, from: number, direction: Direction): number {
  let best = -1;
  let least = Infinity;
  for (let node = 0; node < layout.x.length; node++) {
    const dx = (layout.x[node] ?? 0) - (layout.x[from] ?? 0);
    const dy = (layout.y[node] ?? 0) - (layout.y[from] ?? 0);
    const ahead = { left: -dx, right: dx, up: -dy, down: dy }[direction];
    const aside = direction === 'left' || direction === 'right' ? Math.abs(dy) : Math.abs(dx);
    if (node === from || ahead <= 1) continue;
    const cost = ahead + 2 * aside;
    if (cost >= least) continue;
    least = cost;
    best = node;
  }
  return best;
}

/** Where a line from the middle of a box to a point leaves the box. */
function borderPoint(x: number, y: number, toX: number, toY: number): [number, number] {
  const dx = toX - x;
  const dy = toY - y;
  if (dx === 0 && dy === 0) return [x, y];
  const out = Math.min(
    dx === 0 ? Infinity : kBoxWidth / 2 / Math.abs(dx),
    dy === 0 ? Infinity : kBoxHeight / 2 / Math.abs(dy),
    1,
  );
  return [x + dx * out, y + dy * out];
}

function distance(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const square = dx * dx + dy * dy;
  const along = square === 0 ? 0 : ((x - ax) * dx + (y - ay) * dy) / square;
  const at = Math.max(0, Math.min(1, along));
  return Math.hypot(x - ax - at * dx, y - ay - at * dy);
}
