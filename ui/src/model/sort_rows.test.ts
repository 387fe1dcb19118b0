import { describe, expect, it } from 'vitest';
import { sortRows } from './sort_rows';

function sorted(keys: Uint32Array): Uint32Array {
  const rows = Uint32Array.from(keys, (_, row) => row);
  sortRows(rows, keys);
  return rows;
}

describe('sortRows', () => {
  it.each([0, 1, 2, 63, 64, 65, 5000])('sorts %i rows as a stable comparison does', count => {
    const keys = Uint32Array.from({ length: count }, (_, i) =>
      i % 3 === 0 ? 0xffff_ffff - (i % 7) : Math.imul(i + 1, 2654435761) >>> (i % 31),
    );
    const expected = [...keys.keys()].sort((a, b) => keys[a]! - keys[b]!);
    expect([...sorted(keys)]).toEqual(expected);
  });
});
