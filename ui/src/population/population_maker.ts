// Answers for tests, as the server gives them.
import type { RawExample, RawPopulation } from './answer';

/** 10 traces: a root, a call below it, a query below that, and a root whose parent is missing. */
export function rawPopulation(change: Partial<RawPopulation> = {}): RawPopulation {
  const example = (trace: number, span: string, ns: number): RawExample => [trace, span, ns];
  return {
    traces: 10,
    spans: 60,
    oldestUs: 1_700_000_000_000_000,
    newestUs: 1_700_000_060_000_000,
    more: false,
    complete: true,
    notFound: [],
    cutSpans: { nodes: 0, depth: 0 },
    quantileError: 0.03125,
    nodes: {
      depth: [0, 1, 2, 0],
      service: [0, 0, 1, 2],
      name: [0, 1, 2, 0],
      kind: ['server', 'internal', 'client', 'server'],
      traces: [10, 9, 8, 1],
      spans: [10, 30, 20, 0],
      errors: [1, 0, 2, 0],
      orphans: [0, 0, 0, 1],
      offsetNs: [0, 100, 300, 0],
      totalNs: [1000, 650, 200, 50],
      selfNs: [420, 470, 200, 50],
      criticalNs: [400, 450, 150, 0],
      minNs: [50, 5, 1, 50],
      p50Ns: [100, 20, 10, 50],
      p95Ns: [150, 40, 18, 50],
      p99Ns: [180, 45, 20, 50],
      maxNs: [190, 50, 21, 50],
      typical: [example(0, 'a1', 100), example(0, 'a2', 20), example(1, 'a3', 10), null],
      slowest: [example(1, 'b1', 190), example(1, 'b2', 50), example(1, 'b3', 21), null],
      failed: [example(0, 'a1', 100), null, example(1, 'c3', 12), null],
    },
    services: ['shop', 'db', 'bank'],
    names: ['GET /cart', 'load "it"', 'SELECT cart'],
    traceIds: ['1'.repeat(32), '2'.repeat(32)],
    elapsedMs: 5,
    ...change,
  };
}
