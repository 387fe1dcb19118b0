import { useEffect, useState } from 'preact/hooks';
import type { TraceColumns } from '../model/columns';
import { kMostSpans, type FullSpan, type SpanSource } from './span_source';

/** What was fetched so far: rows [0, spans.length). */
interface Collected {
  spans: readonly FullSpan[];
  error: Error | undefined;
}

/** Faces come and go; what one has fetched the next need not fetch again. */
const known = new WeakMap<TraceColumns, readonly FullSpan[]>();

/**
 * The first `wanted` spans of a trace with all they say, page after page: `spans` grows until it is so long. After
 * an `error` a call of `retry` goes on where it stopped.
 */
export function useAllSpans(
  columns: TraceColumns,
  source: SpanSource,
  wanted: number,
): Collected & { retry: () => void } {
  const goal = Math.min(wanted, columns.count);
  const [round, setRound] = useState(0);
  const [error, setError] = useState<Error>();
  const [, setLength] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setError(undefined);
    collect(columns, source, goal, abort.signal, setLength).catch((cause: unknown) => {
      if (!abort.signal.aborted)
        setError(cause instanceof Error ? cause : new Error(String(cause)));
    });
    return () => abort.abort();
  }, [columns, source, goal, round]);
  return { spans: known.get(columns) ?? [], error, retry: () => setRound(round + 1) };
}

async function collect(
  columns: TraceColumns,
  source: SpanSource,
  goal: number,
  signal: AbortSignal,
  onLength: (length: number) => void,
): Promise<void> {
  for (;;) {
    const have = known.get(columns) ?? [];
    if (have.length >= goal) return onLength(have.length);
    const page = await source.fetch(have.length, Math.min(kMostSpans, goal - have.length), signal);
    if (signal.aborted) return;
    if (page.length === 0) throw new Error(`The server has no spans after ${have.length}.`);
    known.set(columns, [...have, ...page]);
    onLength(have.length + page.length);
  }
}
