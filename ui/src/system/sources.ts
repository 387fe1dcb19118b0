// Where spans come from: by the place that agents stamp on what they pass on (docs/configuration.md, place).
// By what is sent alone: agents.ts has what agents say of themselves.
import { labelOf, type MetricsAnswer } from '../api/metrics';

export interface Source {
  /** Empty where the resource names none. */
  host: string;
  edge: string;
  coreLocation: string;
  datacenter: string;
  /** Spans in the last whole minute. */
  perSecond: number;
  /** Whole minutes for which nothing has come; 0 while it sends. */
  silentMinutes: number;
}

export const kSourceMinutes = 15;
/** After so long somebody who sent is missed: batches and retries take less. */
export const kMissedMinutes = 3;

const kLabels = {
  host: 'resource.host.name',
  edge: 'resource.clew.edge',
  coreLocation: 'resource.clew.core_location',
  datacenter: 'resource.clew.datacenter',
} as const;

export const kSourceQuery = `{ } | rate() by (${Object.values(kLabels).join(', ')})`;

/** Those of the last minutes, the silent ones first, then the busiest. Steps of `answer` are minutes. */
export function sourcesOf(answer: MetricsAnswer): Source[] {
  return answer.series
    .map(series => {
      // The last minute is not over yet.
      const whole = series.points.slice(0, -1).map(point => point ?? 0);
      const last = whole.findLastIndex(point => point > 0);
      const running = series.points.at(-1) ?? 0;
      const text = (name: string) => {
        const value = labelOf(series, name);
        return value === 'nil' ? '' : value; // TraceQL's word for what is not there
      };
      return {
        host: text(kLabels.host),
        edge: text(kLabels.edge),
        coreLocation: text(kLabels.coreLocation),
        datacenter: text(kLabels.datacenter),
        perSecond: whole.at(-1) ?? 0,
        silentMinutes: running > 0 ? 0 : whole.length - 1 - last,
        hasSent: running > 0 || last >= 0,
      };
    })
    .filter(({ hasSent }) => hasSent)
    .map(({ hasSent: _, ...source }) => source)
    .sort((a, b) => b.silentMinutes - a.silentMinutes || b.perSecond - a.perSecond);
}

/** "web-3", or the place where there is no host. */
export function nameOf(source: Source): string {
  return source.host || source.edge || source.coreLocation || source.datacenter || 'no place';
}
