import { describe, expect, it } from 'vitest';
import type { MetricsAnswer } from '../api/metrics';
import {
  compareQuery,
  compareShares,
  conditionOn,
  readComparison,
  withCondition,
  zOf,
} from './differ';

type Row = [meta: string, field: string, value: string | number | null, count: number];

function answer(rows: readonly Row[]): MetricsAnswer {
  return {
    startUs: 0,
    endUs: 1,
    stepUs: 1,
    series: rows.map(([meta, name, value, count]) => ({
      labels: [
        { name: '__meta_type', type: 'string', value: meta },
        typeof value === 'number'
          ? { name, type: 'int64', value: String(value) }
          : { name, type: 'string', value: value ?? 'nil' },
      ],
      points: [count],
    })),
    complete: true,
    inspectedSpans: 0,
    elapsedMs: 1,
  };
}

const rows: Row[] = [
  ['selection_total', 'name', null, 100],
  ['baseline_total', 'name', null, 1000],
  ['selection', 'name', 'GET', 100],
  ['baseline', 'name', 'GET', 1000],
  ['selection_total', 'status', null, 100],
  ['baseline_total', 'status', null, 1000],
  ['selection', 'status', 'error', 100],
  ['baseline', 'status', 'unset', 1000],
  ['selection_total', 'resource.host', null, 100],
  ['baseline_total', 'resource.host', null, 1000],
  ['selection', 'resource.host', 'n7', 95],
  ['selection', 'resource.host', 'n1', 5],
  ['baseline', 'resource.host', 'n7', 100],
  ['baseline', 'resource.host', 'n1', 890],
  ['selection_total', 'span.code', null, 40],
  ['baseline_total', 'span.code', null, 1000],
  ['selection', 'span.code', 503, 30],
  ['selection', 'span.code', '503', 10],
  ['baseline', 'span.code', 503, 990],
];

describe('what tells spans from others', () => {
  const pick = { where: 'status = error' };
  const compared = readComparison(answer(rows), pick);

  it('is ranked by effect, without what was picked by', () => {
    expect([compared.selected, compared.others]).toEqual([100, 1000]);
    expect(compared.attributes.map(({ field }) => field)).toEqual([
      'resource.host',
      'span.code',
      'name',
    ]);
    expect(compared.setAside.map(({ field }) => field)).toEqual(['status']);
  });

  it('counts both sides exactly, also of spans without the attribute, and says what is not listed', () => {
    const [host, code, name] = compared.attributes;
    expect(host?.values[0]).toMatchObject({ selected: 95, others: 100, value: { text: 'n7' } });
    expect(host?.values[0]?.effect).toBeCloseTo(0.85);
    expect([host?.unlistedSelected, host?.unlistedOthers]).toEqual([0, 10]);
    expect(
      code?.values.map(({ value, selected, others }) => [value?.literal, selected, others]),
    ).toEqual([
      ['503', 30, 990],
      [undefined, 60, 0],
      ['"503"', 10, 0],
    ]);
    expect(name?.values[0]).toMatchObject({ effect: 0, sure: 0 });
  });

  it('names what the selection has before what it lacks', () => {
    const mirrored: Row[] = [
      ['selection_total', 'name', null, 50],
      ['baseline_total', 'name', null, 50],
      ['selection_total', 'span.version', null, 50],
      ['baseline_total', 'span.version', null, 50],
      ['selection', 'span.version', '2.0', 50],
      ['baseline', 'span.version', '1.0', 50],
    ];
    const [version] = readComparison(answer(mirrored), pick).attributes;
    expect(version?.values.map(({ value }) => value?.text)).toEqual(['2.0', '1.0']);
  });

  it('becomes a condition, again and again', () => {
    const [host, code] = compared.attributes;
    const n7 = host?.values[0]?.value ?? null;
    const once = withCondition(
      '{ resource.service.name = "shop" }',
      conditionOn('resource.host', n7, true),
    );
    expect(once).toBe('{ resource.service.name = "shop" && resource.host = "n7" }');
    const int = code?.values[0]?.value ?? null;
    expect(withCondition(once, conditionOn('span.code', int, false))).toBe(
      '{ resource.service.name = "shop" && resource.host = "n7" && !(span.code = 503) }',
    );
    expect(conditionOn('span.two words', null, true)).toBe('span."two words" = nil');
    expect(conditionOn('status', { type: 'string', text: 'error', literal: 'error' }, true)).toBe(
      'status = error',
    );
  });

  it('is asked of a box with its exact ends', () => {
    const box = {
      startUs: 1_700_000_000_000_000,
      endUs: 1_700_000_010_000_000,
      lowNs: 1024,
      highNs: 4096,
    };
    expect(compareQuery('{ .a }', { box })).toBe(
      '{ .a } | compare({ duration > 1024ns && duration <= 4096ns }, 100, 1700000000000000001, 1700000010000000001)',
    );
    expect(compareQuery('{}', pick)).toBe('{} | compare({ status = error }, 100)');
  });
});

describe('how sure an effect is', () => {
  const z = 1.959964;

  it('depends on how many values were looked at', () => {
    expect(zOf(1)).toBeCloseTo(1.95996, 3);
    expect(zOf(50)).toBeCloseTo(3.29053, 3);
    expect(zOf(2000)).toBeCloseTo(4.2149, 2);
    const user: Row[] = [
      ['selection_total', 'name', null, 77],
      ['baseline_total', 'name', null, 3923],
      ['selection_total', 'span.user', null, 77],
      ['baseline_total', 'span.user', null, 3923],
      ['selection', 'span.user', 'u1', 1],
      ...Array.from({ length: 99 }, (_, i): Row => ['selection', 'span.user', `v${i}`, 0]),
    ];
    const [first] = readComparison(answer(user), { where: 'duration > 1s' }).attributes;
    expect(first?.values[0]?.sure).toBe(0);
  });

  it('is the interval of Agresti and Caffo', () => {
    // By hand: 57/72 − 49/82 = 0.19411; the root of 0.0022906 + 0.0029337 times 1.96 = 0.14167.
    const compared = compareShares(null, 56, 48, { all: [70, 80], z });
    expect(compared.effect).toBeCloseTo(0.2, 10);
    expect(compared.low).toBeCloseTo(0.05244, 4);
    expect(compared.high).toBeCloseTo(0.33578, 4);
    expect(compareShares(null, 0, 0, { all: [0, 0], z }).sure).toBe(0);
  });

  it('is little for few spans', () => {
    const few = compareShares(null, 2, 500, { all: [2, 1000], z });
    const many = compareShares(null, 200, 500, { all: [200, 1000], z });
    expect(few.effect).toBe(many.effect);
    expect(few.sure).toBeLessThan(many.sure);
    expect(compareShares(null, 1, 500, { all: [2, 1000], z }).sure).toBe(0);
  });
});
