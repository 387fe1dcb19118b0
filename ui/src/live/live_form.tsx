import { useState } from 'preact/hooks';
import { fetchOperations } from '../api/client';
import { Combobox } from '../parts/combobox';
import { loadServices } from '../parts/known_services';
import { useAnswer } from '../parts/use_answer';
import { Field } from '../parts/field';
import {
  kAnything,
  kRates,
  livePath,
  liveProblems,
  type LiveProblems,
  type LiveQuery,
} from './live_query';

interface Props {
  query: LiveQuery;
  /** What the server says is wrong with it. */
  refusal: string | undefined;
  filterRef: (input: HTMLInputElement | null) => void;
  onFollow: (query: LiveQuery) => void;
}

/** What one wants to see. It counts when it is submitted: a new filter begins with an empty list. */
export function LiveForm({ query, refusal, filterRef, onFollow }: Props) {
  const [draft, setDraft] = useState(query);
  const [problems, setProblems] = useState<LiveProblems>(() => liveProblems(query));
  const services = useAnswer('services', loadServices);
  const operations = useAnswer(`operations of ${draft.service}`, signal =>
    fetchOperations(draft.service, signal),
  );
  const set = (change: Partial<LiveQuery>) => setDraft({ ...draft, ...change });
  const submit = (event: Event) => {
    event.preventDefault();
    const found = liveProblems(draft);
    setProblems(found);
    if (Object.keys(found).length === 0) onFollow(draft);
  };
  const names = [...new Set((operations.value ?? []).map(({ name }) => name))];
  const rates = new Set<number>([...kRates, draft.rate]);
  return (
    <form class="live-form" role="search" aria-label="What to follow" onSubmit={submit}>
      <Combobox
        label="Service"
        value={draft.service}
        choices={(services.value ?? []).map(value => ({ value }))}
        placeholder="any service"
        emptyText={services.error ? `No list: ${services.error.message}` : 'No service known yet'}
        inputRef={filterRef}
        onChange={service => set({ service })}
      />
      <Combobox
        label="Operation"
        value={draft.operation}
        choices={names.map(value => ({ value }))}
        placeholder="any operation"
        emptyText={operations.error ? `No list: ${operations.error.message}` : 'None known yet'}
        onChange={operation => set({ operation })}
      />
      <div class="live-where">
        <Field
          label="Conditions on one span"
          value={draft.where}
          placeholder="span.http.status_code >= 500 && resource.host.name =~ web-.*"
          problem={problems.where ?? refusal}
          onChange={where => set({ where })}
        />
      </div>
      <Field
        label="Shortest"
        value={draft.minDuration}
        placeholder="100ms"
        problem={problems.minDuration}
        onChange={minDuration => set({ minDuration })}
      />
      <Field
        label="Longest"
        value={draft.maxDuration}
        placeholder="1.5s"
        problem={problems.maxDuration}
        onChange={maxDuration => set({ maxDuration })}
      />
      <label class="field">
        <span>At most</span>
        <select
          value={String(draft.rate)}
          onChange={event => set({ rate: Number(event.currentTarget.value) })}
        >
          {[...rates]
            .sort((a, b) => a - b)
            .map(rate => (
              <option key={rate} value={String(rate)}>
                {rate}/s
              </option>
            ))}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={draft.errorsOnly}
          onChange={event => set({ errorsOnly: event.currentTarget.checked })}
        />
        <span>Errors only</span>
      </label>
      <div class="live-actions">
        <button type="submit" class="button primary">
          Follow
        </button>
        {livePath(draft) !== '/live' && (
          <button type="button" class="button quiet" onClick={() => onFollow(kAnything)}>
            Clear
          </button>
        )}
      </div>
    </form>
  );
}
