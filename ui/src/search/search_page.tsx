import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, searchTraces } from '../api/client';
import type { SearchAnswer } from '../api/types';
import type { PageProps } from '../pages';
import { useCommands } from '../parts/commands';
import { coloursSettled } from '../parts/known_services';
import { useAnswer } from '../parts/use_answer';
import { navigate } from '../router';
import '../styles/search.css';
import {
  apiParams,
  problemsOf,
  problemText,
  readQuery,
  searchPath,
  type SearchQuery,
} from './query';
import { Results } from './results';
import { SearchForm } from './search_form';

interface Found {
  answer: SearchAnswer;
  searchedAtMs: number;
}

// The last result, so that the way back from a trace leads to the very same list, at once.
let lastFound: { key: string; found: Found } | undefined;

export function SearchPage({ url }: PageProps) {
  const query = readQuery(url.searchParams);
  const path = searchPath(query);
  const [draft, setDraft] = useState(query);
  const [round, setRound] = useState(0);
  const serviceInput = useRef<HTMLInputElement | null>(null);
  const problems = problemsOf(draft);

  useEffect(() => {
    document.title = query.service === '' ? 'Search · Clew' : `${query.service} · Search · Clew`;
    setDraft(query);
  }, [path]);

  const load = async (signal: AbortSignal): Promise<Found> => {
    const wrong = problemText(problemsOf(query));
    if (wrong !== '') throw new ApiError(0, 'invalid_search', wrong);
    const searchedAtMs = Date.now();
    const [answer] = await Promise.all([
      searchTraces(apiParams(query, searchedAtMs), signal),
      coloursSettled(),
    ]);
    lastFound = { key: path, found: { answer, searchedAtMs } };
    return lastFound.found;
  };
  const remembered = () => (lastFound?.key === path ? lastFound.found : undefined);
  const answer = useAnswer(`${path}#${round}`, load, remembered);

  const search = (wanted: SearchQuery) => {
    const to = searchPath(wanted);
    if (to === path) setRound(round + 1);
    else navigate(to);
  };
  useCommands('Search', [
    { label: 'Go to the search form', keys: ['/'], run: () => serviceInput.current?.focus() },
    { label: 'Search again', keys: ['r'], run: () => setRound(round + 1) },
  ]);

  return (
    <div class="search-page">
      <SearchForm
        draft={draft}
        problems={problems}
        busy={answer.state === 'loading'}
        serviceRef={input => {
          serviceInput.current = input;
        }}
        onChange={setDraft}
        onSearch={search}
      />
      <Results
        query={query}
        state={answer.state}
        error={answer.error}
        answer={answer.value?.answer}
        searchedAtMs={answer.value?.searchedAtMs ?? 0}
        onSearch={search}
      />
    </div>
  );
}
