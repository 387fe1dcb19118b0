import { useEffect, useState } from 'preact/hooks';
import type { PageProps } from '../pages';
import { Failure } from '../parts/failure';
import { useAnswer } from '../parts/use_answer';
import { forgetNote, navigate, noteUrl } from '../router';
import '../styles/compare.css';
import '../styles/merged_flame.css';
import '../styles/population.css';
import { CompareView } from './compare_view';
import { loadSides } from './load';
import { kNewLook, lookOf, problemOf, readSides, sidesPath, type Look, type Sides } from './sides';
import { SidesForm } from './sides_form';

/** Two traces, a trace and its kind, or two populations: what is new, gone, slower. */
export function ComparePage({ url }: PageProps) {
  const sides = readSides(url.searchParams);
  const path = sidesPath({ ...sides, ...kNewLook });
  const [draft, setDraft] = useState(sides);
  const [look, setLook] = useState<Look>(() => lookOf(sides));
  const [round, setRound] = useState(0);
  const isAsked = url.searchParams.size > 0 && !url.searchParams.has('mode');
  useEffect(() => forgetNote, []);
  useEffect(() => {
    document.title = 'Compare · Clew';
    setDraft(sides);
    setLook(lookOf(sides));
  }, [url]);
  const answer = useAnswer(`${path}#${round}`, async signal =>
    isAsked ? await loadSides(sides, signal) : undefined,
  );
  const compare = (wanted: Sides) => {
    if (sidesPath({ ...wanted, ...kNewLook }) === path) setRound(round + 1);
    else navigate(sidesPath({ ...wanted, ...kNewLook, measure: look.measure }));
  };
  const change = (next: Partial<Look>) => {
    const changed = { ...look, ...next };
    setLook(changed);
    noteUrl(sidesPath({ ...sides, ...changed }));
  };

  return (
    <main id="main" class="population compare" aria-busy={answer.state === 'loading'}>
      <h1 class="hidden">Compare</h1>
      <SidesForm
        sides={draft}
        isBusy={answer.state === 'loading'}
        refused={answer.error?.status === 400 ? answer.error.message : ''}
        onChange={setDraft}
        onCompare={compare}
      />
      {answer.state === 'loading' && isAsked && (
        <div class="progress" role="progressbar" aria-label="Loading" />
      )}
      {answer.error ? (
        <Failure
          title="The two could not be compared"
          error={answer.error}
          {...(problemOf(sides) === '' ? { onRetry: () => setRound(round + 1) } : {})}
        />
      ) : answer.value ? (
        <CompareView loaded={answer.value} look={look} onChange={change} />
      ) : isAsked ? (
        <div class="skeleton" aria-hidden="true">
          {Array.from({ length: 5 }, (_, i) => (
            <div key={i} />
          ))}
        </div>
      ) : (
        <Advice />
      )}
    </main>
  );
}

function Advice() {
  return (
    <div class="notice-page">
      <h2>What would you like to compare?</h2>
      <ul class="advice">
        <li>
          <b>Two populations</b>: the same query before and after a change, or two queries that
          differ in a datacenter, a version or a customer.
        </li>
        <li>
          <b>A trace and its kind</b>: one slow or failed trace beside all that began with the same
          operation in the hour before it.
        </li>
        <li>
          <b>Two traces</b>, by their IDs.
        </li>
      </ul>
      <p>
        Both sides are merged into one tree of calls. Everything counts per trace, so that the sides
        may be of different sizes.
      </p>
    </div>
  );
}
