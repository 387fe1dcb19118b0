import { describe, expect, it } from 'vitest';
import { parseMetrics } from '../text/prometheus';
import { problemsOf, storeLosses } from './problems';
import { systemShape, type System } from './system_types';

const kGiB = 2 ** 30;

const kHealthy = {
  version: '1',
  startedUs: 0,
  nowUs: 20 * 86_400e6,
  receivers: [],
  storage: {
    kind: 'disk',
    directory: '/var/lib/clew',
    durability: 'fsync',
    refuses: '',
    headSpans: 1,
    headBytes: 1000,
    blocks: 3,
    blockBytes: 5 * kGiB,
    logBytes: kGiB,
    damagedSections: 0,
  },
  limits: {
    headBytes: kGiB,
    maxAgeMs: 14 * 86_400e3,
    maxBytes: 80 * kGiB,
    tenantsWithOwnRetention: 0,
  },
  disk: { totalBytes: 100 * kGiB, freeBytes: 50 * kGiB, minFreeBytes: kGiB },
  memory: { residentBytes: kGiB / 2, limitBytes: kGiB },
  agents: { counts: { unhealthy: 0, silent: 0, unknown: 1, healthy: 5, stopped: 1 }, list: [] },
  log: [],
};

function system(change: (system: System) => void = () => {}): System {
  const made = systemShape(structuredClone(kHealthy), '');
  change(made);
  return made;
}

const reading = (atMs: number, text: string) => ({ atMs, samples: parseMetrics(text) });
const kQuiet = reading(0, '');
const kOldest = 'clew_store_oldest_span_timestamp_seconds ';
const problems = (of: System, text = `${kOldest}${6 * 86_400}`) =>
  problemsOf(of, kQuiet, reading(1000, text));

describe('problemsOf', () => {
  it('finds none where all is well', () => expect(problems(system())).toEqual([]));

  it.each<[string, (system: System) => void, string]>([
    ['a disk that is nearly full', s => (s.disk!.freeBytes = 1.5 * kGiB), '1.5 GiB of the disk'],
    ['a full head', s => (s.storage.headBytes = 0.95 * kGiB), 'The head holds'],
    ['damage', s => (s.storage.damagedSections = 2), '2 damaged'],
    ['memory', s => (s.memory.residentBytes = 2 * kGiB), 'takes 2.0 GiB'],
    ['an agent that is not well', s => (s.agents.counts.unhealthy = 1), 'One agent says that'],
    ['silent agents', s => (s.agents.counts.silent = 12), '12 agents have fallen silent'],
    [
      'a store that refuses',
      s => (s.storage.refuses = 'the disk is nearly full'),
      'Spans are refused: the disk',
    ],
  ])('names %s', (_, change, words) => {
    const [problem, ...others] = problems(system(change));
    expect(others).toEqual([]);
    expect(problem?.what).toContain(words);
    expect(problem?.advice).not.toBe('');
  });

  it('complains of the size limit where it removes what is not as old as it may be', () => {
    const full = system(s => (s.storage.blockBytes = 79 * kGiB));
    expect(problems(full)).toEqual([]);
    const [problem] = problems(full, `${kOldest}${17 * 86_400}`);
    expect(problem?.what).toContain('kept for 3 d only, not for the 14 d');
  });

  it('says why requests are refused, and puts what loses spans first', () => {
    const found = problems(
      system(s => (s.storage.headBytes = 0.95 * kGiB)),
      'clew_store_refused_batches_total{reason="head"} 7\nclew_store_compaction_errors_total 1\n',
    );
    expect(found.map(problem => problem.level)).toEqual(['error', 'error', 'warning']);
    expect(found[0]?.what).toBe(
      '7.0/s requests are refused: spans come faster than blocks are written.',
    );
  });
});

describe('storeLosses', () => {
  it('lists what was refused by the store beside what receivers refused', () => {
    const text =
      'clew_store_refused_batches_total{reason="log"} 2\n' +
      'clew_store_refused_batches_total{reason="size"} 0\n' +
      'clew_receiver_refused_spans_total{receiver="otlp",transport="grpc",reason="malformed"} 3\n' +
      'clew_limit_hit_total{limit="tail_followers"} 1\n';
    expect(storeLosses(kQuiet, reading(1000, text)).map(loss => [loss.where, loss.count])).toEqual([
      ['store: requests refused', 2],
      ['otlp/grpc: spans refused', 3],
      ['limit hit', 1],
    ]);
  });
});
