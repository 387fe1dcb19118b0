import { describe, expect, it } from 'vitest';
import { Flag, type TraceColumns } from '../model/columns';
import { bigColumns, columnsOf, dice, type Form } from '../model/columns_maker';
import { equalSiblings, groupOf } from '../model/equal_siblings';
import { isGroupLine, linesOf, noFolds, withApart, type Folds } from '../model/folds';
import { hitAt } from './hit';
import { gather } from './items';
import { raster } from './raster';
import { barInset, lineAt, lineTop, type Palette, type RasterView } from './view';

const kFailed = 0xff0000ff;

function paletteOf(services: number): Palette {
  return {
    plain: Uint32Array.from({ length: 2 * services }, (_, i) => 0x100 + i),
    someFailed: Uint32Array.from({ length: 2 * services }, (_, i) => 0x200 + i),
    failed: Uint32Array.of(kFailed, kFailed + 1),
  };
}

function drawn(
  columns: TraceColumns,
  folds: Folds,
  view: RasterView,
  matches?: Uint32Array,
): Uint32Array {
  const out = new Uint32Array(view.width * view.height).fill(7);
  const items = gather(columns, folds, linesOf(columns, folds), matches);
  raster(items, view, paletteOf(columns.services.length), out);
  return out;
}

/** Another painter: asks for each pixel of each line which spans overlap it, with whole numbers only. */
function painted(
  columns: TraceColumns,
  folds: Folds,
  view: RasterView,
  matches?: Uint32Array,
): Uint32Array {
  const isDim = (row: number) => +(matches !== undefined && !matches.includes(row));
  const { width, height, from, to, top, lineHeight } = view;
  const palette = paletteOf(columns.services.length);
  const at = new Map<number, number[]>(); // y → rows drawn there, in order
  linesOf(columns, folds).forEach((row, line) => {
    const members = isGroupLine(folds, row) && folds.equal ? groupOf(folds.equal, row) : [row];
    const y = lineTop(line, lineHeight) - top;
    const below = Math.max(y + 1, lineTop(line + 1, lineHeight) - top);
    const inset = barInset(lineHeight);
    for (let i = y + inset; i < below - inset; i++) {
      if (i >= 0 && i < height) at.set(i, [...(at.get(i) ?? []), ...members]);
    }
  });
  const out = new Uint32Array(width * height);
  for (const [y, rows] of at) {
    const visible = rows.filter(row => rangeOf(columns, row, view) !== undefined);
    for (let x = 0; x < width; x++) {
      // The pixel is [x, x + 1) * (to - from) / width after `from`; both sides times width.
      const left = BigInt(x) * BigInt(to - from);
      const right = left + BigInt(to - from);
      const here = visible.filter(row => {
        const begin = BigInt(columns.start[row]! - from) * BigInt(width);
        const end = begin + BigInt(columns.duration[row]!) * BigInt(width);
        return begin < right && (end > left || (begin === end && begin >= left));
      });
      const topmost = here.findLast(row => !isDim(row)) ?? here.at(-1);
      if (topmost === undefined) continue;
      const place = isDim(topmost) + 2 * columns.operations.service[columns.operation[topmost]!]!;
      const failed = here.filter(row => (columns.flags[row]! & Flag.error) !== 0).length;
      const isRoomy = lineHeight >= 8 && visible.length === 1;
      out[y * width + x] =
        failed === 0
          ? palette.plain[place]!
          : isRoomy
            ? redEnd(x, rangeOf(columns, topmost, view)!, lineHeight, [
                kFailed + isDim(topmost),
                palette.plain[place]!,
              ])
            : failed * 2 >= here.length
              ? kFailed + isDim(topmost)
              : palette.someFailed[place]!;
    }
  }
  return out;
}

/** The last pixel that a span overlaps; undefined if it is outside of the window. */
function rangeOf(columns: TraceColumns, row: number, view: RasterView): number | undefined {
  const { width, from, to } = view;
  const begin = columns.start[row]! - from;
  const end = begin + columns.duration[row]!;
  if (begin >= to - from || (end <= 0 && begin < 0)) return undefined;
  const last = (BigInt(Math.max(end, 0)) * BigInt(width) - 1n) / BigInt(to - from);
  const first = (BigInt(Math.max(begin, 0)) * BigInt(width)) / BigInt(to - from);
  return Math.min(width - 1, Number(last > first ? last : first));
}

function redEnd(
  x: number,
  last: number,
  lineHeight: number,
  [red, plain]: [number, number],
): number {
  const fromEnd = last - x;
  if (fromEnd < Math.round((lineHeight * 5) / 28)) return red;
  const gap = Math.round((lineHeight * 5) / 28) + Math.round((lineHeight * 2) / 28);
  return fromEnd < gap ? 0 : plain;
}

function differences(
  a: Uint32Array,
  b: Uint32Array,
): { missing: number; extra: number; other: number } {
  const sum = { missing: 0, extra: 0, other: 0 };
  a.forEach((pixel, i) => {
    if (pixel === b[i]) return;
    if (pixel === 0) sum.missing++;
    else if (b[i] === 0) sum.extra++;
    else sum.other++;
  });
  return sum;
}

const kNoDifference = { missing: 0, extra: 0, other: 0 };

describe('raster', () => {
  it.each<Form>(['sequential', 'deep', 'wide', 'random'])(
    'shows each pixel what lies there and nothing else: %s, 60 random windows and folds',
    form => {
      const random = dice(form.length);
      for (let round = 0; round < 60; round++) {
        const columns = bigColumns(form, 50 + random(2500), round);
        const folds = randomFolds(columns, random);
        const view = randomView(columns, linesOf(columns, folds).length, random);
        const matches = random(3) === 0 ? someRows(columns, random) : undefined;
        const found = differences(
          drawn(columns, folds, view, matches),
          painted(columns, folds, view, matches),
        );
        expect({ round, view, found }).toEqual({ round, view, found: kNoDifference });
      }
    },
  );

  it('shows a span of no length, at the very end and at the very start of the window', () => {
    const columns = columnsOf(
      { name: 'all', lasts: 100 },
      { name: 'end', at: 100, lasts: 0 },
      { name: 'start', at: 0, lasts: 0 },
    );
    const view = { width: 10, height: 3, from: 0, to: 101, top: 0, lineHeight: 1 };
    const out = drawn(columns, noFolds(columns), view);
    expect(Array.from(out.subarray(10, 20))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0x100]);
    expect(Array.from(out.subarray(20, 30))).toEqual([0x100, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('tints a pixel where few failed, and makes it red where half did', () => {
    const of = (failed: number, fine: number) =>
      columnsOf(
        ...Array.from({ length: failed }, () => ({ name: 'a', flags: Flag.error })),
        ...Array.from({ length: fine }, () => ({ name: 'a' })),
      );
    const view = { width: 1, height: 1, from: 0, to: 10, top: 0, lineHeight: 1e-3 };
    const one = (columns: TraceColumns) => drawn(columns, noFolds(columns), view)[0];
    expect(one(of(0, 9))).toBe(0x100);
    expect(one(of(1, 8))).toBe(0x200);
    expect(one(of(5, 5))).toBe(kFailed);
  });
});

function someRows(columns: TraceColumns, random: (limit: number) => number): Uint32Array {
  return Uint32Array.from({ length: columns.count }, (_, row) => row).filter(() => random(5) === 0);
}

function randomFolds(columns: TraceColumns, random: (limit: number) => number): Folds {
  let folds = noFolds(columns);
  if (random(2) === 0) folds = { ...folds, closed: folds.closed.map(() => +(random(6) === 0)) };
  if (random(2) === 0) {
    folds = { ...folds, equal: equalSiblings(columns) };
    for (let i = random(6); i > 0; i--) folds = withApart(folds, random(columns.count), true);
  }
  if (random(3) === 0) folds = { ...folds, hidden: folds.hidden.map(() => +(random(4) === 0)) };
  if (random(3) === 0) folds = { ...folds, leastTicks: random(150) };
  return folds;
}

function randomView(
  columns: TraceColumns,
  lines: number,
  random: (limit: number) => number,
): RasterView {
  const height = 1 + random(60);
  const lineHeight = [height / Math.max(1, lines), 0.37, 1, 1.7, 5, 8, 13.5, 28, 42][random(9)]!;
  const from = random(3) === 0 ? 0 : random(columns.durationTicks);
  const most = columns.durationTicks + 1 - from;
  return {
    width: 1 + random(120),
    height,
    from,
    to: from + 1 + (random(3) === 0 ? most : random(most)),
    top: random(3) === 0 ? 0 : random(Math.max(1, Math.ceil(lines * lineHeight))),
    lineHeight,
  };
}

describe('hitAt', () => {
  it('is a span of that pixel exactly where there is one', () => {
    const random = dice(9);
    for (let round = 0; round < 40; round++) {
      const columns = bigColumns('random', 40 + random(800), round);
      const folds = randomFolds(columns, random);
      const lines = linesOf(columns, folds);
      // Bars as high as their lines, so that every pixel of a line can be hit.
      const view = { ...randomView(columns, lines.length, random), lineHeight: 0.1 + random(3) };
      const out = drawn(columns, folds, view);
      for (let probe = 0; probe < 60; probe++) {
        const [x, y] = [random(view.width), random(view.height)];
        const pixel = out[y * view.width + x]!;
        const hit = hitAt({ columns, folds, lines }, view, x, y);
        expect(hit !== undefined).toBe(pixel !== 0);
        if (!hit || pixel === kFailed) continue;
        const service = columns.operations.service[columns.operation[hit.row]!]!;
        expect((pixel & 0xff) >> 1).toBe(service);
      }
    }
  });
});

describe('lineAt', () => {
  it('is the first line in a row of pixels', () => {
    const random = dice(3);
    for (let round = 0; round < 2000; round++) {
      const lineHeight = [0.0009, 0.03, 0.5, 0.7, 1, 1.3, 28, 41.99][random(8)]!;
      const y = random(900);
      const line = lineAt(y, lineHeight);
      const bottom = Math.max(lineTop(line, lineHeight) + 1, lineTop(line + 1, lineHeight));
      expect(lineTop(line, lineHeight)).toBeLessThanOrEqual(y);
      expect(bottom).toBeGreaterThan(y);
      if (line > 0 && lineTop(line, lineHeight) === y) {
        expect(lineTop(line - 1, lineHeight)).toBeLessThan(y);
      }
    }
  });
});
