import { describe, expect, it } from 'vitest';
import { briefColumns, randomColumns } from './brief_columns';
import { Flag, type TraceColumns } from './columns';
import { criticalPath, ticksOnPath } from './critical_path';
import { selfTicks } from './self_time';
import { byKind, byOperation, byService, byValue, statisticsOf, type Grouping } from './statistics';

const columns = briefColumns(
  [0, 0, 100, 'edge GET'],
  [1, 10, 30, 'shop GET'],
  [1, 40, 90, 'shop GET', Flag.error],
  [2, 50, 60, 'db query'],
  [1, 41, 42, 'shop POST'],
);

function linesOf(of: TraceColumns, grouping: Grouping) {
  return statisticsOf(of, grouping, selfTicks(of), ticksOnPath(criticalPath(of), of.count));
}

describe('selfTicks', () => {
  it('takes the union of the children away, as far as it lies within the span', () => {
    const self = selfTicks(
      briefColumns(
        [0, 10, 100, 's root'],
        [1, 0, 20, 's before it'],
        [1, 30, 50, 's a'],
        [1, 40, 60, 's overlaps a'],
        [1, 90, 200, 's after it'],
        [1, 300, 310, 's long after it'],
      ),
    );
    expect([...self]).toEqual([40, 20, 20, 20, 110, 10]);
  });

  it('agrees with counting tick by tick', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomColumns(seed);
      const counted = Array.from(random.start, (start, row) => {
        let alone = 0;
        for (let tick = start; tick < start + random.duration[row]!; tick++) {
          const covered = random.start.some(
            (from, child) =>
              random.parent[child] === row && from <= tick && tick < from + random.duration[child]!,
          );
          if (!covered) alone++;
        }
        return alone;
      });
      expect([...selfTicks(random)]).toEqual(counted);
    }
  });
});

describe('statisticsOf', () => {
  it('counts by operation: name and service', () => {
    const lines = linesOf(columns, byOperation(columns));
    expect(lines.map(({ label, count }) => `${label.service} ${label.text} ${count}`)).toEqual([
      'edge GET 1',
      'shop GET 2',
      'db query 1',
      'shop POST 1',
    ]);
    expect(lines[1]).toMatchObject({
      errors: 1,
      total: 70,
      average: 35,
      p50: 20,
      p95: 50,
      max: 50,
      self: 60,
      onPath: 60,
    });
  });

  it('counts by service and by kind, and leaves out what has no span', () => {
    expect(linesOf(columns, byService(columns)).map(line => line.count)).toEqual([1, 3, 1]);
    const kinds = linesOf(columns, byKind(columns));
    expect(kinds.map(line => [line.label.text, line.count])).toEqual([['internal', 5]]);
  });

  it('counts by a value, without the spans that have none', () => {
    const lines = linesOf(columns, byValue(['a', undefined, 'b', 'a', undefined]));
    expect(lines.map(line => [line.label.text, line.count, line.total])).toEqual([
      ['a', 2, 110],
      ['b', 1, 50],
    ]);
  });

  it('takes percentiles by nearest rank', () => {
    const many = briefColumns(
      ...Array.from({ length: 100 }, (_, i) => [0, 0, i + 1, 's x'] as const),
    );
    expect(linesOf(many, byService(many))[0]).toMatchObject({ p50: 50, p95: 95, max: 100 });
  });

  it('says nothing of a trace without spans', () => {
    expect(linesOf(briefColumns(), byService(briefColumns()))).toEqual([]);
  });
});
