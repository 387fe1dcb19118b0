import { useEffect, useMemo, useState } from 'preact/hooks';
import type { TraceColumns } from '../model/columns';
import { findRows, searchText } from '../model/find_rows';
import { kMostSpans, type FoundRows, type SpanSource } from './span_source';

/** Of traces of up to so many spans all attributes are fetched, so that each letter typed finds at once. */
export const kMostSearched = 20_000;

/** Of larger ones the server is asked, once this long after the last letter. */
const kWaitMs = 250;

export interface Find {
  query: string;
  setQuery: (query: string) => void;
  /** Rows, ascending. */
  matches: Uint32Array;
  texts: Texts;
}

/** Whether all that spans say is looked at, beyond what the columns have of them. */
export type Texts = 'loading' | 'ready' | 'in part' | 'too many' | 'failed';

const kNone = new Uint32Array();

/** Finds at once by what the columns have, and by all else when it has come; at `first`, that text. */
export function useFind(columns: TraceColumns, spans: SpanSource, first: string): Find {
  const [query, setQuery] = useState(first);
  const isAsked = query.trim() !== '';
  const isSmall = columns.count <= kMostSearched;
  const texts = useTexts(columns, spans, isAsked && isSmall);
  const answer = useAnswered(spans, isAsked && !isSmall ? query.trim() : '');
  const known = Array.isArray(texts) ? texts : undefined;
  const matches = useMemo(() => {
    if (!isAsked) return kNone;
    return answer instanceof Object ? answer.rows : findRows(columns, query, known);
  }, [columns, query, known, answer]);
  let state: Texts;
  if (isSmall) state = texts === 'failed' ? 'failed' : known ? 'ready' : 'loading';
  else if (answer instanceof Object) state = answer.complete ? 'ready' : 'in part';
  else state = answer;
  return { query, setQuery, matches, texts: state };
}

/** What the spans of a small trace say, by row, from the first question on. */
function useTexts(columns: TraceColumns, spans: SpanSource, isAsked: boolean) {
  const [texts, setTexts] = useState<readonly string[] | 'failed'>();
  useEffect(() => {
    if (!isAsked || Array.isArray(texts)) return;
    const abort = new AbortController();
    loadTexts(columns, spans, abort.signal).then(setTexts, () => {
      if (!abort.signal.aborted) setTexts('failed');
    });
    return () => abort.abort();
  }, [isAsked]);
  return texts;
}

/** What the source itself finds; no text: nothing is asked. */
function useAnswered(
  spans: SpanSource,
  text: string,
): FoundRows | 'loading' | 'too many' | 'failed' {
  const [answer, setAnswer] = useState<{ text: string; found: FoundRows | 'failed' }>();
  useEffect(() => {
    if (text === '' || !spans.find) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      spans.find?.(text, abort.signal).then(
        found => setAnswer({ text, found }),
        () => {
          if (!abort.signal.aborted) setAnswer({ text, found: 'failed' });
        },
      );
    }, kWaitMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [spans, text]);
  if (!spans.find) return 'too many';
  return answer?.text === text ? answer.found : 'loading';
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
