import { describe, expect, it } from 'vitest';
import type { MetricsAnswer, Series } from '../api/metrics';
import { callQuery, kFailed, ofService, quoted, spansWith } from './questions';
import { readRange, stepSeconds, timesOf, writeRange } from './range';
import {
  formatRate,
  formatShare,
  kDefaultSort,
  namedLike,
  readSort,
  redRows,
  sortedBy,
  sortRows,
  writeSort,
} from './red';

const kBy = 'resource.service.name';

function series(service: string, points: (number | null)[], p?: number): Series {
  const labels = [{ name: kBy, type: 'string', value: service as unknown }];
  if (p !== undefined) labels.push({ name: 'p', type: 'double', value: p });
  return { labels, points };
}

function answer(list: Series[], stepUs = 10e6): MetricsAnswer {
  return {
    startUs: 0,
    endUs: 30e6,
    stepUs,
    series: list,
    complete: true,
    inspectedSpans: 0,
    elapsedMs: 1,
  };
}

const answers = {
  rate: answer([series('shop', [1, 2, null]), series('pay', [4, 4, 4])]),
  errors: answer([series('shop', [0.5, null, null])]),
  quantiles: answer(
    [series('shop', [0.1], 0.5), series('shop', [0.2], 0.95), series('shop', [0.3], 0.99)],
    30e6,
  ),
  slow: answer([series('shop', [0.2, 0.1, 0])]),
  times: { startUs: 0, endUs: 30e6 },
  stepSeconds: 10,
};

describe('redRows', () => {
  const [shop, pay] = redRows(answers, kBy);

  it('adds up the intervals', () => {
    expect(shop).toMatchObject({ name: 'shop', spans: 30, rate: 1, errors: 5, p50: 0.1, p95: 0.2 });
    expect(shop?.errorShare).toBeCloseTo(5 / 30);
    expect(shop?.errorShares).toEqual([0.5, 0, null]);
    expect(shop?.slow).toEqual([0.2, 0.1, null]);
  });

  it('has no quantile where there is none', () => {
    expect(pay).toMatchObject({ spans: 120, errors: 0, errorShare: 0, p50: null, p99: null });
  });
});

describe('the order of rows', () => {
  const rows = redRows(answers, kBy);
  const names = (text: string) => sortRows(rows, readSort(text)).map(row => row.name);

  it('follows the key, with what is not known last', () => {
    expect(names('-rate')).toEqual(['pay', 'shop']);
    expect(names('rate')).toEqual(['shop', 'pay']);
    expect(names('p95')).toEqual(['shop', 'pay']);
    expect(names('-p95')).toEqual(['shop', 'pay']);
    expect(names('name')).toEqual(['pay', 'shop']);
  });

  it('is read from a URL and written there', () => {
    expect(readSort('-p99')).toEqual({ key: 'p99', descending: true });
    expect(writeSort(readSort('-p99'))).toBe('-p99');
    expect(readSort('nonsense')).toEqual(kDefaultSort);
    expect(readSort(null)).toEqual(kDefaultSort);
  });

  it('turns round on a second click', () => {
    expect(sortedBy(kDefaultSort, 'rate')).toEqual({ key: 'rate', descending: false });
    expect(sortedBy(kDefaultSort, 'name')).toEqual({ key: 'name', descending: false });
    expect(sortedBy(kDefaultSort, 'p50')).toEqual({ key: 'p50', descending: true });
  });

  it('is filtered by words in any order', () => {
    const list = [{ name: 'shop-Checkout' }, { name: 'shop-cart' }];
    expect(namedLike(list, 'check shop')).toEqual([{ name: 'shop-Checkout' }]);
    expect(namedLike(list, '  ').length).toBe(2);
  });
});

describe('numbers as text', () => {
  it('rates in the unit that suits', () => {
    expect(formatRate(0)).toBe('0/s');
    expect(formatRate(1234.5)).toBe('1,235/s');
    expect(formatRate(12.345)).toBe('12.3/s');
    expect(formatRate(0.05)).toBe('3/min');
    expect(formatRate(0.0005)).toBe('1.8/h');
  });

  it('shares', () => {
    expect(formatShare(0)).toBe('0 %');
    expect(formatShare(0.00001)).toBe('< 0.01 %');
    expect(formatShare(0.0235)).toBe('2.35 %');
    expect(formatShare(0.5)).toBe('50 %');
    expect(formatShare(1)).toBe('100 %');
  });
});

describe('questions', () => {
  it('quote what stands in names', () => {
    expect(quoted('a"b\\c\nd')).toBe('"a\\"b\\\\c\\nd"');
    expect(spansWith([])).toBe('{ }');
    expect(spansWith([ofService('a')], 'taken')).toBe(
      '{ resource.service.name = "a" && (kind = server || kind = consumer) }',
    );
    expect(ofService('')).toBe('resource.service.name = nil');
    expect(callQuery('a', 'b', true)).toBe(
      `{ resource.service.name = "a" } > { resource.service.name = "b" && ${kFailed} }`,
    );
  });
});

describe('the range', () => {
  const back = (text: string) => {
    const params = new URLSearchParams();
    writeRange(readRange(new URLSearchParams(text)), params);
    return params.toString();
  };

  it('is kept by the URL, the last hour by nothing', () => {
    expect(back('')).toBe('');
    expect(back('lookback=1d')).toBe('lookback=1d');
    expect(back('start=5&end=9')).toBe('start=5&end=9');
    expect(back('start=9&end=5')).toBe('');
    expect(back('lookback=soon')).toBe('');
  });

  it('ends now', () => {
    expect(timesOf({ lookback: '15m' }, 1000_000)).toEqual({ startUs: 100e6, endUs: 1000e6 });
  });

  it('is cut into round steps', () => {
    expect(stepSeconds({ startUs: 0, endUs: 3600e6 }, 40)).toBe(120);
    expect(stepSeconds({ startUs: 0, endUs: 1e6 }, 40)).toBe(1);
    expect(stepSeconds({ startUs: 0, endUs: 86400e6 * 3650 }, 40)).toBe(86400 * 92);
  });
});
