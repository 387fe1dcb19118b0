import { useEffect, useId, useRef, useState } from 'preact/hooks';

export interface Choice {
  value: string;
  /** Shown small beside it. */
  hint?: string;
}

interface Props {
  label: string;
  value: string;
  choices: readonly Choice[];
  placeholder: string;
  onChange: (value: string) => void;
  /** Said in the list when there is nothing to choose. */
  emptyText: string;
  inputRef?: (input: HTMLInputElement | null) => void;
}

const kMostShown = 100;

/** A text field with a list to choose from (ARIA's combobox); any other text is allowed, too. */
export function Combobox(props: Props) {
  const { label, value, choices, placeholder, onChange, emptyText } = props;
  const id = useId();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState(false); // false: just opened, so everything is offered
  const [cursor, setCursor] = useState(-1);
  const list = useRef<HTMLUListElement>(null);
  const wanted = typed ? value.toLowerCase() : '';
  const offered = choices.filter(choice => choice.value.toLowerCase().includes(wanted));
  const shown = offered.slice(0, kMostShown);

  useEffect(() => {
    list.current?.children[cursor]?.scrollIntoView({ block: 'nearest' });
  }, [cursor]);

  const show = () => {
    setOpen(true);
    setTyped(false);
    setCursor(-1);
  };
  const choose = (choice: Choice | undefined) => {
    if (choice) onChange(choice.value);
    setOpen(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!open) return show();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setCursor(Math.max(-1, Math.min(shown.length - 1, cursor + step)));
    } else if (event.key === 'Enter' && open && cursor >= 0) {
      event.preventDefault(); // the first Enter chooses, the next one searches
      choose(shown[cursor]);
    } else if (event.key === 'Escape' && open) {
      event.preventDefault();
      event.stopPropagation();
      setOpen(false);
    }
  };

  return (
    <div class="field combobox">
      <label for={id}>{label}</label>
      <input
        id={id}
        {...(props.inputRef ? { ref: props.inputRef } : {})}
        type="text"
        role="combobox"
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        {...(open && cursor >= 0 ? { 'aria-activedescendant': `${id}-${cursor}` } : {})}
        autocomplete="off"
        spellcheck={false}
        placeholder={placeholder}
        value={value}
        onInput={event => {
          onChange(event.currentTarget.value);
          setOpen(true);
          setTyped(true);
          setCursor(-1);
        }}
        onClick={show}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      <ul
        id={`${id}-list`}
        ref={list}
        role="listbox"
        aria-label={label}
        hidden={!open}
        // Keeps the focus, and with it the list, until the click has chosen.
        onMouseDown={event => event.preventDefault()}
      >
        {shown.map((choice, i) => (
          <li
            key={choice.value}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === cursor}
            data-current={choice.value === value}
            onClick={() => choose(choice)}
          >
            <span class="option-value">{choice.value}</span>
            {choice.hint !== undefined && <span class="option-hint">{choice.hint}</span>}
          </li>
        ))}
        {shown.length === 0 && (
          <li class="option-note">{choices.length === 0 ? emptyText : 'No match'}</li>
        )}
        {offered.length > shown.length && (
          <li class="option-note">{offered.length - shown.length} more: type to narrow</li>
        )}
      </ul>
    </div>
  );
}
