import { useState } from 'preact/hooks';
import { SearchIcon } from '../parts/icons';
import { Segments } from '../parts/segments';
import { pinned, type Asked } from '../population/asked';
import { AskedFields } from '../population/asked_fields';
import { problemOf, type Sides } from './sides';

interface Props {
  sides: Sides;
  isBusy: boolean;
  /** What the server said of a query that it could not read. */
  refused: string;
  onChange: (sides: Sides) => void;
  onCompare: (sides: Sides) => void;
}

export function SidesForm({ sides, isBusy, refused, onChange, onCompare }: Props) {
  // Nobody wants to be told off while still typing.
  const [tried, setTried] = useState(false);
  const problem = tried ? problemOf(sides) : '';
  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (problemOf(sides) === '') onCompare(sides);
  };
  return (
    <form class="sides-form" aria-label="What to compare" onSubmit={submit}>
      <div class="sides-head">
        <Segments
          label="Compare"
          choices={[
            { id: 'populations', label: 'two populations' },
            { id: 'kind', label: 'a trace and its kind' },
            { id: 'traces', label: 'two traces' },
          ]}
          value={sides.mode}
          onChange={mode => onChange({ ...sides, mode })}
        />
        <button type="submit" class="button primary" aria-busy={isBusy}>
          <SearchIcon />
          <span>Compare</span>
        </button>
        {sides.mode === 'populations' && <SplitHere sides={sides} onChange={onChange} />}
      </div>
      {sides.mode === 'populations' ? (
        <>
          <PopulationSide
            letter="A"
            asked={sides.askedA}
            onChange={askedA => onChange({ ...sides, askedA })}
          />
          <PopulationSide
            letter="B"
            asked={sides.askedB}
            onChange={askedB => onChange({ ...sides, askedB })}
          />
        </>
      ) : (
        <div class="trace-sides">
          <TraceSide
            label={sides.mode === 'kind' ? 'Trace' : 'Trace A'}
            id={sides.a}
            onChange={a => onChange({ ...sides, a })}
          />
          {sides.mode === 'traces' && (
            <TraceSide label="Trace B" id={sides.b} onChange={b => onChange({ ...sides, b })} />
          )}
        </div>
      )}
      {(problem !== '' || refused !== '') && (
        <p class="problem" role="alert">
          {problem === '' ? refused : problem}
        </p>
      )}
    </form>
  );
}

function PopulationSide({
  letter,
  asked,
  onChange,
}: {
  letter: string;
  asked: Asked;
  onChange: (asked: Asked) => void;
}) {
  return (
    <fieldset class="asked side">
      <legend>{letter}</legend>
      <AskedFields asked={asked} problem={undefined} onChange={onChange} />
    </fieldset>
  );
}

function TraceSide({
  label,
  id,
  onChange,
}: {
  label: string;
  id: string;
  onChange: (id: string) => void;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="text"
        class="mono"
        value={id}
        placeholder="trace ID or traceparent"
        autocomplete="off"
        spellcheck={false}
        onInput={event => onChange(event.currentTarget.value)}
      />
    </label>
  );
}

/** A's query on both sides, B's time right behind A's: what a change at that moment did. */
function SplitHere({ sides, onChange }: { sides: Sides; onChange: (sides: Sides) => void }) {
  const split = () => {
    const { q, startUs, endUs } = pinned(sides.askedA, Date.now());
    if (startUs === null || endUs === null) return;
    const middle = Math.round((startUs + endUs) / 2 / 1e6) * 1e6;
    onChange({
      ...sides,
      askedA: { q, range: 'custom', startUs, endUs: middle },
      askedB: { q, range: 'custom', startUs: middle, endUs },
    });
  };
  return (
    <button
      type="button"
      class="button"
      title="A's query on both sides: the first half of A's time as A, the second as B"
      onClick={split}
    >
      Split A's time: before and after
    </button>
  );
}
