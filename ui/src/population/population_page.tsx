import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { PageProps } from '../pages';
import { useCommands } from '../parts/commands';
import { CopyButton } from '../parts/copy_button';
import { Failure } from '../parts/failure';
import { SearchIcon } from '../parts/icons';
import { coloursSettled } from '../parts/known_services';
import { giveColours } from '../parts/service_colour';
import { kWholeFlame } from '../parts/flame_layout';
import { useAnswer, type Answer } from '../parts/use_answer';
import { plural } from '../parts/service_pill';
import { forgetNote, linkTo, navigate, noteUrl } from '../router';
import { formatTime } from '../text/time';
import '../styles/merged_flame.css';
import '../styles/population.css';
import type { Population } from './answer';
import { pinned, questionOf, type Asked } from './asked';
import { AskedFields } from './asked_fields';
import { fetchPopulation } from './fetch';
import { Notices } from './notices';
import { readState, statePath, type PageState } from './page_state';
import { PopulationView } from './population_view';
import { whole } from './say';

interface Found {
  population: Population;
  askedAtMs: number;
}

/** One flame graph, merged from all traces that match. */
export function PopulationPage({ url }: PageProps) {
  const state = useMemo(() => readState(url.searchParams), [url]);
  const [shown, setShown] = useState(state);
  const [draft, setDraft] = useState(state.asked);
  const [round, setRound] = useState(0);
  const input = useRef<HTMLInputElement | null>(null);
  const asked = askedPath(state);
  useEffect(() => forgetNote, []);
  useEffect(() => {
    document.title = 'Population · Clew';
    setDraft(state.asked);
    setShown(state);
  }, [url]);

  const load = async (signal: AbortSignal): Promise<Found> => {
    const askedAtMs = Date.now();
    const question = { ...questionOf(state.asked, askedAtMs), traceIds: state.traceIds };
    const [population] = await Promise.all([fetchPopulation(question, signal), coloursSettled()]);
    giveColours(population.services);
    return { population, askedAtMs };
  };
  const answer = useAnswer(`${asked}#${round}`, load);
  useCommands('Population', [
    { label: 'Change the query', keys: ['q'], run: () => input.current?.focus() },
    { label: 'Merge again', keys: ['r'], run: () => setRound(round + 1) },
  ]);
  const change = (next: Partial<PageState>) => {
    const state = { ...shown, ...next };
    setShown(state);
    noteUrl(statePath(state));
  };
  const search = (event: Event) => {
    event.preventDefault();
    const to = { ...shown, asked: draft, traceIds: [], frame: '', window: kWholeFlame, shown: 0 };
    if (askedPath(to) === asked) setRound(round + 1);
    else navigate(statePath(to));
  };

  return (
    <main id="main" class="population" aria-busy={answer.state === 'loading'}>
      <h1 class="hidden">Population</h1>
      <form class="asked" aria-label="Which traces" onSubmit={search}>
        <AskedFields
          asked={draft}
          problem={queryProblem(answer)}
          onChange={setDraft}
          inputRef={element => {
            input.current = element;
          }}
        />
        <button type="submit" class="button primary" aria-busy={answer.state === 'loading'}>
          <SearchIcon />
          <span>Merge</span>
        </button>
      </form>
      {answer.state === 'loading' && (
        <div class="progress" role="progressbar" aria-label="Loading" />
      )}
      <Body answer={answer} state={shown} onChange={change} onRetry={() => setRound(round + 1)} />
    </main>
  );
}

/** What of a state the server is asked. */
function askedPath(state: PageState): string {
  return statePath({
    ...readState(new URLSearchParams()),
    asked: state.asked,
    traceIds: state.traceIds,
  });
}

function queryProblem(answer: Answer<Found>): string | undefined {
  const isQuery = answer.error?.status === 400 && answer.error.message.includes("'q'");
  return isQuery ? answer.error?.message : undefined;
}

interface BodyProps {
  answer: Answer<Found>;
  state: PageState;
  onChange: (next: Partial<PageState>) => void;
  onRetry: () => void;
}

function Body({ answer, state, onChange, onRetry }: BodyProps) {
  if (answer.error) {
    return (
      <Failure title="The traces could not be merged" error={answer.error} onRetry={onRetry}>
        {queryProblem(answer) !== undefined && <p>Correct the query above and merge again.</p>}
      </Failure>
    );
  }
  if (!answer.value) {
    return (
      <div class="skeleton" aria-hidden="true">
        {Array.from({ length: 5 }, (_, i) => (
          <div key={i} />
        ))}
      </div>
    );
  }
  const { population, askedAtMs } = answer.value;
  const link = () =>
    location.origin + linkTo(statePath({ ...state, asked: pinned(state.asked, askedAtMs) }));
  return (
    <>
      <div class="population-bar">
        <p role="status">
          <b>{plural(population.traces, 'trace')}</b>, {plural(population.spans, 'span')}
          <span class="dim">
            {' '}
            in {plural(population.tree.count, 'kind')} of calls{rangeText(population)} ·{' '}
            {whole(population.elapsedMs)} ms
          </span>
        </p>
        <CopyButton
          text={link}
          label="Copy a link to this population, with its times fixed"
          caption="Copy link"
          icon="link"
        />
      </div>
      <Notices population={population} />
      {population.traces === 0 ? (
        <NothingFound asked={state.asked} />
      ) : (
        <PopulationView
          population={population}
          asked={pinned(state.asked, askedAtMs)}
          state={state}
          onChange={onChange}
        />
      )}
    </>
  );
}

function rangeText({ oldestUs, newestUs }: Population): string {
  if (oldestUs === 0) return '';
  return `, begun from ${timeText(oldestUs)} to ${timeText(newestUs)}`;
}

function timeText(us: number): string {
  return formatTime(BigInt(us)).slice(0, 19);
}

function NothingFound({ asked }: { asked: Asked }) {
  return (
    <div class="notice-page">
      <h2>No trace matches</h2>
      <ul class="advice">
        <li>Take a longer time: the range looks at when spans began.</li>
        {asked.q.trim() !== '' && (
          <li>Ask for less: each condition in braces must hold for one span.</li>
        )}
        <li>
          <a href={linkTo('/search')}>Explore</a> shows what services and traces there are.
        </li>
      </ul>
    </div>
  );
}
