import type { ComponentChildren } from 'preact';
import { RefreshIcon } from '../parts/icons';
import { fromLocalInput, toLocalInput } from '../text/time';
import { kLookbacks, timesOf, type Range } from './range';

interface Props {
  title: ComponentChildren;
  range: Range;
  onRange: (range: Range) => void;
  onAgain: () => void;
  children?: ComponentChildren;
}

/** The top of the pages of services: what they are about, and the time. */
export function PageHead({ title, range, onRange, onAgain, children }: Props) {
  return (
    <header class="services-head">
      {title}
      {children}
      <div class="services-time">
        <RangeChoice range={range} onChange={onRange} />
        <button type="button" class="button" title="Count again (r)" onClick={onAgain}>
          <RefreshIcon />
          <span>Refresh</span>
        </button>
      </div>
    </header>
  );
}

function RangeChoice({ range, onChange }: { range: Range; onChange: (range: Range) => void }) {
  const choose = (id: string) => {
    // A range of one's own begins as what was chosen before, so that there is something to change.
    if (id === 'custom') return onChange({ ...timesOf(range, Date.now()) });
    const known = kLookbacks.find(lookback => lookback.id === id);
    if (known) onChange({ lookback: known.id });
  };
  return (
    <>
      <select
        aria-label="Time"
        value={'lookback' in range ? range.lookback : 'custom'}
        onChange={event => choose(event.currentTarget.value)}
      >
        {kLookbacks.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
        <option value="custom">From … to …</option>
      </select>
      {!('lookback' in range) && (
        <>
          <TimeInput
            label="From"
            value={range.startUs}
            onChange={startUs => startUs < range.endUs && onChange({ ...range, startUs })}
          />
          <TimeInput
            label="To"
            value={range.endUs}
            onChange={endUs => endUs > range.startUs && onChange({ ...range, endUs })}
          />
        </>
      )}
    </>
  );
}

interface TimeProps {
  label: string;
  value: number;
  onChange: (timeUs: number) => void;
}

function TimeInput({ label, value, onChange }: TimeProps) {
  return (
    <input
      type="datetime-local"
      step={1}
      aria-label={label}
      value={toLocalInput(value / 1000)}
      onChange={event => {
        const ms = fromLocalInput(event.currentTarget.value);
        if (ms !== null) onChange(ms * 1000);
      }}
    />
  );
}
