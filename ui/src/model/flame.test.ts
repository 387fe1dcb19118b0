import { describe, expect, it } from 'vitest';
import { briefColumns, manyColumns, randomColumns } from './brief_columns';
import { criticalPath, ticksOnPath } from './critical_path';
import { firstEndingAfter, isTooParallel, packFlame } from './flame';
import { mergePaths } from './merged_flame';
import { selfTicks } from './self_time';

describe('packFlame', () => {
  it('puts children below their parents, and siblings that overlap on lanes of their own', () => {
    const flame = packFlame(
      briefColumns(
        [0, 0, 100, 's root'],
        [1, 0, 40, 's a'],
        [2, 0, 30, 's below a'],
        [1, 20, 60, 's b overlaps a'],
        [1, 60, 90, 's c follows both'],
        [2, 70, 80, 's below c'],
      ),
    );
    expect([...flame.lane]).toEqual([0, 1, 2, 3, 1, 2]);
    expect(flame.laneCount).toBe(4);
    expect([...flame.byLane]).toEqual([0, 1, 4, 2, 5, 3]);
  });

  it('keeps apart what runs on after its parent, and instants at the same time', () => {
    const late = packFlame(
      briefColumns(
        [0, 0, 99, 's root'],
        [1, 0, 10, 's a'],
        [2, 5, 50, 's late'],
        [1, 20, 30, 's b'],
      ),
    );
    expect([...late.lane]).toEqual([0, 1, 2, 1]);
    const instants = packFlame(
      briefColumns([0, 0, 9, 's root'], [1, 5, 5, 's a'], [1, 5, 5, 's b'], [1, 6, 6, 's c']),
    );
    expect([...instants.lane]).toEqual([0, 1, 2, 1]);
  });

  it('pushes siblings together as far as what is below them lets', () => {
    const flame = packFlame(
      briefColumns(
        [0, 0, 99, 's root'],
        [1, 0, 50, 's a'],
        [2, 5, 30, 's below a'],
        [3, 5, 30, 's below that'],
        [1, 40, 80, 's b overlaps a alone'],
        [2, 42, 60, 's below b'],
        [1, 45, 70, 's c overlaps a, b and below b'],
      ),
    );
    expect([...flame.lane]).toEqual([0, 1, 2, 3, 2, 3, 4]);
  });

  it('never lays one box over another, nor a child above its parent, whatever the tree', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const columns = randomColumns(seed);
      const flame = packFlame(columns);
      expect([...flame.byLane].sort((a, b) => a - b)).toEqual([...columns.start.keys()]);
      for (let lane = 0; lane < flame.laneCount; lane++) {
        const boxes = [...flame.byLane.subarray(flame.laneStart[lane], flame.laneStart[lane + 1])];
        expect(boxes.length).toBeGreaterThan(0);
        boxes.slice(1).forEach((box, i) => {
          const before = boxes[i]!;
          const end = flame.start[before]! + Math.max(1, flame.length[before]!);
          expect(flame.start[box]!).toBeGreaterThanOrEqual(end);
        });
      }
      flame.parent.forEach((up, box) => {
        if (up !== -1) expect(flame.lane[box]!).toBeGreaterThan(flame.lane[up]!);
      });
    }
  });

  it('finds boxes by time', () => {
    const flame = packFlame(briefColumns([0, 0, 9, 's a'], [0, 10, 20, 's b'], [0, 30, 40, 's c']));
    expect([0, 8, 9, 19, 20, 39, 40].map(tick => firstEndingAfter(flame, 0, tick))).toEqual([
      0, 0, 1, 1, 2, 2, 3,
    ]);
  });

  it('lays out a million spans, one after the other or all at once, and 100,000 levels', () => {
    const sequential = packFlame(manyColumns(1_000_000, row => (row === 0 ? 0 : 1)));
    expect(sequential.laneCount).toBe(2);
    const wide = manyColumns(1_000_000, row => (row === 0 ? 0 : 1));
    const parallel = packFlame({ ...wide, duration: wide.duration.slice().fill(50_000) });
    expect(parallel.laneCount).toBe(50_001);
    expect(isTooParallel(parallel, wide)).toBe(true);
    const deep = manyColumns(100_000, row => row);
    expect(packFlame(deep).laneCount).toBe(100_000);
    expect(isTooParallel(packFlame(deep), deep)).toBe(false);
  }, 60_000);
});

describe('mergePaths', () => {
  const merged = (columns: ReturnType<typeof briefColumns>) =>
    mergePaths(columns, selfTicks(columns), ticksOnPath(criticalPath(columns), columns.count));

  it('makes spans of one path one box, with what they took together', () => {
    const flame = merged(
      briefColumns(
        [0, 0, 100, 's root'],
        [1, 0, 40, 's a'],
        [2, 0, 30, 's x'],
        [1, 20, 60, 's a', 1],
        [1, 60, 90, 's x'],
        [2, 70, 80, 's a'],
      ),
    );
    expect([...flame.boxOf]).toEqual([0, 1, 2, 1, 3, 4]);
    expect([...flame.spans]).toEqual([1, 2, 1, 1, 1]);
    expect([...flame.errors]).toEqual([0, 1, 0, 0, 0]);
    expect([...flame.longest]).toEqual([0, 1, 2, 4, 5]);
    expect([...flame.total]).toEqual([100, 80, 30, 30, 10]);
    expect([...flame.self]).toEqual([10, 50, 30, 20, 10]);
    expect([...flame.length]).toEqual([120, 80, 30, 30, 10]);
    expect([...flame.start]).toEqual([0, 0, 0, 80, 80]);
    expect([...flame.lane]).toEqual([0, 1, 2, 1, 2]);
    expect(flame.onPath.reduce((sum, ticks) => sum + ticks, 0)).toBe(100);
  });

  it('loses no time: children fit into their parents, and lanes are in order', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const columns = randomColumns(seed);
      const flame = merged(columns);
      expect(flame.ticks).toBe(selfTicks(columns).reduce((sum, ticks) => sum + ticks, 0));
      flame.parent.forEach((up, box) => {
        if (up === -1) return;
        expect(flame.start[box]!).toBeGreaterThanOrEqual(flame.start[up]!);
        expect(flame.start[box]! + flame.length[box]!).toBeLessThanOrEqual(
          flame.start[up]! + flame.length[up]!,
        );
      });
      for (let lane = 0; lane < flame.laneCount; lane++) {
        const boxes = [...flame.byLane.subarray(flame.laneStart[lane], flame.laneStart[lane + 1])];
        boxes.slice(1).forEach((box, i) => {
          expect(flame.start[box]!).toBeGreaterThanOrEqual(
            flame.start[boxes[i]!]! + flame.length[boxes[i]!]!,
          );
        });
      }
    }
  });

  it('merges a million spans that run at once into a few boxes', () => {
    const wide = manyColumns(1_000_000, row => (row === 0 ? 0 : 1));
    expect(merged({ ...wide, duration: wide.duration.slice().fill(50_000) }).laneCount).toBe(2);
  }, 60_000);
});
