import { describe, expect, it } from 'vitest';
import { briefColumns, randomColumns } from '../../model/brief_columns';
import { packFlame } from '../../model/flame';
import { besides, boxAt, Children, longestChild, placeOf } from './flame_moves';

const columns = briefColumns(
  [0, 0, 100, 's root'],
  [1, 10, 30, 's a'],
  [1, 40, 90, 's b'],
  [2, 50, 60, 's c'],
);
const flame = packFlame(columns);

describe('moving between boxes', () => {
  it('goes along the lane, and no further than its ends', () => {
    expect([besides(flame, 1, 1), besides(flame, 2, 1), besides(flame, 2, -1)]).toEqual([2, 2, 1]);
  });

  it('goes down to the longest child', () => {
    const children = new Children(flame.parent);
    expect(children.of(0)).toEqual([1, 2]);
    expect(longestChild(flame, children.of(0), 0)).toBe(2);
    expect(longestChild(flame, children.of(3), 3)).toBe(3);
  });

  it('knows the place of every box', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = packFlame(randomColumns(seed));
      random.lane.forEach((_, box) => expect(random.byLane[placeOf(random, box)]).toBe(box));
    }
  });
});

describe('boxAt', () => {
  it.each([
    [0, 5, 0, 0],
    [1, 5, 0, -1],
    [1, 5, 5, 1],
    [1, 29, 0, 1],
    [1, 30, 0, -1],
    [1, 39, 12, 1],
    [1, 41, 15, 2],
    [2, 55, 0, 3],
    [3, 55, 0, -1],
  ])('lane %i, tick %i within %i', (lane, tick, tolerance, box) => {
    expect(boxAt(flame, lane, tick, tolerance)).toBe(box);
  });
});
