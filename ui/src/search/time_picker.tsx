import { fromLocalInput, toLocalInput } from '../text/time';
import { Field } from '../parts/field';
import {
  boundsAt,
  fixedWindow,
  kDefaultWindow,
  kLastSeconds,
  lastLabel,
  scaled,
  type TimeWindow,
} from './time_window';

interface Props {
  window: TimeWindow;
  onChange: (window: TimeWindow) => void;
}

/** Until now, or from … to …. Every choice is made at once. */
export function TimePicker({ window, onChange }: Props) {
  const { lastSeconds, startUs, endUs } = window;
  const bounds = () => boundsAt(window, Date.now());
  const known =
    lastSeconds === null || kLastSeconds.includes(lastSeconds)
      ? kLastSeconds
      : [lastSeconds, ...kLastSeconds];
  const choose = (value: string) => {
    if (value === 'fixed') onChange(fixedWindow(bounds()));
    else onChange({ ...kDefaultWindow, lastSeconds: Number(value) });
  };
  const change = (end: 'startUs' | 'endUs', text: string) => {
    const ms = fromLocalInput(text);
    if (ms !== null) onChange({ ...window, [end]: ms * 1000 });
  };
  return (
    <div class="time-picker" role="group" aria-label="Time">
      <label class="field">
        <span class="hidden">Time</span>
        <select
          value={lastSeconds === null ? 'fixed' : String(lastSeconds)}
          onChange={event => choose(event.currentTarget.value)}
        >
          {known.map(seconds => (
            <option key={seconds} value={String(seconds)}>
              {lastLabel(seconds)}
            </option>
          ))}
          <option value="fixed">From … to …</option>
        </select>
      </label>
      {lastSeconds === null && (
        <>
          <Field
            label="From"
            type="datetime-local"
            value={toLocalInput(startUs / 1000)}
            problem={undefined}
            onChange={text => change('startUs', text)}
          />
          <Field
            label="To"
            type="datetime-local"
            value={toLocalInput(endUs / 1000)}
            problem={startUs >= endUs ? 'not after the start' : undefined}
            onChange={text => change('endUs', text)}
          />
        </>
      )}
      <button
        type="button"
        class="button quiet"
        title="Twice the time around this (z)"
        onClick={() => onChange(fixedWindow(scaled(bounds(), 2, Date.now())))}
      >
        Wider
      </button>
    </div>
  );
}
