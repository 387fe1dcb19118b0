// What the agent's page draws, worked out from two readings of its metrics.
import { total, type Sample } from '../text/prometheus';

/** The answer of /api/clew/v1/agent. */
export interface About {
  version: string;
  place: NameAndValue[];
  receivers: NameAndValue[];
  exporters: NameAndValue[];
  log: { timeMs: number; level: string; text: string }[];
}

export interface NameAndValue {
  name: string;
  value: string;
}

/** One reading. */
export interface Reading {
  atMs: number;
  samples: Sample[];
}

export interface Receiver {
  name: string;
  address: string;
  perSecond: number;
  total: number;
  refused: number;
}

export interface Exporter {
  name: string;
  endpoint: string;
  perSecond: number;
  total: number;
  failed: number;
  retriesPerSecond: number;
  queueBytes: number;
  queueCapacity: number;
}

/** Something that was given up, and why. */
export interface Loss {
  where: string;
  reason: string;
  count: number;
  perSecond: number;
}

export interface Pipeline {
  receivers: Receiver[];
  exporters: Exporter[];
  /** Share of what came that sampling keeps, 0 to 1; undefined while nothing has come. */
  keptShare: number | undefined;
  losses: Loss[];
}

const kItems = ['spans', 'log_records', 'metric_points'] as const;
const kSampled = 'clew_processor_probabilistic_sampler_count_traces_sampled_total';

export function pipelineOf(about: About, before: Reading, now: Reading): Pipeline {
  const { count, rate } = countersOf(before, now);
  return {
    receivers: receiversOf(about.receivers, before, now),
    exporters: about.exporters.map(({ name, value }) => {
      const labels = { exporter: name };
      return {
        name,
        endpoint: value,
        perSecond: sum(item => rate(`clew_exporter_sent_${item}_total`, labels)),
        total: sum(item => count(`clew_exporter_sent_${item}_total`, labels)),
        failed: sum(item => count(`clew_exporter_send_failed_${item}_total`, labels)),
        retriesPerSecond: rate('clew_exporter_retries_total', labels),
        queueBytes: count('clew_exporter_queue_size_bytes', labels),
        queueCapacity: count('clew_exporter_queue_capacity_bytes', labels),
      };
    }),
    keptShare: keptShareOf(now.samples),
    losses: lossesOf(before, now),
  };
}

export function receiversOf(
  receivers: readonly NameAndValue[],
  before: Reading,
  now: Reading,
): Receiver[] {
  const { count, rate } = countersOf(before, now);
  return receivers.map(({ name, value }) => {
    const [receiver = '', transport = ''] = name.split('/');
    const labels = { receiver, transport };
    return {
      name,
      address: value,
      perSecond: sum(item => rate(`clew_receiver_accepted_${item}_total`, labels)),
      total: sum(item => count(`clew_receiver_accepted_${item}_total`, labels)),
      refused: sum(item => count(`clew_receiver_refused_${item}_total`, labels)),
    };
  });
}

/** What counters say now, and how fast they rise. */
export function countersOf(before: Reading, now: Reading) {
  const seconds = secondsBetween(before, now);
  const count = (name: string, labels?: Labels) => total(now.samples, name, labels);
  // A restart in between makes counters fall; what they show then is what came since.
  const rate = (name: string, labels?: Labels) =>
    Math.max(count(name, labels) - total(before.samples, name, labels), 0) / seconds;
  return { count, rate };
}

function secondsBetween(before: Reading, now: Reading): number {
  return Math.max((now.atMs - before.atMs) / 1000, 0.001);
}

function sum(of: (item: string) => number): number {
  return kItems.map(of).reduce((all, part) => all + part, 0);
}

type Labels = Readonly<Record<string, string>>;

function keptShareOf(samples: readonly Sample[]): number | undefined {
  const kept = total(samples, kSampled, { sampled: 'true' });
  const dropped = total(samples, kSampled, { sampled: 'false' });
  return kept + dropped > 0 ? kept / (kept + dropped) : undefined;
}

const kLoss =
  /^clew_(receiver|exporter)_(refused|dropped|send_failed|enqueue_failed|rejected)_(spans|log_records|metric_points)_total$/;

/** What sampling gives up beyond its rates. */
const kGivenUp: Record<string, string> = {
  clew_sampling_rate_limited_spans_total: 'rate_limiting',
  clew_sampling_pressure_spans_total: 'memory pressure',
};

/** What was given up since the process was started, what goes on now first. */
export function lossesOf(before: Reading, now: Reading): Loss[] {
  const seconds = secondsBetween(before, now);
  const losses: Loss[] = [];
  for (const { name, labels, value } of now.samples) {
    const parts = kLoss.exec(name);
    const isLimit = name === 'clew_limit_hit_total';
    const givenUp = kGivenUp[name];
    if ((!parts && !isLimit && !givenUp) || value === 0) continue;
    const rise = value - total(before.samples, name, labels);
    losses.push({
      where: parts
        ? `${labels['exporter'] ?? [labels['receiver'], labels['transport']].join('/')}: ${parts[3]!.replace('_', ' ')} ${parts[2]!.replace('_', ' ')}`
        : givenUp
          ? 'sampling: whole traces given up'
          : 'limit hit',
      reason: givenUp ?? labels['reason'] ?? labels['limit'] ?? '',
      count: value,
      perSecond: Math.max(rise, 0) / seconds,
    });
  }
  return losses.sort((a, b) => b.perSecond - a.perSecond || b.count - a.count);
}
