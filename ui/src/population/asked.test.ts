import { expect, test } from 'vitest';
import { kAll, pinned, questionOf, readAsked, writeAsked } from './asked';
import { linksOf } from './call_tree';
import { frameKeys, readState, statePath } from './page_state';

const kNowMs = 1_700_000_000_000;
const read = (query: string) => readAsked(new URLSearchParams(query), '', kNowMs);

test('a range is one that ends now, or two times', () => {
  expect(read('')).toEqual(kAll);
  expect(read('q=%7B%7D&lookback=1d')).toEqual({ ...kAll, q: '{}', range: '1d' });
  expect(read('start=5&end=9')).toEqual({ ...kAll, range: 'custom', startUs: 5, endUs: 9 });
  expect(read('start=x&lookback=soon')).toEqual(kAll);
});

test('a lookback that is no choice here is kept as a start', () => {
  const asked = read('lookback=45m');
  expect(asked).toEqual({
    ...kAll,
    range: 'custom',
    startUs: (kNowMs - 45 * 60_000) * 1000,
    endUs: null,
  });
});

test('a pinned range is the same one later', () => {
  const asked = pinned({ ...kAll, range: '15m' }, kNowMs);
  expect(asked.endUs).toBe(kNowMs * 1000);
  expect(questionOf(asked, kNowMs + 1e6)).toEqual(questionOf({ ...kAll, range: '15m' }, kNowMs));
});

test('what is asked can be read from the address again, with or without a suffix', () => {
  for (const query of ['q=%7B+%7D&lookbackA=1d', 'qA=x&startA=5']) {
    const params = new URLSearchParams();
    writeAsked(readAsked(new URLSearchParams(query)), params);
    writeAsked(readAsked(new URLSearchParams(query), 'A'), params, 'A');
    expect(String(params)).toBe(query);
  }
});

test('the address holds all that the page shows', () => {
  for (const query of [
    '',
    '?q=x&by=count&p=p99&shade=duration&find=a&frame=1z&shown=500',
    '?traceId=a',
  ]) {
    expect(statePath(readState(new URLSearchParams(query)))).toBe(`/population${query}`);
  }
  expect(readState(new URLSearchParams('by=x&p=p1&shade=x'))).toEqual(
    readState(new URLSearchParams()),
  );
});

test('a frame is called the same whatever else is in the tree', () => {
  const tree = (depths: number[], name: string[]) => ({
    count: depths.length,
    ...linksOf(depths),
    service: depths.map(() => 's'),
    name,
    kind: depths.map(() => 'server' as const),
  });
  const [root, call] = frameKeys(tree([0, 1], ['get', 'read']));
  const more = frameKeys(tree([0, 1, 0, 1, 1], ['put', 'read', 'get', 'check', 'read']));
  expect([more[2], more[4]]).toEqual([root, call]);
  expect(more[1]).not.toBe(call);
});
