// Where the frames of a merged flame graph lie: roots at the top, each frame as wide as itself and all below it.
// Pure arithmetic over arrays in preorder; places are parts of the whole width, 0 to 1.
import { at } from '../model/at';

export interface FlameTree {
  readonly count: number;
  readonly depth: ArrayLike<number>;
  readonly parent: Int32Array;
  readonly end: Uint32Array;
}

export interface FlameLayout {
  readonly left: Float64Array;
  readonly width: Float64Array;
  readonly depths: number;
}

/** The part of the whole width that is in view. */
export interface FlameWindow {
  readonly from: number;
  readonly to: number;
}

export const kWholeFlame: FlameWindow = { from: 0, to: 1 };

/** As addresses hold it; empty for the whole. */
export function windowText(view: FlameWindow): string {
  if (view.from === 0 && view.to === 1) return '';
  return `${Number(view.from.toFixed(10))}-${Number(view.to.toFixed(10))}`;
}

/** The whole for what is no part of it. */
export function readWindow(text: string | null): FlameWindow {
  const [, from, to] = /^(\d(?:\.\d+)?(?:e-\d+)?)-(\d(?:\.\d+)?(?:e-\d+)?)$/.exec(text ?? '') ?? [];
  const view = { from: Number(from ?? NaN), to: Number(to ?? NaN) };
  return view.from < view.to && view.to <= 1 ? view : kWholeFlame;
}

/** Closer than this nothing more is to be seen: numbers have 52 bits. */
const kLeastWindow = 1e-9;

export function layoutFlame(tree: FlameTree, inclusive: Float64Array): FlameLayout {
  const left = new Float64Array(tree.count);
  const width = new Float64Array(tree.count);
  let whole = 0;
  let depths = 0;
  for (let i = 0; i < tree.count; i++) {
    if (at(tree.parent, i) < 0) whole += at(inclusive, i);
    depths = Math.max(depths, at(tree.depth, i) + 1);
  }
  const next = new Float64Array(tree.count); // where the next child of a frame begins
  let nextRoot = 0;
  for (let i = 0; i < tree.count; i++) {
    const above = at(tree.parent, i);
    width[i] = whole === 0 ? 0 : at(inclusive, i) / whole;
    left[i] = above < 0 ? nextRoot : at(next, above);
    next[i] = at(left, i);
    if (above < 0) nextRoot += at(width, i);
    else next[above] = at(next, above) + at(width, i);
  }
  return { left, width, depths };
}

/**
 * Calls `visit` for each frame in view that is at least `least` of the window wide, and `skip` for those that are
 * not, once with how many of them lie below each other.
 */
export function visitFlame(
  tree: FlameTree,
  layout: FlameLayout,
  view: FlameWindow,
  least: number,
  visit: (node: number, from: number, to: number) => void,
  skip: (node: number, count: number, from: number) => void,
): void {
  const span = view.to - view.from;
  for (let i = 0; i < tree.count;) {
    const from = (at(layout.left, i) - view.from) / span;
    const to = (at(layout.left, i) + at(layout.width, i) - view.from) / span;
    if (to <= 0 || from >= 1) {
      i = at(tree.end, i);
    } else if (to - from < least) {
      skip(i, at(tree.end, i) - i, from);
      i = at(tree.end, i);
    } else {
      visit(i, from, to);
      i++;
    }
  }
}

/** The frame at a place of the window, 0 to 1, in a row; -1 if there is none. */
export function frameAt(
  tree: FlameTree,
  layout: FlameLayout,
  view: FlameWindow,
  place: number,
  row: number,
): number {
  const x = view.from + place * (view.to - view.from);
  for (let i = 0; i < tree.count;) {
    const inside = x >= at(layout.left, i) && x < at(layout.left, i) + at(layout.width, i);
    if (!inside) i = at(tree.end, i);
    else if (at(tree.depth, i) === row) return i;
    else i++;
  }
  return -1;
}

export function windowOf(layout: FlameLayout, node: number): FlameWindow {
  const from = at(layout.left, node);
  const width = Math.max(at(layout.width, node), kLeastWindow);
  return clampWindow({ from, to: from + width });
}

/** The window `factor` times as wide, with what is at `place` of it (0 to 1) staying where it is. */
export function zoomed(view: FlameWindow, factor: number, place: number): FlameWindow {
  const span = Math.min(1, Math.max(kLeastWindow, (view.to - view.from) * factor));
  const fixed = view.from + place * (view.to - view.from);
  return clampWindow({ from: fixed - place * span, to: fixed + (1 - place) * span });
}

export function panned(view: FlameWindow, by: number): FlameWindow {
  const shift = by * (view.to - view.from);
  return clampWindow({ from: view.from + shift, to: view.to + shift });
}

function clampWindow({ from, to }: FlameWindow): FlameWindow {
  const span = Math.min(1, to - from);
  const low = Math.min(Math.max(0, from), 1 - span);
  return { from: low, to: low + span };
}

export type FlameStep = 'up' | 'down' | 'left' | 'right' | 'first' | 'last';

/** Where a step by key leads: the parent, the widest child, a sibling, the first or the last frame of the row. */
export function stepFrom(
  tree: FlameTree,
  layout: FlameLayout,
  node: number,
  step: FlameStep,
): number {
  if (tree.count === 0) return -1;
  if (node < 0) return 0;
  if (step === 'up') return at(tree.parent, node) < 0 ? node : at(tree.parent, node);
  if (step === 'down') return widestChild(tree, layout, node);
  const siblings = childrenOf(tree, at(tree.parent, node));
  const place = siblings.indexOf(node);
  const wanted = { left: place - 1, right: place + 1, first: 0, last: siblings.length - 1 }[step];
  return siblings[Math.min(Math.max(wanted, 0), siblings.length - 1)] ?? node;
}

/** The children of a node, or the roots for -1. */
export function childrenOf(tree: FlameTree, node: number): number[] {
  const children: number[] = [];
  const end = node < 0 ? tree.count : at(tree.end, node);
  for (let i = node + 1; i < end; i = at(tree.end, i)) children.push(i);
  return children;
}

function widestChild(tree: FlameTree, layout: FlameLayout, node: number): number {
  let widest = node;
  for (const child of childrenOf(tree, node)) {
    if (widest === node || at(layout.width, child) > at(layout.width, widest)) widest = child;
  }
  return widest;
}
