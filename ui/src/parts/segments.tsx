interface Props<T extends string> {
  label: string;
  choices: readonly { id: T; label: string; title?: string }[];
  value: T;
  onChange: (value: T) => void;
}

/** A choice of few, all in view: radio buttons that look like one bar. */
export function Segments<T extends string>({ label, choices, value, onChange }: Props<T>) {
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined || !(event.currentTarget instanceof HTMLElement)) return;
    event.preventDefault();
    const place = choices.findIndex(choice => choice.id === value) + step;
    const next = choices[(place + choices.length) % choices.length];
    if (!next) return;
    onChange(next.id);
    event.currentTarget.querySelector<HTMLElement>(`[data-id="${next.id}"]`)?.focus();
  };
  return (
    <div class="segments" role="radiogroup" aria-label={label} onKeyDown={move}>
      <span class="segments-label" aria-hidden="true">
        {label}
      </span>
      {choices.map(choice => (
        <button
          key={choice.id}
          type="button"
          role="radio"
          data-id={choice.id}
          aria-checked={choice.id === value}
          tabIndex={choice.id === value ? 0 : -1}
          title={choice.title}
          onClick={() => onChange(choice.id)}
        >
          {choice.label}
        </button>
      ))}
    </div>
  );
}
