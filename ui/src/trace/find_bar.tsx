import type { RefObject } from 'preact';
import { DownIcon, SearchIcon, UpIcon } from '../parts/icons';
import type { Action, ViewState } from './view_state';

interface Props {
  inputRef: RefObject<HTMLInputElement | null>;
  state: ViewState;
  query: string;
  matches: Int32Array;
  onQuery: (query: string) => void;
  onStep: (by: 1 | -1) => void;
  act: (action: Action) => void;
}

/** Finds spans by anything they say, and folds the tree. */
export function FindBar({ inputRef, state, query, matches, onQuery, onStep, act }: Props) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') {
      event.preventDefault();
      onStep(event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      if (query !== '') onQuery('');
      else inputRef.current?.blur();
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      act({ do: 'goTo', span: state.active }); // takes the focus to the rows
    }
  };
  return (
    <div class="find-bar" role="search" aria-label="Within this trace">
      <div class="find-box">
        <div class="find-input">
          <SearchIcon />
          <input
            ref={inputRef}
            type="text"
            aria-label="Find spans by name, service or any attribute"
            placeholder="Find: name, service, key=value …"
            autocomplete="off"
            spellcheck={false}
            value={query}
            onInput={event => onQuery(event.currentTarget.value)}
            onKeyDown={onKeyDown}
          />
          {query === '' && <kbd aria-hidden="true">/</kbd>}
          <span class="find-count" role="status">
            {query.trim() !== '' && countText(state, matches)}
          </span>
        </div>
        <button
          type="button"
          class="icon-button"
          title="Previous match (N)"
          aria-label="Previous match"
          disabled={matches.length === 0}
          onClick={() => onStep(-1)}
        >
          <UpIcon />
        </button>
        <button
          type="button"
          class="icon-button"
          title="Next match (n)"
          aria-label="Next match"
          disabled={matches.length === 0}
          onClick={() => onStep(1)}
        >
          <DownIcon />
        </button>
      </div>
      <div class="fold-buttons">
        <button
          type="button"
          class="button quiet"
          title="["
          onClick={() => act({ do: 'collapseAll' })}
        >
          Collapse all
        </button>
        <button
          type="button"
          class="button quiet"
          title="]"
          onClick={() => act({ do: 'expandAll' })}
        >
          Expand all
        </button>
      </div>
    </div>
  );
}

function countText(state: ViewState, matches: Int32Array): string {
  const total = matches.length.toLocaleString('en');
  if (matches.length === 0) return 'no match';
  const here = matches.indexOf(state.active);
  if (here !== -1) return `${(here + 1).toLocaleString('en')} of ${total}`;
  return matches.length === 1 ? '1 match' : `${total} matches`;
}
