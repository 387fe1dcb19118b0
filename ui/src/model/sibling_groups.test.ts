import { describe, expect, it } from 'vitest';
import { columnsOf, manyColumns, type BriefSpan } from './brief_columns';
import { Flag } from './columns';
import { siblingGroups } from './sibling_groups';

/** Groups as "first-end ×members". */
function drawn(...spans: BriefSpan[]): string[] {
  const { first, end, members } = siblingGroups(columnsOf(...spans), 3);
  return [...first].map((row, i) => `${row}-${end[i]} ×${members[i]}`);
}

const query = (start: number): BriefSpan => [1, start, start + 1, 'db query'];

describe('siblingGroups', () => {
  it('groups siblings of one operation that follow each other', () => {
    const root: BriefSpan = [0, 0, 100, 'shop GET'];
    expect(drawn(root, query(1), query(2), query(3))).toEqual(['1-4 ×3']);
    expect(drawn(root, query(1), query(2))).toEqual([]);
    expect(drawn(root, query(1), [1, 2, 3, 'db commit'], query(4), query(5))).toEqual([]);
  });

  it('takes subtrees for equal that differ only in how often and in which order', () => {
    expect(
      drawn(
        [0, 0, 100, 'shop GET'],
        [1, 0, 9, 'cart add'],
        [2, 1, 2, 'db read'],
        [2, 2, 3, 'db write'],
        [1, 10, 19, 'cart add'],
        [2, 11, 12, 'db write'],
        [2, 12, 13, 'db read'],
        [2, 13, 14, 'db read'],
        [1, 20, 29, 'cart add'],
        [2, 21, 22, 'db read'],
        [2, 22, 23, 'db write'],
      ),
    ).toEqual(['1-11 ×3']);
  });

  it('keeps apart what does something else further down', () => {
    const cart = (start: number, leaf: string): BriefSpan[] => [
      [1, start, start + 9, 'cart add'],
      [2, start, start + 5, 'db write'],
      [3, start, start + 1, leaf],
    ];
    const root: BriefSpan = [0, 0, 100, 'shop GET'];
    const equal = [...cart(0, 'disk sync'), ...cart(10, 'disk sync'), ...cart(20, 'disk sync')];
    expect(drawn(root, ...equal)).toEqual(['1-10 ×3']);
    const oneRetries = [...equal.slice(0, 6), ...cart(20, 'disk retry')];
    expect(drawn(root, ...oneRetries)).toEqual([]);
  });

  it('finds groups within groups', () => {
    const cart = (start: number): BriefSpan[] => [
      [1, start, start + 9, 'cart add'],
      [2, start, start + 1, 'db read'],
      [2, start + 1, start + 2, 'db read'],
      [2, start + 2, start + 3, 'db read'],
    ];
    expect(drawn([0, 0, 100, 's root'], ...cart(0), ...cart(10), ...cart(20))).toEqual([
      '1-13 ×3',
      '2-5 ×3',
      '6-9 ×3',
      '10-13 ×3',
    ]);
  });

  it('groups roots, but nothing across parents', () => {
    expect(drawn([0, 0, 1, 's a'], [0, 1, 2, 's a'], [0, 2, 3, 's a'], [1, 2, 3, 's a'])).toEqual(
      [],
    ); // the third does something below
    expect(drawn([0, 0, 1, 's a'], [0, 1, 2, 's a'], [0, 2, 3, 's a'])).toEqual(['0-3 ×3']);
    expect(
      drawn(
        [0, 0, 9, 's x'],
        [1, 1, 2, 's a'],
        [1, 2, 3, 's a'],
        [0, 9, 20, 's y'],
        [1, 9, 10, 's a'],
      ),
    ).toEqual([]);
  });

  it('says what a fold hides: errors, and how long members took', () => {
    const groups = siblingGroups(
      columnsOf(
        [0, 0, 100, 's root'],
        [1, 0, 10, 's a'],
        [2, 0, 1, 's b', Flag.error],
        [1, 10, 40, 's a', Flag.error],
        [2, 10, 11, 's b'],
        [1, 50, 55, 's a'],
        [2, 50, 51, 's b'],
      ),
      3,
    );
    expect(groups.errors[0]).toBe(2);
    expect([groups.total[0], groups.shortest[0], groups.longest[0]]).toEqual([45, 5, 30]);
    expect([...groups.groupOf]).toEqual([-1, 0, -1, 0, -1, 0, -1]);
  });

  it('takes a million spans, and 100,000 levels', () => {
    const wide = manyColumns(1_000_001, row => (row === 0 ? 0 : 2 - (row % 2)));
    expect([...siblingGroups({ ...wide, operation: wide.depth }).members]).toEqual([500_000]);
    expect(siblingGroups(manyColumns(100_000, row => row)).members.length).toBe(0);
  });
});
