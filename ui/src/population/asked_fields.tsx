import { useId } from 'preact/hooks';
import { fromLocalInput, toLocalInput } from '../text/time';
import { kRanges, pinned, type Asked } from './asked';

interface Props {
  asked: Asked;
  /** What the server said of the query. */
  problem: string | undefined;
  onChange: (asked: Asked) => void;
  inputRef?: (input: HTMLInputElement | null) => void;
}

/** A TraceQL query and the time it is asked of. */
export function AskedFields({ asked, problem, onChange, inputRef }: Props) {
  const id = useId();
  const choose = (value: string) => {
    const known = kRanges.find(range => range.id === value)?.id;
    // A custom range begins as what was chosen before, so that there is something to change.
    if (known === undefined) onChange(pinned(asked, Date.now()));
    else onChange({ ...asked, range: known, startUs: null, endUs: null });
  };
  return (
    <>
      <div class="field asked-query">
        <label for={id}>Traces that match (TraceQL)</label>
        <input
          id={id}
          type="text"
          class="mono"
          ref={inputRef ?? null}
          value={asked.q}
          placeholder='{ resource.service.name = "checkout" && status = error }'
          autocomplete="off"
          spellcheck={false}
          aria-invalid={problem !== undefined}
          {...(problem !== undefined ? { 'aria-describedby': `${id}-problem` } : {})}
          onInput={event => onChange({ ...asked, q: event.currentTarget.value })}
        />
        {problem !== undefined && (
          <p id={`${id}-problem`} class="problem">
            {problem}
          </p>
        )}
      </div>
      <label class="field asked-range">
        <span>Time</span>
        <select value={asked.range} onChange={event => choose(event.currentTarget.value)}>
          {kRanges.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
          <option value="custom">From … to …</option>
        </select>
      </label>
      {asked.range === 'custom' && (
        <>
          <TimeField
            label="From"
            timeUs={asked.startUs}
            onChange={startUs => onChange({ ...asked, startUs })}
          />
          <TimeField
            label="To"
            timeUs={asked.endUs}
            onChange={endUs => onChange({ ...asked, endUs })}
          />
        </>
      )}
    </>
  );
}

interface TimeProps {
  label: string;
  timeUs: number | null;
  onChange: (timeUs: number | null) => void;
}

function TimeField({ label, timeUs, onChange }: TimeProps) {
  return (
    <label class="field asked-time">
      <span>{label}</span>
      <input
        type="datetime-local"
        step={1}
        value={timeUs === null ? '' : toLocalInput(timeUs / 1000)}
        onChange={event => {
          const ms = fromLocalInput(event.currentTarget.value);
          onChange(ms === null ? null : ms * 1000);
        }}
      />
    </label>
  );
}
