import { describe, expect, it } from 'vitest';
import type { TraceSummary } from '../api/types';
import { kMostRows, kStripSeconds, LiveList } from './live_list';

function trace(traceId: string, spanCount = 1, errorCount = 0): TraceSummary {
  return {
    traceId,
    rootService: 'shop',
    rootOperation: 'GET /',
    startUs: 0,
    durationUs: 1000,
    spanCount,
    errorCount,
    rootMissing: false,
    services: [],
  };
}

const ids = (list: LiveList) =>
  list.rows.map(row => (row.is === 'trace' ? row.trace.traceId : row.is));

describe('LiveList', () => {
  it('shows the newest first, and updates a trace that comes again where it stands', () => {
    const list = new LiveList();
    list.take(trace('a'), 1000, false);
    list.take(trace('b'), 2000, false);
    list.take(trace('a', 5), 3000, false);
    expect(ids(list)).toEqual(['b', 'a']);
    expect(list.rows[1]).toMatchObject({ firstSpans: 1, firstMs: 1000, lastMs: 3000 });
    expect(list.rows[1]).toMatchObject({ trace: { spanCount: 5 } });
    expect(list.told).toBe(2);
  });

  it('does not move while it is held still, and loses nothing that it would still show', () => {
    const list = new LiveList();
    list.take(trace('a'), 0, false);
    list.take(trace('b'), 0, true);
    list.take(trace('c'), 0, true);
    list.take(trace('b', 2), 0, true);
    list.take(trace('a', 3), 0, true);
    expect(ids(list)).toEqual(['a']);
    expect(list.rows[0]).toMatchObject({ trace: { spanCount: 3 } });
    expect(list.held.length).toBe(2);
    list.release();
    expect(ids(list)).toEqual(['c', 'b', 'a']);
    expect(list.rows[1]).toMatchObject({ trace: { spanCount: 2 } });
    expect(list.held).toEqual([]);
  });

  it('is bounded, and counts what has left', () => {
    const list = new LiveList();
    for (let i = 0; i < kMostRows + 7; i++) list.take(trace(`t${i}`), i, false);
    expect(list.rows.length).toBe(kMostRows);
    expect(ids(list)[0]).toBe(`t${kMostRows + 6}`);
    expect(list.left).toBe(7);
    for (let i = 0; i < 2 * kMostRows; i++) list.take(trace(`h${i}`), i, true);
    expect(list.held.length).toBe(kMostRows);
    expect(list.left).toBe(7 + kMostRows);
    list.release();
    expect(list.rows.length).toBe(kMostRows);
    expect(list.told - list.left).toBe(kMostRows);
  });

  it('marks the time in which nothing was heard, once', () => {
    const list = new LiveList();
    list.beginGap(500); // nothing to mark in an empty list
    list.take(trace('a'), 1000, false);
    list.beginGap(2000);
    list.beginGap(2500);
    list.endGap(4000);
    list.take(trace('b'), 5000, false);
    expect(ids(list)).toEqual(['b', 'gap', 'a']);
    expect(list.rows[1]).toEqual({ is: 'gap', fromMs: 2000, toMs: 4000 });
  });

  it('counts by second what was told, failed and dropped', () => {
    const list = new LiveList();
    list.take(trace('a', 1, 1), 1500, false);
    list.take(trace('b'), 1900, false);
    list.drop(17, 2100);
    const strip = list.strip(3000);
    expect(strip.length).toBe(kStripSeconds);
    expect(strip.slice(-2)).toEqual([
      { told: 2, failed: 1, dropped: 0 },
      { told: 0, failed: 0, dropped: 17 },
    ]);
    expect(list.dropped).toBe(17);
    expect(list.strip(3000 + 61_000).every(tick => tick.told === 0)).toBe(true);
  });
});
