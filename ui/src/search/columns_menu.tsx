import { useState } from 'preact/hooks';
import { Combobox } from '../parts/combobox';
import { CloseIcon } from '../parts/icons';
import { useAnswer } from '../parts/use_answer';
import { knownFields } from './known_names';
import { Popover } from './popover';
import { isSelectable, kIntrinsicColumns } from './table_rows';

interface Props {
  columns: readonly string[];
  onChange: (columns: string[]) => void;
}

/** Which attributes of the spans found the table shows. */
export function ColumnsMenu({ columns, onChange }: Props) {
  return (
    <Popover label="Columns" title="Attributes to show in the table">
      {() => <ColumnsList columns={columns} onChange={onChange} />}
    </Popover>
  );
}

function ColumnsList({ columns, onChange }: Props) {
  const fields = useAnswer('fields', knownFields);
  const [name, setName] = useState('');
  const [wrong, setWrong] = useState(false);
  const add = (event: Event) => {
    event.preventDefault();
    const wanted = name.trim();
    setWrong(!isSelectable(wanted));
    if (!isSelectable(wanted)) return;
    setName('');
    if (!columns.includes(wanted)) onChange([...columns, wanted]);
  };
  return (
    <>
      <form class="save-form" onSubmit={add}>
        <Combobox
          label="Attribute for a column"
          value={name}
          choices={[
            ...(fields.value ?? []).map(value => ({ value })),
            ...kIntrinsicColumns.map(value => ({ value, hint: 'of the span' })),
          ]}
          placeholder="span.http.route"
          emptyText={fields.error ? `No list: ${fields.error.message}` : 'None known yet'}
          onChange={text => {
            setName(text);
            setWrong(false);
          }}
        />
        <button type="submit" class="button primary">
          Add
        </button>
      </form>
      {wrong && (
        <p class="problem" role="alert">
          A name with its scope, such as span.http.route, resource.host.name or .tenant.
        </p>
      )}
      <ul class="saved-list">
        {columns.map(column => (
          <li key={column}>
            <span class="mono">{column}</span>
            <button
              type="button"
              class="icon-button"
              aria-label={`Remove ${column}`}
              title="Remove the column"
              onClick={() => onChange(columns.filter(other => other !== column))}
            >
              <CloseIcon />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
