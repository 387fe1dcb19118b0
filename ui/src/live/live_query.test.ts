import { describe, expect, it } from 'vitest';
import {
  conditionsOf,
  kAnything,
  livePath,
  liveParams,
  liveProblems,
  readLiveQuery,
  readPaused,
} from './live_query';

const there = (path: string) => readLiveQuery(new URL(path, 'http://x').searchParams);

describe('a live query', () => {
  it('goes through the URL and back', () => {
    const query = {
      service: 'shop',
      operation: 'GET /',
      where: 'span.http.status_code >= 500 && resource.host.name = "a && b"',
      errorsOnly: true,
      minDuration: '100ms',
      maxDuration: '2s',
      rate: 50,
    };
    expect(there(livePath(query))).toEqual(query);
    expect(there(livePath(kAnything))).toEqual(kAnything);
    expect(livePath(kAnything)).toBe('/live');
  });

  it('is paused in the address of the page, not in what the server is asked', () => {
    const query = { ...kAnything, service: 'shop' };
    expect(livePath(query, true)).toBe('/live?service=shop&paused=true');
    expect(livePath(kAnything, true)).toBe('/live?paused=true');
    const params = new URLSearchParams('service=shop&paused=true');
    expect(readPaused(params)).toBe(true);
    expect(readPaused(new URLSearchParams('paused=no'))).toBe(false);
    expect(liveParams(readLiveQuery(params)).has('paused')).toBe(false);
  });

  it('leaves out what makes no sense', () => {
    expect(there('/live?rate=0').rate).toBe(20);
    expect(there('/live?rate=x').rate).toBe(20);
    expect(there('/live?status=ok').errorsOnly).toBe(false);
  });

  it('says what is wrong', () => {
    expect(liveProblems({ ...kAnything, minDuration: '5' }).minDuration).toContain('100ms');
    expect(liveProblems({ ...kAnything, minDuration: '2s', maxDuration: '1s' })).toEqual({
      maxDuration: 'less than the shortest',
    });
    expect(liveProblems(kAnything)).toEqual({});
  });
});

describe('conditionsOf', () => {
  it.each([
    ['', []],
    ['a = 1', ['a = 1']],
    ['a = 1 && b', ['a = 1', 'b']],
    ['a = "x && \\" y" && b', ['a = "x && \\" y"', 'b']],
    ['a = "unended && b', ['a = "unended', 'b']],
    ['a =~ x&y', ['a =~ x&y']],
    ['&& a &&', ['a']],
  ])('%s', (text, conditions) => expect(conditionsOf(text)).toEqual(conditions));
});
