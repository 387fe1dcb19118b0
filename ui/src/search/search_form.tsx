import { useState } from 'preact/hooks';
import { fetchOperations } from '../api/client';
import type { Operation } from '../api/types';
import { Combobox, type Choice } from '../parts/combobox';
import { SearchIcon } from '../parts/icons';
import { loadServices } from '../parts/known_services';
import { useAnswer } from '../parts/use_answer';
import { formatTags, parseTags } from '../text/logfmt';
import { Field } from '../parts/field';
import { kNewQuery, searchPath, type Problems, type SearchQuery } from './query';
import { TimeRange } from './time_range';

interface Props {
  draft: SearchQuery;
  problems: Problems;
  busy: boolean;
  serviceRef: (input: HTMLInputElement | null) => void;
  onChange: (draft: SearchQuery) => void;
  onSearch: (query: SearchQuery) => void;
}

const kLimits = [20, 50, 100, 200, 500, 1000];

export function SearchForm({ draft, problems, busy, serviceRef, onChange, onSearch }: Props) {
  // Nobody wants to be told off while still typing: problems show once one tried to search.
  const [tried, setTried] = useState(Object.keys(problems).length > 0); // a link may be wrong
  const shown = tried ? problems : {};
  const services = useAnswer('services', loadServices);
  const operations = useAnswer(`operations of ${draft.service}`, signal =>
    fetchOperations(draft.service, signal),
  );
  const set = (change: Partial<SearchQuery>) => onChange({ ...draft, ...change });
  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(problems).length > 0) return;
    setTried(false);
    onSearch(draft);
  };
  const limits = kLimits.includes(draft.limit) ? kLimits : [draft.limit, ...kLimits];

  return (
    <form class="search-form" aria-label="Search traces" onSubmit={submit}>
      <Combobox
        label="Service"
        value={draft.service}
        choices={(services.value ?? []).map(value => ({ value }))}
        placeholder="any service"
        emptyText={services.error ? `No list: ${services.error.message}` : 'No service known yet'}
        inputRef={serviceRef}
        onChange={service => set({ service })}
      />
      <Combobox
        label="Operation"
        value={draft.operation}
        choices={operationChoices(operations.value ?? [])}
        placeholder="any operation"
        emptyText={operations.error ? `No list: ${operations.error.message}` : 'None known yet'}
        onChange={operation => set({ operation })}
      />
      <Field
        label="Tags"
        value={draft.tags}
        placeholder='http.status_code=503 user="a b"'
        problem={shown.tags}
        onChange={tags => set({ tags })}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={wantsErrors(draft.tags)}
          onChange={event => set({ tags: withErrors(draft.tags, event.currentTarget.checked) })}
        />
        <span>Only traces with errors</span>
      </label>
      <div class="field-pair">
        <Field
          label="Shortest"
          value={draft.minDuration}
          placeholder="100ms"
          problem={shown.minDuration}
          onChange={minDuration => set({ minDuration })}
        />
        <Field
          label="Longest"
          value={draft.maxDuration}
          placeholder="1.5s"
          problem={shown.maxDuration}
          onChange={maxDuration => set({ maxDuration })}
        />
      </div>
      <TimeRange draft={draft} problems={shown} onChange={onChange} />
      <label class="field">
        <span>At most</span>
        <select
          value={String(draft.limit)}
          onChange={event => set({ limit: Number(event.currentTarget.value) })}
        >
          {limits.map(limit => (
            <option key={limit} value={String(limit)}>
              {limit} traces
            </option>
          ))}
        </select>
      </label>
      <div class="form-actions">
        <button type="submit" class="button primary" aria-busy={busy}>
          <SearchIcon />
          <span>Search</span>
        </button>
        {searchPath(draft) !== '/search' && (
          <button type="button" class="button quiet" onClick={() => onSearch(kNewQuery)}>
            Clear
          </button>
        )}
      </div>
    </form>
  );
}

/** One choice per name: two kinds of span may share it. */
function operationChoices(operations: readonly Operation[]): Choice[] {
  const kinds = new Map<string, string[]>();
  for (const { name, kind } of operations) kinds.set(name, [...(kinds.get(name) ?? []), kind]);
  return [...kinds].map(([value, of]) => ({ value, hint: of.join(', ') }));
}

function wantsErrors(tags: string): boolean {
  const parsed = parseTags(tags);
  return parsed.ok && parsed.tags.some(([key, value]) => key === 'error' && value === 'true');
}

/** The box is only a short way to write the tag, so that the tags always tell the whole search. */
function withErrors(tags: string, wanted: boolean): string {
  const parsed = parseTags(tags);
  if (!parsed.ok) return wanted ? `${tags.trim()} error=true`.trim() : tags;
  const others = parsed.tags.filter(([key]) => key !== 'error');
  return formatTags(wanted ? [...others, ['error', 'true']] : others);
}
