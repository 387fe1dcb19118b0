import { describe, expect, it } from 'vitest';
import { briefColumns, manyColumns, randomColumns } from '../../model/brief_columns';
import { Flag, type TraceColumns } from '../../model/columns';
import { criticalPath } from '../../model/critical_path';
import { packFlame } from '../../model/flame';
import { countBefore, drawFlame, drawPath, type FlameMarks, type FlameView } from './flame_raster';

const kFailed = 0xf0;
const kPath = 0xf1;

function drawn(columns: TraceColumns, view: FlameView, matched?: (box: number) => boolean) {
  const flame = packFlame(columns);
  const out = new Uint32Array(view.width * view.height).fill(77);
  const services = columns.services.length;
  const colours = {
    plain: Uint32Array.from({ length: services }, (_, i) => i + 1),
    dimmed: Uint32Array.from({ length: services }, (_, i) => i + 101),
    failed: kFailed,
    path: kPath,
  };
  const marks: FlameMarks = {
    failedBefore: countBefore(flame.byLane, box => (columns.flags[box]! & Flag.error) !== 0),
    matchedBefore: matched && countBefore(flame.byLane, matched),
    pathShare: undefined,
    failedShare: undefined,
  };
  drawFlame(flame, columns.operations.service, view, colours, marks, out);
  return { out, flame };
}

/** A picture with one row of pixels for each lane. */
function lines(columns: TraceColumns, from: number, to: number, width: number): string[] {
  const height = packFlame(columns).laneCount;
  const { out } = drawn(columns, { width, height, from, to, top: 0, laneHeight: 1 });
  return Array.from({ length: height }, (_, y) =>
    [...out.subarray(y * width, (y + 1) * width)].map(pixel => pixel || '.').join(''),
  );
}

describe('drawFlame', () => {
  const columns = briefColumns(
    [0, 0, 20, 'a x'],
    [1, 0, 10, 'b x'],
    [1, 10, 12, 'c x'],
    [1, 18, 19, 'b x'],
  );

  it('draws each box where it lies, with a gap behind it', () => {
    expect(lines(columns, 0, 20, 20)).toEqual(['1111111111111111111.', '222222222.33......2.']);
  });

  it('draws a window of it, cut at its edges', () => {
    expect(lines(columns, 5, 15, 10)).toEqual(['1111111111', '2222.33...']);
  });

  it('gives what is narrower than a pixel one', () => {
    expect(lines(columns, 0, 20, 4)).toEqual(['111.', '2232']);
  });
});

describe('the rows of pixels of a lane', () => {
  it('have the path at the top, failures at the bottom, and a gap below', () => {
    const columns = briefColumns([0, 0, 10, 'a x', Flag.error], [1, 2, 4, 'b x']);
    const view = { width: 10, height: 12, from: 0, to: 10, top: 0, laneHeight: 6 };
    const { out, flame } = drawn(columns, view);
    drawPath(flame, criticalPath(columns), view, kPath, out);
    const column = (x: number) => Array.from({ length: 12 }, (_, y) => out[y * 10 + x]);
    expect(column(0)).toEqual([kPath, 1, 1, 1, kFailed, 0, 0, 0, 0, 0, 0, 0]);
    expect(column(2)).toEqual([1, 1, 1, 1, kFailed, 0, kPath, 2, 2, 2, 2, 0]);
  });

  it('step back if they do not match', () => {
    const columns = briefColumns([0, 0, 10, 'a x'], [1, 2, 4, 'b x']);
    const view = { width: 10, height: 2, from: 0, to: 10, top: 0, laneHeight: 1 };
    const { out } = drawn(columns, view, box => box === 1);
    expect([out[0], out[12]]).toEqual([101, 2]);
  });
});

describe('drawFlame of any trace', () => {
  it('paints a pixel if, and only if, a box begins in it or goes through it', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const columns = randomColumns(seed);
      const flame = packFlame(columns);
      const view = {
        width: 1 + (seed % 37),
        height: flame.laneCount,
        from: seed % 5,
        to: 50 + (seed % 11),
        top: 0,
        laneHeight: 1,
      };
      const { out } = drawn(columns, view);
      const expected = new Uint8Array(out.length);
      const scale = view.width / (view.to - view.from);
      columns.start.forEach((start, row) => {
        const end = start + columns.duration[row]!;
        if (start >= view.to || end <= view.from) return;
        const x0 = Math.floor(((start - view.from) * view.width) / (view.to - view.from));
        const x1 = Math.floor(((end - view.from) * view.width) / (view.to - view.from));
        expect(Math.abs(x0 - (start - view.from) * scale)).toBeLessThanOrEqual(1);
        const last = Math.max(x0 + 1, x1 - x0 >= 4 ? x1 - 1 : x1);
        for (let x = Math.max(0, x0); x < Math.min(view.width, last); x++) {
          expected[flame.lane[row]! * view.width + x] = 1;
        }
      });
      expect([...out].map(pixel => (pixel === 0 ? 0 : 1))).toEqual([...expected]);
    }
  });

  it('draws a million boxes of one lane as one bar', () => {
    const columns = manyColumns(1_000_001, row => (row === 0 ? 0 : 1));
    const view = { width: 1000, height: 2, from: 1, to: 1_000_001, top: 0, laneHeight: 1 };
    const { out } = drawn(columns, view);
    expect(out.indexOf(0)).toBe(-1);
  }, 60_000);
});
