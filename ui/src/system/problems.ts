// What is wrong with a store, in words, with what to do about it. The worst first.
import { countersOf, lossesOf, type Loss, type Reading } from '../agent/pipeline';
import { formatBytes, formatCount, formatRate } from '../text/quantity';
import { formatDuration } from '../text/duration';
import { blockFacts, type BlockFacts } from './history';
import type { System } from './system_types';

export interface Problem {
  /** error: spans are lost, or were. warning: they will be, or something does not work as it should. */
  level: 'error' | 'warning';
  what: string;
  advice: string;
}

const kRefusals: Readonly<Record<string, [why: string, advice: string]>> = {
  shutdown: ['the store is shutting down', 'Start it again; whoever sends tries again.'],
  disk_space: [
    'the disk is nearly full',
    'Free space on it, or lower --max-bytes or --retention: blocks go within a minute.',
  ],
  log: ['the log could not be written', 'Look at the disk (dmesg, smartctl) and at the log below.'],
  head: [
    'spans come faster than blocks are written',
    'Give it a faster disk or more --memory-limit, or let agents sample.',
  ],
  in_flight: [
    'too many requests wait for the log',
    'Give it a faster disk or more --memory-limit; senders try again.',
  ],
  tenants: ['there is one tenant too many', 'Look who sends with a new X-Scope-OrgID.'],
  size: ['requests are larger than a store in memory takes', 'Let senders make smaller batches.'],
};

export function problemsOf(system: System, before: Reading, now: Reading): Problem[] {
  return [
    ...refusalProblems(system, before, now),
    ...failureProblems(before, now),
    ...spaceProblems(system, blockFacts(now)),
    ...otherProblems(system, before, now),
    ...agentProblems(system),
  ].sort((a, b) => Number(a.level === 'warning') - Number(b.level === 'warning'));
}

function refusalProblems(system: System, before: Reading, now: Reading): Problem[] {
  const problems: Problem[] = [];
  if (system.storage.refuses !== '') {
    problems.push({
      level: 'error',
      what: `Spans are refused: ${system.storage.refuses}.`,
      advice: kRefusals['disk_space']?.[1] ?? '',
    });
  }
  const { rate } = countersOf(before, now);
  for (const [reason, [why, advice]] of Object.entries(kRefusals)) {
    const perSecond = rate('clew_store_refused_batches_total', { reason });
    if (perSecond === 0 || (reason === 'disk_space' && problems.length > 0)) continue;
    problems.push({
      level: 'error',
      what: `${formatRate(perSecond)} requests are refused: ${why}.`,
      advice,
    });
  }
  return problems;
}

/** Counters that should never rise. */
const kFailures: readonly [name: string, what: string, advice: string][] = [
  [
    'clew_store_log_errors_total',
    'writes of the log failed',
    'Look at the disk (dmesg, smartctl) and at the log below.',
  ],
  [
    'clew_store_log_lost_records_total',
    'requests that were acknowledged from memory could not be written and are lost',
    'With --durability fsync nothing is acknowledged before it is on disk.',
  ],
  [
    'clew_store_flush_errors_total',
    'times the head could not be written to blocks',
    'It is tried again; the log below says what the disk said.',
  ],
  [
    'clew_store_compaction_errors_total',
    'times blocks could not be merged',
    'They stay as they are; the log below says why.',
  ],
];

function failureProblems(before: Reading, now: Reading): Problem[] {
  const { count, rate } = countersOf(before, now);
  return kFailures
    .filter(([name]) => count(name) > 0)
    .map(([name, what, advice]) => ({
      level: rate(name) > 0 ? ('error' as const) : ('warning' as const),
      what: `${formatCount(count(name))} ${what}${rate(name) > 0 ? ', now too' : ' since the start'}.`,
      advice,
    }));
}

function spaceProblems(system: System, { oldestMs }: BlockFacts): Problem[] {
  const { storage, limits, disk, nowUs } = system;
  const problems: Problem[] = [];
  if (disk && storage.refuses === '' && disk.freeBytes < 2 * disk.minFreeBytes) {
    problems.push({
      level: 'warning',
      what: `${formatBytes(disk.freeBytes)} of the disk are free; below about ${formatBytes(disk.minFreeBytes)} spans are refused.`,
      advice: 'Free space on it, or lower --max-bytes or --retention.',
    });
  }
  const used = storage.blockBytes + storage.logBytes;
  const maxBytes = limits.maxBytes ?? Infinity;
  const ageMs = oldestMs === undefined ? 0 : nowUs / 1000 - oldestMs;
  if (used > 0.9 * maxBytes && ageMs < 0.9 * limits.maxAgeMs) {
    problems.push({
      level: 'warning',
      what: `Spans are kept for ${formatDuration(ageMs * 1e6)} only, not for the ${formatDuration(limits.maxAgeMs * 1e6)} of --retention: they take all the ${formatBytes(maxBytes)} they may.`,
      advice: 'Raise --max-bytes, or let agents sample.',
    });
  }
  if (storage.headBytes > 0.9 * limits.headBytes) {
    problems.push({
      level: 'warning',
      what: `The head holds ${formatBytes(storage.headBytes)} of the ${formatBytes(limits.headBytes)} it may: when it is full, senders wait.`,
      advice: kRefusals['head']?.[1] ?? '',
    });
  }
  return problems;
}

function otherProblems({ storage, memory }: System, before: Reading, now: Reading): Problem[] {
  const problems: Problem[] = [];
  if (storage.damagedSections > 0) {
    problems.push({
      level: 'error',
      what: `${formatCount(storage.damagedSections)} damaged parts of blocks or of the log were met.`,
      advice:
        '`clew store verify` says which files; `clew store repair`, with the server stopped, saves what can be read.',
    });
  }
  if (memory.residentBytes > 1.25 * memory.limitBytes) {
    problems.push({
      level: 'warning',
      what: `The process takes ${formatBytes(memory.residentBytes)}, more than the ${formatBytes(memory.limitBytes)} of --memory-limit and what lies beside it.`,
      advice: 'If the machine has no more, lower --memory-limit.',
    });
  }
  const packets = countersOf(before, now).rate('clew_udp_dropped_packets_total');
  if (packets > 0) {
    problems.push({
      level: 'error',
      what: `${formatRate(packets)} UDP packets are lost in the kernel.`,
      advice: 'Raise net.core.rmem_max, or let clients send over HTTP or gRPC.',
    });
  }
  return problems;
}

function agentProblems({ agents: { counts } }: System): Problem[] {
  const problems: Problem[] = [];
  const add = (count: number, one: string, more: string, advice: string) => {
    if (count === 0) return;
    const what = count === 1 ? `One agent ${one}.` : `${formatCount(count)} agents ${more}.`;
    problems.push({ level: 'warning', what, advice });
  };
  add(
    counts.unhealthy,
    'says that something is wrong with it',
    'say that something is wrong with them',
    'What, and since when, is under Agents below.',
  );
  add(
    counts.silent,
    'has fallen silent',
    'have fallen silent',
    'Are they up, and do they reach this store? They are under Agents below.',
  );
  return problems;
}

/** What receivers and limits gave up, and the requests that the store refused. */
export function storeLosses(before: Reading, now: Reading): Loss[] {
  const { count, rate } = countersOf(before, now);
  const refused = Object.entries(kRefusals)
    .map(([reason, [why]]) => ({
      where: 'store: requests refused',
      reason: why,
      count: count('clew_store_refused_batches_total', { reason }),
      perSecond: rate('clew_store_refused_batches_total', { reason }),
    }))
    .filter(loss => loss.count > 0);
  const packets = count('clew_udp_dropped_packets_total');
  if (packets > 0) {
    refused.push({
      where: 'jaeger/udp: packets dropped',
      reason: 'the socket was full',
      count: packets,
      perSecond: rate('clew_udp_dropped_packets_total'),
    });
  }
  return [...refused, ...lossesOf(before, now)];
}
