import { fromLocalInput, toLocalInput } from '../text/time';
import { Field } from '../parts/field';
import { kLookbacks, pinned, type Lookback, type Problems, type SearchQuery } from './query';

interface Props {
  draft: SearchQuery;
  problems: Problems;
  onChange: (draft: SearchQuery) => void;
}

export function TimeRange({ draft, problems, onChange }: Props) {
  const choose = (id: string) => {
    // A custom range begins as what was chosen before, so that there is something to change.
    if (id === 'custom') return onChange(pinned(draft, Date.now()));
    const lookback: Lookback = kLookbacks.find(known => known.id === id)?.id ?? draft.lookback;
    onChange({ ...draft, lookback, startUs: null, endUs: null });
  };
  return (
    <>
      <label class="field">
        <span>Time</span>
        <select value={draft.lookback} onChange={event => choose(event.currentTarget.value)}>
          {kLookbacks.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
          <option value="custom">From … to …</option>
        </select>
      </label>
      {draft.lookback === 'custom' && (
        <>
          <Field
            label="From"
            type="datetime-local"
            value={inputValue(draft.startUs)}
            problem={problems.startUs}
            onChange={value => onChange({ ...draft, startUs: inputMicroseconds(value) })}
          />
          <Field
            label="To"
            type="datetime-local"
            value={inputValue(draft.endUs)}
            problem={problems.endUs}
            onChange={value => onChange({ ...draft, endUs: inputMicroseconds(value) })}
          />
        </>
      )}
    </>
  );
}

function inputValue(timeUs: number | null): string {
  return timeUs === null ? '' : toLocalInput(timeUs / 1000);
}

function inputMicroseconds(value: string): number | null {
  const ms = fromLocalInput(value);
  return ms === null ? null : ms * 1000;
}
