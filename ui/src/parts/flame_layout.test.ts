import { expect, test } from 'vitest';
import { linksOf } from '../population/call_tree';
import {
  childrenOf,
  frameAt,
  kWholeFlame,
  layoutFlame,
  panned,
  stepFrom,
  visitFlame,
  windowOf,
  zoomed,
} from './flame_layout';

// 0 ├ 1 ─ 2
//   └ 3        4
const depth = [0, 1, 2, 1, 0];
const tree = { count: 5, depth, ...linksOf(depth) };
const layout = layoutFlame(tree, Float64Array.of(80, 20, 10, 40, 20));

test('frames lie below their parents, side by side', () => {
  expect([...layout.left]).toEqual([0, 0, 0, 0.2, 0.8]);
  expect([...layout.width]).toEqual([0.8, 0.2, 0.1, 0.4, 0.2]);
  expect(layout.depths).toBe(3);
});

test('a tree without any width is laid out, too', () => {
  expect([...layoutFlame(tree, new Float64Array(5)).width]).toEqual([0, 0, 0, 0, 0]);
});

function visited(view = kWholeFlame, least = 0.01): string[] {
  const seen: string[] = [];
  visitFlame(
    tree,
    layout,
    view,
    least,
    (node, from, to) => seen.push(`${node}:${from.toFixed(2)}-${to.toFixed(2)}`),
    (node, count) => seen.push(`${node} and ${count - 1} below`),
  );
  return seen;
}

test('what is in view is visited, what is too narrow is counted', () => {
  expect(visited()).toHaveLength(5);
  expect(visited({ from: 0.8, to: 1 })).toEqual(['4:0.00-1.00']);
  expect(visited(kWholeFlame, 0.3)).toEqual([
    '0:0.00-0.80',
    '1 and 1 below',
    '3:0.20-0.60',
    '4 and 0 below',
  ]);
});

test('a place belongs to one frame of a row', () => {
  expect(frameAt(tree, layout, kWholeFlame, 0.1, 0)).toBe(0);
  expect(frameAt(tree, layout, kWholeFlame, 0.05, 2)).toBe(2);
  expect(frameAt(tree, layout, kWholeFlame, 0.15, 2)).toBe(-1);
  expect(frameAt(tree, layout, { from: 0.2, to: 0.6 }, 0.5, 1)).toBe(3);
});

test('zooming keeps what is under the pointer, and never leaves the whole', () => {
  const near = zoomed(kWholeFlame, 0.5, 0.25);
  expect(near).toEqual({ from: 0.125, to: 0.625 });
  expect(zoomed(near, 10, 0.9)).toEqual({ from: 0, to: 1 });
  expect(panned(near, 2)).toEqual({ from: 0.5, to: 1 });
  expect(windowOf(layout, 3).from).toBeCloseTo(0.2);
  expect(windowOf(layout, 3).to).toBeCloseTo(0.6);
});

test('keys go to the parent, the widest child, and siblings', () => {
  expect(stepFrom(tree, layout, -1, 'down')).toBe(0);
  expect(stepFrom(tree, layout, 0, 'down')).toBe(3);
  expect(stepFrom(tree, layout, 3, 'left')).toBe(1);
  expect(stepFrom(tree, layout, 3, 'right')).toBe(3);
  expect(stepFrom(tree, layout, 1, 'up')).toBe(0);
  expect(stepFrom(tree, layout, 0, 'up')).toBe(0);
  expect(stepFrom(tree, layout, 0, 'last')).toBe(4);
  expect(stepFrom(tree, layout, 2, 'down')).toBe(2);
  expect(childrenOf(tree, -1)).toEqual([0, 4]);
});
