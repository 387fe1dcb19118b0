// Made-up calls between services, for tests and for looking at large maps. The same seed gives the same.
import type { Call } from './graph';

/** `count` services in tiers, `edges` calls between them, mostly forward, some back. */
export function makeCalls(count: number, edges: number, seed = 1): Call[] {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const below = (bound: number) => Math.floor(random() * bound);
  const name = (i: number) => `service-${String(i).padStart(3, '0')}`;
  const seen = new Set<string>();
  const calls: Call[] = [];
  while (calls.length < edges) {
    const a = below(count);
    const b = Math.min(count - 1, a + 1 + below(Math.ceil(count / 6)));
    const [from, to] = random() < 0.02 ? [b, a] : [a, b];
    const key = `${from} ${to}`;
    if (from === to || seen.has(key)) {
      if (seen.size >= (count * (count - 1)) / 12) break;
      continue;
    }
    seen.add(key);
    const callCount = Math.floor(10 ** (random() * 5)) + 1;
    const p50Us = Math.floor(10 ** (2 + random() * 4));
    calls.push({
      parent: name(from),
      child: name(to),
      callCount,
      errorCount: random() < 0.2 ? below(callCount) : 0,
      p50Us,
      p95Us: p50Us * 3,
      p99Us: p50Us * 7,
    });
  }
  return calls;
}
