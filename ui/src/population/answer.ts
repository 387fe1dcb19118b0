// Many traces as one tree of calls, as GET /api/clew/v1/population answers.
import { array, boolean, number, object, oneOf, string, type Shape } from '../api/shape';
import { kSpanKinds, type SpanKind } from '../api/types';
import { treeOf, type CallTree } from './call_tree';

/** A span that stands for others: place of its trace in `traceIds`, its ID, its duration in ns. */
export type RawExample = [trace: number, spanId: string, durationNs: number];

export interface RawNodes {
  depth: number[];
  service: number[];
  name: number[];
  kind: SpanKind[];
  traces: number[];
  spans: number[];
  errors: number[];
  orphans: number[];
  offsetNs: number[];
  totalNs: number[];
  selfNs: number[];
  criticalNs: number[];
  minNs: number[];
  p50Ns: number[];
  p95Ns: number[];
  p99Ns: number[];
  maxNs: number[];
  typical: (RawExample | null)[];
  slowest: (RawExample | null)[];
  failed: (RawExample | null)[];
}

export interface RawPopulation {
  traces: number;
  spans: number;
  /** Starts of the oldest and the newest trace, microseconds; 0 if not known. */
  oldestUs: number;
  newestUs: number;
  /** Older traces may match, too. */
  more: boolean;
  /** False when a deadline, a limit or damage left something out. */
  complete: boolean;
  notFound: string[];
  cutSpans: { nodes: number; depth: number };
  quantileError: number;
  nodes: RawNodes;
  services: string[];
  names: string[];
  traceIds: string[];
  elapsedMs: number;
}

const example: Shape<RawExample | null> = (value, path) => {
  if (value === null) return null;
  const list: unknown[] = Array.isArray(value) ? value : [];
  return [
    number(list[0], `${path}[0]`),
    string(list[1], `${path}[1]`),
    number(list[2], `${path}[2]`),
  ];
};

const numbers = array(number);
const examples = array(example);

const rawShape = object<RawPopulation>({
  traces: number,
  spans: number,
  oldestUs: number,
  newestUs: number,
  more: boolean,
  complete: boolean,
  notFound: array(string),
  cutSpans: object({ nodes: number, depth: number }),
  quantileError: number,
  nodes: object<RawNodes>({
    depth: numbers,
    service: numbers,
    name: numbers,
    kind: array(oneOf(...kSpanKinds)),
    traces: numbers,
    spans: numbers,
    errors: numbers,
    orphans: numbers,
    offsetNs: numbers,
    totalNs: numbers,
    selfNs: numbers,
    criticalNs: numbers,
    minNs: numbers,
    p50Ns: numbers,
    p95Ns: numbers,
    p99Ns: numbers,
    maxNs: numbers,
    typical: examples,
    slowest: examples,
    failed: examples,
  }),
  services: array(string),
  names: array(string),
  traceIds: array(string),
  elapsedMs: number,
});

/** Which traces: those that a TraceQL search finds between two times (µs), or those with IDs. */
export interface PopulationQuestion {
  q: string;
  startUs: number | null;
  endUs: number | null;
  traceIds: readonly string[];
  limit?: number;
}

export function populationParams(question: PopulationQuestion): URLSearchParams {
  const params = new URLSearchParams();
  for (const id of question.traceIds) params.append('traceId', id);
  if (question.traceIds.length > 0) return params;
  if (question.q.trim() !== '') params.set('q', question.q.trim());
  if (question.startUs !== null) params.set('start', String(Math.floor(question.startUs)));
  if (question.endUs !== null) params.set('end', String(Math.floor(question.endUs)));
  if (question.limit !== undefined) params.set('limit', String(question.limit));
  return params;
}

export interface Population extends Omit<RawPopulation, 'nodes' | 'traceIds'> {
  tree: CallTree;
}

/** Also checks what the shapes cannot see: that the arrays agree. */
export const populationShape: Shape<Population> = (value, path) => {
  const { nodes, traceIds, ...rest } = rawShape(value, path);
  return { ...rest, tree: treeOf(nodes, rest.services, rest.names, traceIds) };
};
