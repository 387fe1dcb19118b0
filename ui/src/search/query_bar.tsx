import { useState } from 'preact/hooks';
import { SearchIcon } from '../parts/icons';
import { formOf, kEmptyForm, traceqlOf, type Form } from './form';
import { FormFields } from './form_fields';
import { TimePicker } from './time_picker';
import type { TimeWindow } from './time_window';
import { TraceqlInput } from './traceql_input';

interface Props {
  /** As it is being edited. */
  q: string;
  window: TimeWindow;
  problem: string | undefined;
  busy: boolean;
  serviceRef: (input: HTMLInputElement | null) => void;
  focusRef: (focus: () => void) => void;
  onChange: (q: string) => void;
  onWindow: (window: TimeWindow) => void;
  onSearch: () => void;
  onPaste: (text: string) => boolean;
}

/** The query as text and as a form. Each shows at once what is done in the other. */
export function QueryBar(props: Props) {
  const { q, problem, busy, onChange, onSearch } = props;
  // What the form was filled with says more than the query it made: a condition without a name yet, a half name.
  const [filled, setFilled] = useState<{ q: string; form: Form } | null>(null);
  const form = filled?.q === q ? filled.form : formOf(q);
  const fill = (changed: Form) => {
    const written = traceqlOf(changed);
    setFilled({ q: written, form: changed });
    onChange(written);
  };
  return (
    <form
      class="query-bar"
      role="search"
      aria-label="Search traces"
      onSubmit={event => {
        event.preventDefault();
        onSearch();
      }}
    >
      <div class="query-line">
        <TraceqlInput
          value={q}
          problem={problem}
          onChange={onChange}
          onSubmit={onSearch}
          onPaste={props.onPaste}
          focusRef={props.focusRef}
        />
        <TimePicker window={props.window} onChange={props.onWindow} />
        <button type="submit" class="button primary" aria-busy={busy}>
          <SearchIcon />
          <span>Search</span>
        </button>
      </div>
      {form ? (
        <FormFields form={form} serviceRef={props.serviceRef} onChange={fill} />
      ) : (
        <p class="by-hand">
          <span class="dim">Written by hand: the form has no fields for this query.</span>
          <button type="button" class="button quiet" onClick={() => fill(kEmptyForm)}>
            Empty the form
          </button>
        </p>
      )}
    </form>
  );
}
