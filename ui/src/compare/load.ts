import { ApiError } from '../api/client';
import { coloursSettled } from '../parts/known_services';
import { giveColours } from '../parts/service_colour';
import type { Population } from '../population/answer';
import { questionOf, type Asked } from '../population/asked';
import { fetchPopulation } from '../population/fetch';
import { parseTraceId } from '../text/trace_id';
import { kindOf, problemOf, type Sides } from './sides';

export interface Loaded {
  a: Population;
  b: Population;
  /** How each side is called. */
  titleA: string;
  titleB: string;
  /** What B was asked for, where it followed from A. */
  kind?: Asked;
}

/** Asks for both sides; a trace's kind is known only once the trace is there. */
export async function loadSides(sides: Sides, signal: AbortSignal): Promise<Loaded> {
  const problem = problemOf(sides);
  if (problem !== '') throw new ApiError(0, 'invalid_comparison', problem);
  const nowMs = Date.now();
  const ofTrace = (id: string) =>
    fetchPopulation(
      { q: '', startUs: null, endUs: null, traceIds: [parseTraceId(id) ?? id] },
      signal,
    );
  const ofAsked = (asked: Asked) => fetchPopulation(questionOf(asked, nowMs), signal);
  const loaded = await load();
  await coloursSettled();
  giveColours([...new Set([...loaded.a.services, ...loaded.b.services])]);
  return loaded;

  async function load(): Promise<Loaded> {
    if (sides.mode === 'populations') {
      const [a, b] = await Promise.all([ofAsked(sides.askedA), ofAsked(sides.askedB)]);
      return { a, b, titleA: 'A', titleB: 'B' };
    }
    if (sides.mode === 'traces') {
      const [a, b] = await Promise.all([ofTrace(sides.a), ofTrace(sides.b)]);
      return { a, b, titleA: shortId(sides.a), titleB: shortId(sides.b) };
    }
    const trace = await ofTrace(sides.a);
    const kind = kindOf(trace);
    if (!kind) throw new ApiError(404, 'not_found', 'This trace has no spans.');
    // The trace is B: what it has more than others of its kind is then new or slower.
    return { a: await ofAsked(kind), b: trace, titleA: 'its kind', titleB: shortId(sides.a), kind };
  }
}

function shortId(typed: string): string {
  return `trace ${(parseTraceId(typed) ?? typed).slice(0, 8)}…`;
}
