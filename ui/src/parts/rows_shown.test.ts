import { expect, it } from 'vitest';
import { kMostShown, readShown, writeShown } from './rows_shown';

it('reads how many rows are wished for, and takes nothing for a number that is none', () => {
  expect(readShown('400')).toBe(400);
  for (const text of [null, '', '0', '-3', '1.5', 'all']) expect(readShown(text)).toBe(0);
  expect(readShown('9e9')).toBe(kMostShown);
});

it('says nothing of what is usual', () => {
  const params = new URLSearchParams('sort=p95&shown=400');
  writeShown(0, params);
  writeShown(600, params, 'shownCallers');
  expect(params.toString()).toBe('sort=p95&shownCallers=600');
});
