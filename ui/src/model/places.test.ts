import { describe, expect, it } from 'vitest';
import { briefColumns } from './brief_columns';
import { kPlaceLevels, levelsOf, placeLanes } from './places';
import { fullSpans, text } from './spans_maker';
import { stretchesIn } from './stretches';

const columns = briefColumns(
  [0, 0, 100, 's a'],
  [1, 10, 20, 's b', 1],
  [1, 15, 30, 's c'],
  [1, 60, 70, 's d'],
);
const stamped = { resource: [text('clew.core_location', 'fra')] };
const spans = fullSpans({ attributes: [text('edge', 'ams')] }, stamped, stamped, stamped);
const core = kPlaceLevels.find(level => level.id === 'core')!;
const lanes = placeLanes(columns, spans, core, Uint32Array.of(65, 10, 15, 10));

describe('places', () => {
  it('are looked for at the levels that spans or resources tell', () => {
    expect(levelsOf(spans).map(level => level.id)).toEqual(['edge', 'core']);
  });

  it('have what ran there, and when; those that do not say come last', () => {
    expect(
      lanes.map(({ place, key, spans, errors, busy, onPath }) => [
        place,
        key,
        spans,
        errors,
        busy,
        onPath,
      ]),
    ).toEqual([
      ['fra', 'clew.core_location', 3, 1, 30, 35],
      ['', '', 1, 0, 100, 65],
    ]);
    expect([[...lanes[0]!.from], [...lanes[0]!.to]]).toEqual([
      [10, 60],
      [30, 70],
    ]);
  });

  it('are drawn within a window, joined where no gap could be seen', () => {
    expect(stretchesIn(lanes[0]!, { from: 0, to: 100 }, 0.1)).toEqual([
      { left: 10, width: 20 },
      { left: 60, width: 10 },
    ]);
    expect(stretchesIn(lanes[0]!, { from: 20, to: 65 }, 90)).toEqual([{ left: 0, width: 100 }]);
    expect(stretchesIn(lanes[0]!, { from: 40, to: 50 }, 0.1)).toEqual([]);
  });
});
