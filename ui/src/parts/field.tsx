import { useId } from 'preact/hooks';

interface Props {
  label: string;
  value: string;
  problem: string | undefined;
  onChange: (value: string) => void;
  placeholder?: string;
  type?: 'text' | 'datetime-local';
}

/** A labelled text field that says what is wrong with it. */
export function Field({ label, value, problem, onChange, placeholder, type = 'text' }: Props) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        {...(type === 'text'
          ? { type: 'text' as const }
          : { type: 'datetime-local' as const, step: 1 })}
        value={value}
        placeholder={placeholder ?? ''}
        autocomplete="off"
        spellcheck={false}
        aria-invalid={problem !== undefined}
        {...(problem !== undefined ? { 'aria-describedby': `${id}-problem` } : {})}
        onInput={event => onChange(event.currentTarget.value)}
      />
      {problem !== undefined && (
        <p id={`${id}-problem`} class="problem">
          {problem}
        </p>
      )}
    </div>
  );
}
