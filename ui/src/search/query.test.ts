import { describe, expect, it } from 'vitest';
import {
  apiParams,
  kNewQuery,
  pinned,
  problemsOf,
  problemText,
  readQuery,
  searchPath,
  writeQuery,
  type SearchQuery,
} from './query';

const kNowMs = 1_700_000_000_000;
const read = (text: string) => readQuery(new URLSearchParams(text));

describe('the URL of a search', () => {
  it('is plain for the default search, and an empty one means the last hour of everything', () => {
    expect(searchPath(kNewQuery)).toBe('/search');
    expect(read('')).toEqual(kNewQuery);
  });

  it('reproduces every field', () => {
    const query: SearchQuery = {
      service: 'ingress gateway & co',
      operation: 'GET /ü?a=b',
      tags: 'http.status_code=503 user="a b"',
      minDuration: '100ms',
      maxDuration: '1.5s',
      lookback: '7d',
      startUs: null,
      endUs: null,
      limit: 100,
    };
    expect(readQuery(writeQuery(query))).toEqual(query);
    const custom: SearchQuery = {
      ...query,
      lookback: 'custom',
      startUs: 1,
      endUs: 1_700_000_000_000_000,
    };
    expect(readQuery(writeQuery(custom))).toEqual(custom);
  });

  it('replaces what makes no sense by the default', () => {
    expect(read('lookback=soon&limit=many&start=x')).toEqual(kNewQuery);
    expect(read('limit=1000000').limit).toBe(1000);
    expect(read('limit=-3').limit).toBe(1);
  });
});

describe('apiParams', () => {
  it('repeats tags, keeps durations as Go writes them, and turns a lookback into a start', () => {
    const query = read('service=s&tags=a%3Db+c%3D"d+e"&minDuration=100ms&lookback=5m&limit=50');
    expect(apiParams(query, kNowMs).toString()).toBe(
      `service=s&tag=a%3Db&tag=c%3Dd+e&minDuration=100ms&start=${(kNowMs - 300_000) * 1000}&limit=50`,
    );
  });

  it('sends the bounds of a custom range', () => {
    expect(apiParams(read('start=5&end=9'), kNowMs).toString()).toBe('start=5&end=9&limit=20');
  });
});

describe('pinned', () => {
  it('fixes a relative range, so that a link finds the same traces tomorrow', () => {
    const query = pinned(kNewQuery, kNowMs);
    expect(query).toMatchObject({
      lookback: 'custom',
      startUs: (kNowMs - 3_600_000) * 1000,
      endUs: kNowMs * 1000,
    });
    expect(pinned(query, kNowMs + 5000)).toEqual(query);
  });
});

describe('problemsOf', () => {
  it.each([
    ['', {}],
    ['minDuration=1ms&maxDuration=1s', {}],
    ['minDuration=10', { minDuration: expect.stringContaining('write a duration') }],
    ['minDuration=2s&maxDuration=1s', { maxDuration: 'less than the shortest' }],
    ['tags=a', { tags: expect.stringContaining('has no value') }],
    ['start=9&end=5', { endUs: 'not after the start' }],
  ])('%s', (params, problems) => expect(problemsOf(read(params))).toEqual(problems));

  it('is told by the names of the fields', () => {
    expect(problemText({ maxDuration: 'bad', endUs: 'worse' })).toBe('Longest: bad; To: worse');
  });
});
