import { useRef } from 'preact/hooks';
import { useCommands } from '../parts/commands';
import { DownIcon, SearchIcon, UpIcon } from '../parts/icons';

interface Props {
  text: string;
  count: number;
  /** Of the chosen one among those found; -1: none of them. */
  place: number;
  onText: (text: string) => void;
  onStep: (by: number) => void;
}

/** The one of `found` that comes `by` places after the active one; that one itself if there are none. */
export function stepAmong(found: readonly number[], active: number, by: number): number {
  const place = found.indexOf(active);
  const next = place < 0 ? (by > 0 ? 0 : found.length - 1) : place + by;
  return found[(next + found.length) % found.length] ?? active;
}

/** Finds calls by service or operation, and goes from one to the next. */
export function FindNodes({ text, count, place, onText, onStep }: Props) {
  const input = useRef<HTMLInputElement>(null);
  useCommands('Flame graph', [
    { label: 'Find calls', keys: ['/'], run: () => input.current?.focus() },
    { label: 'Next match', keys: ['n'], run: () => onStep(1) },
    { label: 'Previous match', keys: ['N'], run: () => onStep(-1) },
  ]);
  return (
    <div class="find-nodes" role="search" aria-label="Find calls">
      <SearchIcon />
      <input
        ref={input}
        type="text"
        aria-label="Find calls by service or operation"
        placeholder="Find calls (/)"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={event => onText(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key === 'Enter') onStep(event.shiftKey ? -1 : 1);
          else if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      {text !== '' && (
        <span class="dim" role="status">
          {count === 0 ? 'none' : `${place < 0 ? '–' : place + 1} of ${count}`}
        </span>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label="Previous match"
        title="Previous match (N)"
        disabled={count === 0}
        onClick={() => onStep(-1)}
      >
        <UpIcon />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label="Next match"
        title="Next match (n)"
        disabled={count === 0}
        onClick={() => onStep(1)}
      >
        <DownIcon />
      </button>
    </div>
  );
}
