import { describe, expect, it } from 'vitest';
import { kEmptyForm } from './form';
import { explorePath, kNewExplored, olderQuery, readExplored, type Explored } from './query';
import { boundsAt, lastLabel, readLast, scaled, stepFor, writeLast } from './time_window';

const read = (text: string) => readExplored(new URLSearchParams(text));
const back = (explored: Explored) => read(explorePath(explored).split('?')[1] ?? '');

describe("the page's URL", () => {
  it('says nothing of what is the default', () => {
    expect(explorePath(kNewExplored)).toBe('/search');
    expect(read('')).toEqual(kNewExplored);
  });

  it('holds everything', () => {
    const all: Explored = {
      q: '{ span.a = "b & c" } | count() > 2',
      window: { lastSeconds: null, startUs: 1_700_000_000_000_000, endUs: 1_700_000_060_000_000 },
      limit: 200,
      after: 'ARefyW',
      pick: { box: { startUs: 17, endUs: 18, lowNs: 1024, highNs: 2048 } },
      view: 'scatter',
      numbers: true,
      columns: ['span.http.method', '."two words"'],
      sort: { column: 'duration', descending: true },
    };
    expect(back(all)).toEqual(all);
    const other: Explored = {
      ...all,
      window: { ...kNewExplored.window, lastSeconds: 900 },
      pick: { where: 'status = error' },
      sort: { column: 'span.http.method', descending: false },
    };
    expect(back(other)).toEqual(other);
  });

  it('is read with mistakes in it', () => {
    expect(read('last=forever&limit=-5&box=5-4-3-2&view=x&start=yesterday')).toEqual({
      ...kNewExplored,
      limit: 1,
    });
  });

  it('may be one of Jaeger, or one made before there was TraceQL', () => {
    const q = (text: string) => olderQuery(new URLSearchParams(text));
    expect(q('')).toBe('{}');
    expect(q('service=shop&operation=all&minDuration=10ms&maxDuration=x')).toBe(
      '{ resource.service.name = "shop" && duration >= 10ms }',
    );
    expect(q('tags={"http.status_code":"503","error":"true"}')).toBe(
      '{ status = error && (.http.status_code = 503 || .http.status_code = "503") }',
    );
    expect(q('tags=a%3D%22b%20c%22%20span.kind%3Dserver&tag=x:y')).toBe(
      '{ kind = server && .a = "b c" && .x = "y" }',
    );
    expect(read('service=shop&lookback=3h').window.lastSeconds).toBe(10_800);
    expect(kEmptyForm.conditions).toEqual([]);
  });
});

describe('the time', () => {
  it('is written short and read back', () => {
    for (const seconds of [1, 90, 300, 3600, 5400, 86_400, 604_800]) {
      expect(readLast(writeLast(seconds))).toBe(seconds);
    }
    expect(writeLast(5400)).toBe('90m');
    expect(readLast('0m')).toBeNull();
    expect(readLast('9999999d')).toBeNull();
    expect([lastLabel(300), lastLabel(3600), lastLabel(604_800)]).toEqual([
      'Last 5 minutes',
      'Last hour',
      'Last 7 days',
    ]);
  });

  it('ends now, or where it was fixed', () => {
    const window = { lastSeconds: 60, startUs: 0, endUs: 0 };
    expect(boundsAt(window, 100_000)).toEqual({ startUs: 40_000_000, endUs: 100_000_000 });
    const fixed = { lastSeconds: null, startUs: 1, endUs: 2 };
    expect(boundsAt(fixed, 100_000)).toEqual({ startUs: 1, endUs: 2 });
  });

  it('is parted into round intervals, never more than asked for', () => {
    expect(stepFor({ startUs: 0, endUs: 3600e6 }, 120)).toBe(30);
    expect(stepFor({ startUs: 0, endUs: 3601e6 }, 120)).toBe(60);
    expect(stepFor({ startUs: 0, endUs: 300 * 86_400e6 }, 10)).toBe(30 * 86_400);
  });

  it('gets wider, but not into the future', () => {
    expect(scaled({ startUs: 40e6, endUs: 60e6 }, 2, 1000_000)).toEqual({
      startUs: 30e6,
      endUs: 70e6,
    });
    expect(scaled({ startUs: 40e6, endUs: 60e6 }, 2, 60_000)).toEqual({
      startUs: 20e6,
      endUs: 60e6,
    });
  });
});
