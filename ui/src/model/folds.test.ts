import { describe, expect, it } from 'vitest';
import { bigColumns, columnsOf, dice, type Form } from './columns_maker';
import { equalSiblings, groupOf } from './equal_siblings';
import { groupFacts } from './group_facts';
import {
  closedBelow,
  closedWithinServices,
  isGroupLine,
  lineOf,
  linesOf,
  noFolds,
  revealed,
  withApart,
  withClosed,
} from './folds';

const leaf = { name: 'query', service: 'db', lasts: 2 };
const shop = columnsOf(
  {
    name: 'checkout',
    service: 'edge',
    lasts: 100,
    children: [
      { name: 'validate', service: 'edge' },
      { ...leaf, children: [{ name: 'disk', service: 'db', lasts: 1 }] },
      { name: 'pay', lasts: 50, children: [leaf, leaf] },
      leaf,
      leaf,
    ],
  },
  { name: 'later' },
);
// 0 checkout, 1 validate, 2 query, 3 disk, 4 pay, 5 query, 6 query, 7 query, 8 query, 9 later
const folds = noFolds(shop);
const equal = equalSiblings(shop);

describe('equal siblings', () => {
  it('are at least three children of one parent with one operation, others may stand between', () => {
    expect(groupOf(equal, 7)).toEqual([2, 7, 8]);
    expect(groupFacts(shop, equal, Uint32Array.of(3, 7), 2)).toEqual({ size: 3, errors: 2 });
    expect(groupOf(equal, 5)).toEqual([5]); // two are too few, and have another parent
  });

  it.each<Form>(['sequential', 'deep', 'wide', 'random'])('agree with a plain count: %s', form => {
    const columns = bigColumns(form, 3000, 5);
    const found = equalSiblings(columns);
    const groups = new Map<string, number[]>();
    columns.parent.forEach((up, row) => {
      const key = `${up} ${columns.operation[row]}`;
      groups.set(key, [...(groups.get(key) ?? []), row]);
    });
    for (const rows of groups.values()) {
      for (const row of rows) expect(groupOf(found, row)).toEqual(rows.length < 3 ? [row] : rows);
    }
  });
});

describe('lines', () => {
  it('are all rows when nothing is folded', () => {
    expect([...linesOf(shop, folds)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('leave out what is below a closed row', () => {
    expect([...linesOf(shop, withClosed(folds, 4, true))]).toEqual([0, 1, 2, 3, 4, 7, 8, 9]);
    expect([...linesOf(shop, { ...folds, closed: closedBelow(shop, 1) })]).toEqual([0, 9]);
    expect([...linesOf(shop, { ...folds, closed: closedBelow(shop, 2) })]).toEqual([
      0, 1, 2, 4, 7, 8, 9,
    ]);
  });

  it('fold equal siblings with all below them into that of the first, until taken apart', () => {
    const folded = { ...folds, equal };
    expect([...linesOf(shop, folded)]).toEqual([0, 1, 2, 4, 5, 6, 9]);
    expect(isGroupLine(folded, 2)).toBe(true);
    const apart = withApart(folded, 7, true);
    expect([...linesOf(shop, apart)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(isGroupLine(apart, 2)).toBe(false);
    expect([...linesOf(shop, withApart(apart, 2, false))]).toEqual([0, 1, 2, 4, 5, 6, 9]);
  });

  it('leave out hidden services and short spans, not what is below them', () => {
    const edge = shop.services.indexOf('edge');
    const hidden = folds.hidden.map((_, service) => (service === edge ? 1 : 0));
    expect([...linesOf(shop, { ...folds, hidden })]).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...linesOf(shop, { ...folds, leastTicks: 10 })]).toEqual([0, 1, 4, 9]);
  });

  it('can be only those that lead from service to service', () => {
    const closed = closedWithinServices(shop);
    expect([...linesOf(shop, { ...folds, closed })]).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9]);
  });

  it('can always be brought to a row, whatever is folded', () => {
    const random = dice(11);
    for (const form of ['deep', 'wide', 'random'] as const) {
      const columns = bigColumns(form, 600, 3);
      const siblings = equalSiblings(columns);
      for (let round = 0; round < 200; round++) {
        const some = {
          closing: 0,
          closed: Uint8Array.from({ length: columns.count }, () => +(random(3) === 0)),
          equal: random(2) === 0 ? siblings : undefined,
          apart: new Uint8Array(columns.count),
          hidden: Uint8Array.from(columns.services, () => +(random(3) === 0)),
          leastTicks: random(100),
        };
        const row = random(columns.count);
        const lines = linesOf(columns, revealed(columns, some, row));
        expect(lines[lineOf(lines, row)]).toBe(row);
      }
    }
  });
});
