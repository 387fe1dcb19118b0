import { useEffect, useRef } from 'preact/hooks';
import { fetchOperations } from '../api/client';
import { kSpanKinds } from '../api/types';
import { Combobox, type Choice } from '../parts/combobox';
import { CloseIcon } from '../parts/icons';
import { loadServices } from '../parts/known_services';
import { useAnswer } from '../parts/use_answer';
import { parseDuration } from '../text/duration';
import { Field } from '../parts/field';
import { kConditionOps, looksTyped, type Condition, type Form } from './form';
import { tagOf } from './attribute_names';
import { knownFields, knownValues } from './known_names';
import { kIntrinsics, quote } from './traceql';

interface Props {
  form: Form;
  serviceRef: (input: HTMLInputElement | null) => void;
  onChange: (form: Form) => void;
}

const kNewCondition: Condition = { key: '', op: '=', value: '', type: 'any' };

/** The query as fields. */
export function FormFields({ form, serviceRef, onChange }: Props) {
  const services = useAnswer('services', loadServices);
  const operations = useAnswer(`operations of ${form.service}`, signal =>
    fetchOperations(form.service, signal),
  );
  const set = (change: Partial<Form>) => onChange({ ...form, ...change });
  const operationNames = new Map<string, string>();
  for (const { name, kind } of operations.value ?? []) operationNames.set(name, kind);
  return (
    <div class="form-fields">
      <Combobox
        label="Service"
        value={form.service}
        choices={(services.value ?? []).map(value => ({ value }))}
        placeholder="any"
        emptyText={services.error ? `No list: ${services.error.message}` : 'No service known yet'}
        inputRef={serviceRef}
        onChange={service => set({ service })}
      />
      <Combobox
        label="Operation"
        value={form.operation}
        choices={[...operationNames].map(([value, hint]) => ({ value, hint }))}
        placeholder="any"
        emptyText={operations.error ? `No list: ${operations.error.message}` : 'None known yet'}
        onChange={operation => set({ operation })}
      />
      <Choose
        label="Status"
        value={form.status}
        choices={['error', 'ok', 'unset']}
        onChange={status => set({ status })}
      />
      <Choose
        label="Kind"
        value={form.kind}
        choices={kSpanKinds}
        onChange={kind => set({ kind })}
      />
      <Field
        label="Shortest"
        value={form.minDuration}
        placeholder="100ms"
        problem={durationProblem(form.minDuration)}
        onChange={minDuration => set({ minDuration })}
      />
      <Field
        label="Longest"
        value={form.maxDuration}
        placeholder="1.5s"
        problem={durationProblem(form.maxDuration)}
        onChange={maxDuration => set({ maxDuration })}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={form.rootsOnly}
          onChange={event => set({ rootsOnly: event.currentTarget.checked })}
        />
        <span>First spans only</span>
      </label>
      <Conditions
        conditions={form.conditions}
        onChange={conditions => onChange({ ...form, conditions })}
      />
    </div>
  );
}

function durationProblem(text: string): string | undefined {
  const wrong = text.trim() !== '' && parseDuration(text) === null;
  return wrong ? 'such as 250us, 100ms, 1.5s' : undefined;
}

interface ChooseProps<T extends string> {
  label: string;
  value: T | '';
  choices: readonly T[];
  onChange: (value: T | '') => void;
}

function Choose<T extends string>({ label, value, choices, onChange }: ChooseProps<T>) {
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={value}
        onChange={event => {
          const chosen = event.currentTarget.value;
          onChange(choices.find(choice => choice === chosen) ?? '');
        }}
      >
        <option value="">any</option>
        {choices.map(choice => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    </label>
  );
}

interface ConditionsProps {
  conditions: readonly Condition[];
  onChange: (conditions: Condition[]) => void;
}

/** One row for each; a new one says nothing until it has a name. */
function Conditions({ conditions, onChange }: ConditionsProps) {
  const added = useRef(false);
  const replace = (i: number, condition: Condition) =>
    onChange(conditions.map((each, at) => (at === i ? condition : each)));
  return (
    <div class="conditions" role="group" aria-label="Attributes">
      {conditions.map((condition, i) => (
        <ConditionRow
          key={i}
          condition={condition}
          added={added}
          onChange={changed => replace(i, changed)}
          onRemove={() => onChange(conditions.filter((_, at) => at !== i))}
        />
      ))}
      <button
        type="button"
        class="button quiet"
        onClick={() => {
          added.current = true;
          onChange([...conditions, kNewCondition]);
        }}
      >
        + Attribute
      </button>
    </div>
  );
}

interface RowProps {
  condition: Condition;
  /** True just after a row was added: it takes the focus. */
  added: { current: boolean };
  onChange: (condition: Condition) => void;
  onRemove: () => void;
}

function ConditionRow({ condition, added, onChange, onRemove }: RowProps) {
  const { key, op, value, type } = condition;
  const set = (change: Partial<Condition>) => onChange({ ...condition, ...change });
  const fields = useAnswer('fields', knownFields);
  const values = useAnswer(`${key}\n${value}`, () => knownValues(fieldOfKey(key), value));
  const takesValue = op !== 'exists' && op !== 'absent';
  const name = useRef<HTMLInputElement | null>(null);
  useEffect(() => {
    if (added.current) name.current?.focus();
    added.current = false;
  }, []);
  return (
    <div class="condition">
      <Combobox
        label="Attribute"
        value={key}
        choices={[
          ...(fields.value ?? []).map(name => ({ value: name })),
          ...kIntrinsics.map(([name, hint]) => ({ value: name, hint })),
        ]}
        placeholder="span.http.route"
        emptyText={fields.error ? `No list: ${fields.error.message}` : 'None known yet'}
        inputRef={input => {
          name.current = input;
        }}
        onChange={chosen => set({ key: chosen })}
      />
      <label class="field">
        <span class="hidden">Comparison</span>
        <select
          value={op}
          onChange={event => {
            const chosen = event.currentTarget.value;
            set({ op: kConditionOps.find(([name]) => name === chosen)?.[0] ?? '=' });
          }}
        >
          {kConditionOps.map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {takesValue && (
        <Combobox
          label="Value"
          value={value}
          choices={valueChoices(values.value ?? [])}
          placeholder="any value"
          emptyText={values.error ? `No list: ${values.error.message}` : 'None known'}
          onChange={chosen => set({ value: chosen })}
        />
      )}
      {takesValue && tagOf(fieldOfKey(key)) && looksTyped(value) && op !== '=~' && op !== '!~' && (
        <label class="field">
          <span class="hidden">How the value is meant</span>
          <select
            value={type}
            onChange={event => {
              const chosen = event.currentTarget.value;
              set({ type: chosen === 'typed' || chosen === 'text' ? chosen : 'any' });
            }}
          >
            <option value="any">of any type</option>
            <option value="typed">as {value}</option>
            <option value="text">as text {quote(value)}</option>
          </select>
        </label>
      )}
      <button
        type="button"
        class="icon-button"
        title="Remove this condition"
        aria-label={`Remove the condition on ${key || 'an attribute'}`}
        onClick={onRemove}
      >
        <CloseIcon />
      </button>
    </div>
  );
}

/** Keys without a scope are shown without their dot. */
function fieldOfKey(key: string): string {
  const bare = !/^(?:span|resource|event|link|instrumentation)?\./.test(key);
  return bare && !kIntrinsics.some(([name]) => name === key) && key !== '' ? `.${key}` : key;
}

function valueChoices(values: readonly { type: string; value: unknown }[]): Choice[] {
  const types = new Map<string, string[]>();
  for (const { type, value } of values) {
    const text = String(value);
    types.set(text, [...(types.get(text) ?? []), type === 'string' ? 'text' : type]);
  }
  return [...types].map(([value, of]) => ({
    value,
    hint: of.filter(t => t !== 'word').join(', '),
  }));
}
