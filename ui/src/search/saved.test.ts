import { describe, expect, it } from 'vitest';
import { readSaved } from './saved';

describe('saved searches', () => {
  it('are read with whatever stands there', () => {
    const good = { name: 'mine', path: '/search?q=%7B%7D' };
    expect(
      readSaved(JSON.stringify([good, 5, null, { name: 'x' }, { name: '', path: '/search' }])),
    ).toEqual([good]);
    expect(readSaved(JSON.stringify([{ name: 'evil', path: '//elsewhere/search' }]))).toEqual([]);
    for (const text of [null, '', '{', '{"name": "x"}', '7']) expect(readSaved(text)).toEqual([]);
  });
});
