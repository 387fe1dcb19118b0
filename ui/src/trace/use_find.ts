import { useEffect, useMemo, useState } from 'preact/hooks';
import type { TraceColumns } from '../model/columns';
import { findRows, searchText } from '../model/find_rows';
import { kMostSpans, type SpanSource } from './span_source';

/** Attributes of traces of up to so many spans are fetched, so that they can be found. */
export const kMostSearched = 20_000;

export interface Find {
  query: string;
  setQuery: (query: string) => void;
  /** Rows, ascending. */
  matches: Uint32Array;
  /** Whether attributes are looked at as well. */
  texts: 'loading' | 'ready' | 'too many' | 'failed';
}

const kNone = new Uint32Array();

/** Finds at once by what the columns have, and by all else when it has come; at `first`, that text. */
export function useFind(columns: TraceColumns, spans: SpanSource, first: string): Find {
  const [query, setQuery] = useState(first);
  const [texts, setTexts] = useState<readonly string[] | 'failed'>();
  const isAsked = query.trim() !== '';
  const isSmall = columns.count <= kMostSearched;
  useEffect(() => {
    if (!isAsked || !isSmall || Array.isArray(texts)) return;
    const abort = new AbortController();
    loadTexts(columns, spans, abort.signal).then(setTexts, () => {
      if (!abort.signal.aborted) setTexts('failed');
    });
    return () => abort.abort();
  }, [isAsked, isSmall]);
  const known = typeof texts === 'string' ? undefined : texts;
  const matches = useMemo(
    () => (isAsked ? findRows(columns, query, known) : kNone),
    [columns, query, known],
  );
  const state = !isSmall ? 'too many' : known ? 'ready' : texts === 'failed' ? 'failed' : 'loading';
  return { query, setQuery, matches, texts: state };
}

async function loadTexts(
  columns: TraceColumns,
  spans: SpanSource,
  signal: AbortSignal,
): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < columns.count) {
    const some = await spans.fetch(texts.length, kMostSpans, signal);
    if (some.length === 0) throw new Error('the server sent fewer spans than it counts');
    for (const full of some) texts.push(searchText(full));
  }
  return texts;
}
