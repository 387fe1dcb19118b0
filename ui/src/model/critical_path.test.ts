import { describe, expect, it } from 'vitest';
import { briefColumns, manyColumns, randomColumns } from './brief_columns';
import { Flag, type TraceColumns } from './columns';
import {
  criticalPath,
  errorRoots,
  mainRoot,
  pathByRow,
  piecesOf,
  ticksOnPath,
} from './critical_path';

/** The path as "name from-to", in order of time. */
function drawn(columns: TraceColumns, root?: number): string[] {
  const path = criticalPath(columns, root);
  return [...path.row].map(
    (row, i) => `${columns.names[columns.operation[row]!]} ${path.from[i]}-${path.to[i]}`,
  );
}

describe('criticalPath', () => {
  it('goes through the child that ends last, then through what ended before that began', () => {
    const columns = briefColumns(
      [0, 0, 100, 's root'],
      [1, 10, 30, 's first'],
      [1, 20, 35, 's beside'],
      [1, 40, 90, 's last'],
      [2, 50, 60, 's below'],
    );
    expect(drawn(columns)).toEqual([
      'root 0-20',
      'beside 20-35',
      'root 35-40',
      'last 40-50',
      'below 50-60',
      'last 60-90',
      'root 90-100',
    ]);
  });

  it('takes a child that ended in the very tick in which the next began', () => {
    const columns = briefColumns([0, 0, 20, 's root'], [1, 0, 10, 's a'], [1, 10, 20, 's b']);
    expect(drawn(columns)).toEqual(['a 0-10', 'b 10-20']);
  });

  it('clips children to their parents, at every level', () => {
    const columns = briefColumns(
      [0, 10, 100, 's root'],
      [1, 5, 120, 's child'],
      [2, 0, 130, 's grandchild'],
    );
    expect(drawn(columns)).toEqual(['grandchild 10-100']);
  });

  it('leaves out a child that shares no time with its parent, and all below it', () => {
    const columns = briefColumns(
      [0, 0, 100, 's root'],
      [1, 10, 20, 's sends'],
      [2, 30, 90, 's consumes later'],
      [3, 12, 18, 's below it'],
    );
    expect(drawn(columns)).toEqual(['root 0-10', 'sends 10-20', 'root 20-100']);
  });

  it('passes over spans that took no time', () => {
    const columns = briefColumns([0, 0, 10, 's root'], [1, 5, 5, 's a'], [1, 5, 5, 's b']);
    expect(drawn(columns)).toEqual(['root 5-10', 'root 0-5'].reverse());
  });

  it('explains the real root, not an orphan that lasts longer', () => {
    const columns = briefColumns(
      [0, 0, 50, 's root'],
      [0, 10, 500, 's orphan', Flag.orphan],
      [0, 60, 120, 's second root'],
    );
    expect(mainRoot(columns)).toBe(2);
    expect(drawn(columns)).toEqual(['second root 60-120']);
    expect(drawn(columns, 0)).toEqual(['root 0-50']);
  });

  it('makes do with the longest orphan if there is nothing else', () => {
    const columns = briefColumns([0, 0, 5, 's a', Flag.orphan], [0, 1, 90, 's b', Flag.orphan]);
    expect(mainRoot(columns)).toBe(1);
  });

  it('is empty without spans', () => {
    expect(criticalPath(briefColumns())).toMatchObject({ root: -1, row: new Uint32Array() });
  });

  it('covers the root without gap or overlap, whatever the tree', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const columns = randomColumns(seed);
      const path = criticalPath(columns);
      const { root } = path;
      expect(path.from[0]).toBe(columns.start[root]);
      expect(path.to.at(-1)).toBe(columns.start[root]! + columns.duration[root]!);
      for (let i = 0; i < path.row.length; i++) {
        const row = path.row[i]!;
        if (i > 0) expect(path.from[i]).toBe(path.to[i - 1]);
        expect(path.from[i]!).toBeLessThan(path.to[i]!);
        expect(columns.start[row]!).toBeLessThanOrEqual(path.from[i]!);
        expect(columns.start[row]! + columns.duration[row]!).toBeGreaterThanOrEqual(path.to[i]!);
      }
      const ticks = ticksOnPath(path, columns.count).reduce((sum, each) => sum + each, 0);
      expect(ticks).toBe(columns.duration[root]);
    }
  });

  it('walks 1,000,000 children of one span, and 100,000 levels', () => {
    const wide = manyColumns(1_000_000, row => (row === 0 ? 0 : 1));
    expect(criticalPath(wide).row.length).toBeGreaterThan(900_000);
    const deep = manyColumns(100_000, row => row);
    expect(criticalPath(deep).row.length).toBeGreaterThan(99_000);
  }, 60_000);
});

describe('pathByRow', () => {
  it('has the pieces of each row in order of time', () => {
    const columns = briefColumns([0, 0, 100, 's root'], [1, 10, 30, 's a'], [1, 40, 90, 's b']);
    const byRow = pathByRow(criticalPath(columns), columns.count);
    const pieces = [0, 1, 2].map(row => {
      const { from, to } = piecesOf(byRow, row);
      return [...from].map((tick, i) => `${tick}-${to[i]}`);
    });
    expect(pieces).toEqual([['0-10', '30-40', '90-100'], ['10-30'], ['40-90']]);
  });
});

describe('errorRoots', () => {
  it('are the failed spans that no failed descendant explains', () => {
    const columns = briefColumns(
      [0, 0, 9, 's a', Flag.error],
      [1, 0, 9, 's b'],
      [2, 0, 9, 's c', Flag.error],
      [3, 0, 9, 's d'],
      [1, 0, 9, 's e', Flag.error | Flag.noStart],
      [0, 0, 9, 's f', Flag.error | Flag.orphan],
    );
    expect([...errorRoots(columns)]).toEqual([2, 4, 5]);
  });
});
