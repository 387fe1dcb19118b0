import { describe, expect, it } from 'vitest';
import { Flag } from './columns';
import { columnsOf } from './columns_maker';
import { countWithin, factsOf } from './trace_facts';

describe('factsOf', () => {
  const facts = factsOf(
    columnsOf(
      {
        name: 'a',
        service: 'edge',
        at: 100,
        children: [
          { name: 'early', service: 'db', at: 90, flags: Flag.error },
          { name: 'startless', service: 'db', at: 0, flags: Flag.noStart | Flag.error },
        ],
      },
      { name: 'orphan', service: 'edge', at: 5, flags: Flag.orphan },
      { name: 'b', service: 'edge', at: 7 },
    ),
  );

  it('counts services, most spans first, with their errors', () => {
    expect(facts.services).toEqual([
      { name: 'edge', spanCount: 3, errorCount: 0 },
      { name: 'db', spanCount: 2, errorCount: 2 },
    ]);
    expect(facts.levels).toBe(2);
  });

  it('knows which spans are odd, and does not take a missing start for a wrong clock', () => {
    expect([...facts.failed]).toEqual([1, 2]);
    expect([...facts.skewed]).toEqual([1]);
    expect([...facts.startless]).toEqual([2]);
    expect([...facts.orphans]).toEqual([3]);
  });

  it('counts what lies within a subtree', () => {
    expect(countWithin(facts.failed, 0, 3)).toBe(2);
    expect(countWithin(facts.failed, 2, 3)).toBe(1);
    expect(countWithin(facts.failed, 3, 5)).toBe(0);
  });
});
