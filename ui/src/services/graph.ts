// Services and the calls between them, as the map shows them: what is near, what is left out.

/** Calls from one service to another in some time, with how long the called spans took. */
export interface Call {
  parent: string;
  child: string;
  callCount: number;
  errorCount: number;
  p50Us: number;
  p95Us: number;
  p99Us: number;
}

/** Services by number, and the calls between them. */
export interface Graph {
  names: string[];
  edges: GraphEdge[];
}

export interface GraphEdge {
  from: number;
  to: number;
  call: Call;
}

/** Services stand in the order of their names. */
export function graphOf(calls: readonly Call[]): Graph {
  const names = [...new Set(calls.flatMap(call => [call.parent, call.child]))].sort();
  const numbers = new Map(names.map((name, i) => [name, i]));
  const edges = calls.map(call => ({
    from: numbers.get(call.parent) ?? 0,
    to: numbers.get(call.child) ?? 0,
    call,
  }));
  return { names, edges };
}

/** Names of the services at most `depth` calls before or behind one. */
export function neighbourhood(calls: readonly Call[], service: string, depth: number): Set<string> {
  const before = new Map<string, string[]>();
  const behind = new Map<string, string[]>();
  for (const { parent, child } of calls) {
    push(before, child, parent);
    push(behind, parent, child);
  }
  const near = new Set([service]);
  // Callers of callees are not meant: each direction goes on by itself.
  for (const next of [before, behind]) {
    const reached = new Set([service]);
    let edge = [service];
    for (let step = 0; step < depth && edge.length > 0; step++) {
      edge = edge.flatMap(name => next.get(name) ?? []).filter(name => !reached.has(name));
      edge.forEach(name => reached.add(name));
    }
    reached.forEach(name => near.add(name));
  }
  return near;
}

export interface Choice {
  /** Empty: all services. */
  focus: string;
  depth: number;
  /** Calls that an edge must have to be shown. */
  least: number;
}

export interface Shown {
  calls: Call[];
  hiddenCalls: number;
  hiddenServices: number;
}

/** What of the calls is shown; a focused service stays even if nothing of it is left. */
export function shownOf(calls: readonly Call[], { focus, depth, least }: Choice): Shown {
  const near = focus === '' ? null : neighbourhood(calls, focus, depth);
  const inReach = near
    ? calls.filter(call => near.has(call.parent) && near.has(call.child))
    : calls;
  const shown = inReach.filter(call => call.callCount >= least);
  return {
    calls: shown,
    hiddenCalls: inReach.length - shown.length,
    hiddenServices: namesOf(inReach).size - namesOf(shown).size,
  };
}

/** Edges that a map shows unless one asks for more. */
export const kManyEdges = 400;

/** How many calls an edge must have for at most `most` edges to be left; 1 if all may stay. */
export function leastFor(calls: readonly Call[], most: number): number {
  if (calls.length <= most) return 1;
  const counts = calls.map(call => call.callCount).sort((a, b) => b - a);
  return (counts[most] ?? 0) + 1;
}

/** Steps for choosing how many calls an edge must have: 1, 2, 5, 10 … up to the largest edge. */
export function thresholds(calls: readonly Call[]): number[] {
  const largest = calls.reduce((most, call) => Math.max(most, call.callCount), 1);
  const steps: number[] = [];
  for (let power = 1; power <= largest; power *= 10) {
    for (const digit of [1, 2, 5]) if (digit * power <= largest) steps.push(digit * power);
  }
  return steps;
}

function namesOf(calls: readonly Call[]): Set<string> {
  return new Set(calls.flatMap(call => [call.parent, call.child]));
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}
