import { describe, expect, it } from 'vitest';
import type { MetricsAnswer } from '../api/metrics';
import { kSourceQuery, nameOf, sourcesOf } from './sources';

function answer(
  ...series: [host: string, edge: string, points: (number | null)[]][]
): MetricsAnswer {
  return {
    startUs: 0,
    endUs: 1,
    stepUs: 60e6,
    series: series.map(([host, edge, points]) => ({
      labels: [
        { name: 'resource.host.name', type: 'string', value: host },
        { name: 'resource.clew.edge', type: 'string', value: edge },
      ],
      points,
    })),
    complete: true,
    inspectedSpans: 0,
    elapsedMs: 0,
  };
}

describe('sourcesOf', () => {
  it('tells who sends from who has stopped, the latter first', () => {
    const sources = sourcesOf(
      answer(
        ['web-1', 'nil', [5, 5, 5, 5, 1]],
        ['web-2', 'nil', [5, 5, null, 0, 0]],
        ['web-3', 'ams', [9, 9, 9, 9, 9]],
        ['gone', 'nil', [0, 0, 0, 0, 0]],
      ),
    );
    expect(sources.map(({ host, silentMinutes }) => [host, silentMinutes])).toEqual([
      ['web-2', 2],
      ['web-3', 0],
      ['web-1', 0],
    ]);
    expect(sources[1]).toMatchObject({ edge: 'ams', coreLocation: '', perSecond: 9 });
    expect(sources[2]).toMatchObject({ edge: '', perSecond: 5 });
  });

  it('takes who has just begun for one that sends', () => {
    expect(sourcesOf(answer(['new', 'nil', [0, 0, 3]]))[0]).toMatchObject({
      perSecond: 0,
      silentMinutes: 0,
    });
  });

  it('names a source by what it has', () => {
    const [one, other] = sourcesOf(answer(['nil', 'ams', [1, 1]], ['nil', 'nil', [1, 1]]));
    expect([one, other].map(source => source && nameOf(source))).toEqual(['ams', 'no place']);
    expect(kSourceQuery).toContain('by (resource.host.name, resource.clew.edge');
  });
});
