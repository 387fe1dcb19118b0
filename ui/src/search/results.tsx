import { useRef } from 'preact/hooks';
import type { ApiError } from '../api/client';
import type { SearchAnswer } from '../api/types';
import { useCommands } from '../parts/commands';
import { CopyButton } from '../parts/copy_button';
import { Failure } from '../parts/failure';
import { RefreshIcon, WarningIcon } from '../parts/icons';
import { plural } from '../parts/service_pill';
import { NothingFound } from './nothing_found';
import { clampLimit, kMostLimit, pinned, searchPath, type SearchQuery } from './query';
import { ResultRow } from './result_row';

interface Props {
  query: SearchQuery;
  state: 'loading' | 'ready' | 'failed';
  error: ApiError | undefined;
  /** While loading: the answer before, if there is one. */
  answer: SearchAnswer | undefined;
  searchedAtMs: number;
  onSearch: (query: SearchQuery) => void;
}

export function Results({ query, state, error, answer, searchedAtMs, onSearch }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const step = (by: 1 | -1) => {
    const links = [...(list.current?.querySelectorAll<HTMLElement>('a.result') ?? [])];
    const now = links.indexOf(document.activeElement as HTMLElement);
    links[Math.max(0, Math.min(links.length - 1, now === -1 ? 0 : now + by))]?.focus();
  };
  useCommands('Results', [
    { label: 'Next trace', keys: ['j'], run: () => step(1) },
    { label: 'Previous trace', keys: ['k'], run: () => step(-1) },
    { label: 'Open the trace', keys: ['Enter'] },
  ]);
  const again = () => onSearch(query);
  return (
    <main id="main" class="results" aria-busy={state === 'loading'}>
      <h1 class="hidden">Traces</h1>
      {state === 'loading' && <div class="progress" role="progressbar" aria-label="Searching" />}
      {state === 'failed' && error && (
        <Failure
          title={
            error.code === 'invalid_search' ? 'This search makes no sense' : 'The search failed'
          }
          error={error}
          {...(error.code === 'invalid_search' ? {} : { onRetry: again })}
        />
      )}
      {state === 'loading' && !answer && <Skeleton />}
      {answer && (
        <Toolbar query={query} answer={answer} searchedAtMs={searchedAtMs} onAgain={again} />
      )}
      {answer && !answer.complete && (
        <p class="notice">
          <WarningIcon />
          <span>
            The search stopped early, at its time limit: there may be more traces than these. A
            service, a shorter time or a tag makes it complete.
          </span>
        </p>
      )}
      {answer && answer.traces.length === 0 && <NothingFound query={query} onSearch={onSearch} />}
      {answer && answer.traces.length > 0 && (
        <ul class="result-list" ref={list}>
          {answer.traces.map(trace => (
            <ResultRow key={trace.traceId} trace={trace} longestUs={longestOf(answer)} />
          ))}
        </ul>
      )}
      {answer && answer.traces.length >= query.limit && query.limit < kMostLimit && (
        <p class="more">
          <button
            type="button"
            class="button"
            onClick={() => onSearch({ ...query, limit: clampLimit(nextLimit(query.limit)) })}
          >
            Show up to {clampLimit(nextLimit(query.limit))}
          </button>
        </p>
      )}
    </main>
  );
}

interface ToolbarProps {
  query: SearchQuery;
  answer: SearchAnswer;
  searchedAtMs: number;
  onAgain: () => void;
}

function Toolbar({ query, answer, searchedAtMs, onAgain }: ToolbarProps) {
  const withErrors = answer.traces.filter(trace => trace.errorCount > 0).length;
  const link = () => location.origin + searchPath(pinned(query, searchedAtMs));
  return (
    <div class="results-bar">
      <p role="status">
        <b>{plural(answer.traces.length, 'trace')}</b>
        {withErrors > 0 && <span>, {withErrors} with errors</span>}
        <span class="dim">
          {answer.traces.length > 1 && ' · newest first'} · {answer.elapsedMs} ms
        </span>
      </p>
      <CopyButton
        text={link}
        label="Copy a link to this search, with its times fixed"
        caption="Copy link"
        icon="link"
      />
      <button type="button" class="button" title="Search again (r)" onClick={onAgain}>
        <RefreshIcon />
        <span>Refresh</span>
      </button>
    </div>
  );
}

/** Grey bars where the results will be, so that nothing jumps when they come. */
function Skeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: 7 }, (_, i) => (
        <div key={i} />
      ))}
    </div>
  );
}

function longestOf(answer: SearchAnswer): number {
  return answer.traces.reduce((most, trace) => Math.max(most, trace.durationUs), 1);
}

function nextLimit(limit: number): number {
  return limit < 50 ? 50 : limit < 100 ? 100 : limit * 2;
}
