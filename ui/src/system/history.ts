// The last minutes of a few figures, worked out from one reading of the metrics after the other.
import { countersOf, type Reading } from '../agent/pipeline';
import { total, type Sample } from '../text/prometheus';

/** What is drawn; rates are by the second, times in seconds. */
export const kFigures = [
  'received',
  'refused',
  'stored',
  'logBytes',
  'queries',
  'queryP95',
  'syncP99',
  'headBytes',
] as const;
export type Figure = (typeof kFigures)[number];

export interface Point {
  atMs: number;
  /** null: nothing happened that could be measured. */
  values: Readonly<Record<Figure, number | null>>;
}

/** So many points are kept: twenty minutes of one every five seconds. */
export const kMostPoints = 240;
/** Readings further apart are no neighbours: the page was elsewhere, or the machine asleep. */
const kMostApartMs = 30_000;

export class History {
  points: Point[] = [];
  before: Reading | undefined;
  now: Reading | undefined;

  take(reading: Reading): void {
    this.before = this.now;
    this.now = reading;
    const { before } = this;
    if (!before) return;
    const apart = reading.atMs - before.atMs;
    const values = apart <= kMostApartMs ? valuesOf(before, reading) : kNothing;
    this.points.push({ atMs: reading.atMs, values });
    if (this.points.length > kMostPoints) this.points.shift();
  }
}

/** What the blocks hold. */
export interface BlockFacts {
  spans: number;
  /** When the oldest span that retention may remove began; undefined while there is none. */
  oldestMs: number | undefined;
}

export function blockFacts(now: Reading): BlockFacts {
  const oldest = total(now.samples, 'clew_store_oldest_span_timestamp_seconds');
  return {
    spans: total(now.samples, 'clew_store_block_spans'),
    oldestMs: oldest === 0 ? undefined : oldest * 1000,
  };
}

const kNothing = Object.fromEntries(kFigures.map(name => [name, null])) as Point['values'];

function valuesOf(before: Reading, now: Reading): Point['values'] {
  const { count, rate } = countersOf(before, now);
  return {
    received: rate('clew_receiver_accepted_spans_total'),
    refused: rate('clew_receiver_refused_spans_total'),
    stored: rate('clew_store_appended_spans_total'),
    logBytes: rate('clew_store_log_written_bytes_total'),
    queries: rate('clew_query_duration_seconds_count'),
    queryP95: quantile(before, now, 'clew_query_duration_seconds', 0.95),
    syncP99: quantile(before, now, 'clew_store_log_sync_seconds', 0.99),
    headBytes: count('clew_store_head_bytes'),
  };
}

/**
 * The quantile of a histogram's observations between two readings, over all its series, as Prometheus
 * works it out: within its bucket they count as spread evenly. null if there were none. What lies past
 * the last finite bound is that bound.
 */
export function quantile(
  before: Reading,
  now: Reading,
  name: string,
  share: number,
): number | null {
  const buckets = [...cumulative(now.samples, name)]
    .map(([bound, count]) => ({
      bound,
      count: Math.max(0, count - (cumulative(before.samples, name).get(bound) ?? 0)),
    }))
    .sort((a, b) => a.bound - b.bound);
  const all = buckets.at(-1)?.count ?? 0;
  if (all === 0) return null;
  const wanted = share * all;
  let lower = 0;
  let below = 0;
  for (const { bound, count } of buckets) {
    if (count >= wanted) {
      if (!Number.isFinite(bound)) return lower;
      return lower + (bound - lower) * ((wanted - below) / (count - below));
    }
    lower = bound;
    below = count;
  }
  return lower;
}

/** Observations up to each bound, over all series. */
function cumulative(samples: readonly Sample[], name: string): Map<number, number> {
  const counts = new Map<number, number>();
  for (const sample of samples) {
    if (sample.name !== `${name}_bucket`) continue;
    const text = sample.labels['le'] ?? '';
    const bound = text === '+Inf' ? Infinity : Number(text);
    counts.set(bound, (counts.get(bound) ?? 0) + sample.value);
  }
  return counts;
}
