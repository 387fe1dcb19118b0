// Draws the map of services on a canvas.
import type { Graph } from './graph';
import { kBoxHeight, kBoxWidth, kFewEdges, type Layout } from './layout';
import type { View } from './map_view';
import { formatDuration } from '../text/duration';
import { nameOf } from './address';
import { formatRate, formatShare } from './red';

/** From this share of errors on an edge is drawn as failing. */
export const kFailingShare = 0.05;

export const kMapColours = [
  'var(--text)',
  'var(--text-dim)',
  'var(--line-strong)',
  'var(--raised)',
  'var(--page)',
  'var(--accent)',
  'var(--error)',
  'var(--focus)',
] as const;

export interface Palette {
  text: string;
  dim: string;
  line: string;
  box: string;
  page: string;
  accent: string;
  error: string;
  focus: string;
  /** By service. */
  services: string[];
  font: string;
}

export function paletteOf(colours: readonly string[], services: string[], font: string): Palette {
  const [text = '', dim = '', line = '', box = '', page = '', accent = '', error = '', focus = ''] =
    colours;
  return { text, dim, line, box, page, accent, error, focus, services, font };
}

export interface Scene {
  graph: Graph;
  layout: Layout;
  /** By edge, as pathOf() gives them. */
  paths: readonly (readonly number[])[];
  /** By service: the share of calls to it that failed. */
  failing: readonly number[];
  seconds: number;
  node: number;
  edge: number;
  hoverNode: number;
  hoverEdge: number;
  hasFocus: boolean;
}

/** Below this nothing could be read: names are left out, boxes are only coloured. */
const kLeastText = 0.42;

/** Edges of the chosen service that may have their numbers written on them, however many others there are. */
const kFewLit = 8;

export function drawMap(
  context: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  palette: Palette,
  pixels: number,
): void {
  const { canvas } = context;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(pixels * view.scale, 0, 0, pixels * view.scale, pixels * view.left, pixels * view.top); // prettier-ignore
  const nodes = litNodes(scene);
  scene.paths.forEach((_, i) => {
    if (!isLit(scene, i)) drawEdge(context, scene, i, palette, view.scale, nodes !== null);
  });
  scene.paths.forEach((_, i) => {
    if (isLit(scene, i)) drawEdge(context, scene, i, palette, view.scale, false);
  });
  scene.graph.names.forEach((_, i) => {
    drawNode(context, scene, i, palette, view.scale, nodes !== null && !nodes.has(i));
  });
  const lit = scene.paths.flatMap((_, i) => (isLit(scene, i) ? [i] : []));
  scene.paths.forEach((_, i) => {
    const few = scene.paths.length <= kFewEdges && view.scale > 0.7;
    const chosen = i === scene.hoverEdge || i === scene.edge;
    const litOfFew = lit.length <= kFewLit && lit.includes(i);
    if (few || chosen || litOfFew) drawNumbers(context, scene, i, palette, view.scale);
  });
}

/** The services that a choice is about; null: there is none, all are equal. */
function litNodes({ graph, node, edge, hoverNode, hoverEdge }: Scene): Set<number> | null {
  const chosen = hoverNode >= 0 ? hoverNode : node;
  const lit = new Set<number>();
  const chosenEdge = graph.edges[hoverEdge >= 0 ? hoverEdge : edge];
  if (chosenEdge) {
    lit.add(chosenEdge.from).add(chosenEdge.to);
  }
  if (chosen >= 0) {
    lit.add(chosen);
    for (const { from, to } of graph.edges) {
      if (from === chosen) lit.add(to);
      if (to === chosen) lit.add(from);
    }
  }
  return lit.size === 0 ? null : lit;
}

function isLit({ graph, node, edge, hoverNode, hoverEdge }: Scene, i: number): boolean {
  if (i === hoverEdge || i === edge) return true;
  const chosen = hoverNode >= 0 ? hoverNode : node;
  const { from, to } = graph.edges[i] ?? { from: -1, to: -1 };
  return chosen >= 0 && (from === chosen || to === chosen);
}

function drawEdge(
  context: CanvasRenderingContext2D,
  scene: Scene,
  i: number,
  palette: Palette,
  scale: number,
  faint: boolean,
): void {
  const path = scene.paths[i] ?? [];
  const call = scene.graph.edges[i]?.call;
  if (!call || path.length < 4) return;
  const failing = call.errorCount / call.callCount >= kFailingShare;
  const chosen = i === scene.edge || i === scene.hoverEdge;
  const lit = isLit(scene, i);
  // As wide as the calls have digits, on the screen, however near one is.
  const width = (0.75 + 0.55 * Math.log10(1 + call.callCount)) / Math.max(scale, 0.3);
  context.globalAlpha = faint ? 0.25 : lit ? 1 : 0.65;
  context.strokeStyle = failing ? palette.error : lit ? palette.accent : palette.line;
  context.fillStyle = context.strokeStyle;
  context.lineWidth = chosen ? width * 1.8 : width;
  context.setLineDash(failing ? [6 / scale, 4 / scale] : []);
  context.lineJoin = 'round';
  context.beginPath();
  context.moveTo(path[0] ?? 0, path[1] ?? 0);
  for (let k = 2; k + 1 < path.length; k += 2) context.lineTo(path[k] ?? 0, path[k + 1] ?? 0);
  context.stroke();
  context.setLineDash([]);
  if (scale > 0.12 || lit) drawArrow(context, path, Math.min(9 / scale, 22));
  context.globalAlpha = 1;
}

function drawArrow(
  context: CanvasRenderingContext2D,
  path: readonly number[],
  length: number,
): void {
  const end = path.length;
  const x = path[end - 2] ?? 0;
  const y = path[end - 1] ?? 0;
  const angle = Math.atan2(y - (path[end - 3] ?? 0), x - (path[end - 4] ?? 0));
  context.beginPath();
  context.moveTo(x, y);
  for (const side of [-0.4, 0.4]) {
    context.lineTo(x - length * Math.cos(angle + side), y - length * Math.sin(angle + side));
  }
  context.closePath();
  context.fill();
}

function drawNode(
  context: CanvasRenderingContext2D,
  scene: Scene,
  i: number,
  palette: Palette,
  scale: number,
  faint: boolean,
): void {
  const x = (scene.layout.x[i] ?? 0) - kBoxWidth / 2;
  const y = (scene.layout.y[i] ?? 0) - kBoxHeight / 2;
  const colour = palette.services[i] ?? palette.line;
  const failing = scene.failing[i] ?? 0;
  context.globalAlpha = faint ? 0.55 : 1;
  context.fillStyle = scale < kLeastText ? colour : palette.box;
  context.beginPath();
  context.roundRect(x, y, kBoxWidth, kBoxHeight, 6);
  context.fill();
  const chosen = i === scene.node;
  context.lineWidth = (chosen ? 2.5 : 1) / Math.max(scale, 0.4);
  context.strokeStyle = chosen
    ? scene.hasFocus
      ? palette.focus
      : palette.accent
    : failing >= kFailingShare
      ? palette.error
      : palette.line;
  context.stroke();
  if (scale >= kLeastText) {
    context.fillStyle = colour;
    context.fillRect(x + 9, y + kBoxHeight / 2 - 5, 10, 10);
    context.font = `12px ${palette.font}`;
    context.textBaseline = 'middle';
    context.textAlign = 'left';
    context.fillStyle = palette.text;
    const room = kBoxWidth - 34;
    context.fillText(cut(context, nameOf(scene.graph.names[i] ?? ''), room), x + 26, y + kBoxHeight / 2); // prettier-ignore
  }
  if (failing > 0) {
    context.fillStyle = palette.error;
    const width = Math.max(4, (kBoxWidth - 12) * failing);
    context.fillRect(x + 6, y + kBoxHeight - 4, width, 3);
  }
  context.globalAlpha = 1;
}

/** Rate, errors and latency of an edge, above the middle of it, of one size on the screen, and no wider than the gap. */
function drawNumbers(
  context: CanvasRenderingContext2D,
  scene: Scene,
  i: number,
  palette: Palette,
  scale: number,
): void {
  const path = scene.paths[i] ?? [];
  const call = scene.graph.edges[i]?.call;
  if (!call || path.length < 4) return;
  const rate = formatRate(call.callCount / scene.seconds);
  const slow = `p95 ${formatDuration(call.p95Us * 1000)}`;
  const lines =
    call.errorCount > 0
      ? [`${rate} · ${formatShare(call.errorCount / call.callCount)} failed`, slow]
      : [`${rate} · ${slow}`];
  const k = 2 * Math.floor((path.length / 2 - 1) / 2);
  const x = ((path[k] ?? 0) + (path[k + 2] ?? 0)) / 2;
  const y = ((path[k + 1] ?? 0) + (path[k + 3] ?? 0)) / 2;
  const size = 11 / scale;
  const lineHeight = size * 1.25;
  const top = y - size * 0.4 - lineHeight * lines.length;
  context.font = `${size}px ${palette.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const width = Math.max(...lines.map(line => context.measureText(line).width)) + size;
  context.globalAlpha = 0.9;
  context.fillStyle = palette.page;
  context.fillRect(x - width / 2, top, width, lineHeight * lines.length);
  context.globalAlpha = 1;
  context.fillStyle =
    call.errorCount / call.callCount >= kFailingShare ? palette.error : palette.text;
  lines.forEach((line, i) => context.fillText(line, x, top + (i + 0.5) * lineHeight));
}

const widths = new Map<string, string>();

/** The text, with its end replaced if it has no room; the whole name stands beside the map. */
function cut(context: CanvasRenderingContext2D, text: string, room: number): string {
  const known = widths.get(text);
  if (known !== undefined) return known;
  let shown = text;
  while (shown.length > 1 && context.measureText(shown).width > room) {
    shown = `${shown.replace(/…$/, '').slice(0, -1)}…`;
  }
  if (widths.size > 5000) widths.clear();
  widths.set(text, shown);
  return shown;
}
