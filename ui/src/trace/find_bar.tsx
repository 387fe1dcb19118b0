import type { ComponentChildren, RefObject } from 'preact';
import { lowerBound } from '../model/trace_facts';
import { DownIcon, SearchIcon, UpIcon } from '../parts/icons';
import type { Texts } from './use_find';
import type { Action, ViewState } from './view_state';

interface Props {
  inputRef: RefObject<HTMLInputElement | null>;
  state: ViewState;
  query: string;
  matches: Uint32Array;
  texts: Texts;
  onQuery: (query: string) => void;
  onStep: (by: 1 | -1) => void;
  act: (action: Action) => void;
  /** What stands to the right of it. */
  children: ComponentChildren;
}

/** Finds spans by anything they say. */
export function FindBar(props: Props) {
  const { inputRef, state, query, matches, onQuery, onStep, act, children } = props;
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
      act({ do: 'goTo', row: state.active }); // takes the focus to the rows
    }
  };
  const hasNone = matches.length === 0;
  return (
    <div class="find-bar" role="search" aria-label="Within this trace">
      <div class="find-box">
        <div class="find-input">
          <SearchIcon />
          <input
            ref={inputRef}
            type="text"
            aria-label="Find spans by name, service or any attribute"
            placeholder={
              props.texts === 'too many'
                ? 'Find: name, service'
                : 'Find: name, service, key=value …'
            }
            autocomplete="off"
            spellcheck={false}
            value={query}
            onInput={event => onQuery(event.currentTarget.value)}
            onKeyDown={onKeyDown}
          />
          {query === '' && <kbd aria-hidden="true">/</kbd>}
          <span class="find-count" role="status" title={kTextsSaid[props.texts]}>
            {query.trim() !== '' && countText(props)}
          </span>
        </div>
        <StepButton label="Previous match" hint="N" off={hasNone} onClick={() => onStep(-1)}>
          <UpIcon />
        </StepButton>
        <StepButton label="Next match" hint="n" off={hasNone} onClick={() => onStep(1)}>
          <DownIcon />
        </StepButton>
      </div>
      {children}
    </div>
  );
}

const kTextsSaid: Readonly<Record<Texts, string>> = {
  loading: 'Names, services and kinds so far; attributes are being looked at',
  ready: 'By name, service, kind, status and every attribute',
  'in part': 'By name, service, kind, status and attributes; not all spans could be looked at',
  'too many':
    'By name, service, kind and status: of a file this large attributes are not looked at',
  failed: 'By name, service, kind and status: the attributes could not be looked at',
};

function StepButton(props: {
  label: string;
  hint: string;
  off: boolean;
  onClick: () => void;
  children: ComponentChildren;
}) {
  return (
    <button
      type="button"
      class="icon-button"
      title={`${props.label} (${props.hint})`}
      aria-label={props.label}
      disabled={props.off}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}

function countText({ state, matches, texts }: Props): string {
  const total = matches.length.toLocaleString('en');
  const more = texts === 'loading' ? ' …' : texts === 'in part' ? '+' : '';
  if (matches.length === 0) return texts === 'loading' ? 'looking …' : 'no match';
  const place = lowerBound(matches, state.active);
  if (matches[place] === state.active)
    return `${(place + 1).toLocaleString('en')} of ${total}${more}`;
  return (matches.length === 1 ? '1 match' : `${total} matches`) + more;
}
