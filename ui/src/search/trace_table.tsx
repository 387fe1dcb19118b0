import { useRef } from 'preact/hooks';
import type { FoundTrace } from '../api/explore';
import { useCommands } from '../parts/commands';
import { plural, ErrorCount, ServicePill, Swatch } from '../parts/service_pill';
import { When } from '../parts/when';
import { linkTo, tracePath } from '../router';
import { formatDuration } from '../text/duration';
import type { Sort } from './query';
import { sortedTraces, valuesOf, type OwnColumn } from './table_rows';

interface Props {
  traces: readonly FoundTrace[];
  columns: readonly string[];
  sort: Sort | null;
  onSort: (sort: Sort | null) => void;
  onRemoveColumn: (column: string) => void;
}

const kHeads: readonly (readonly [OwnColumn, string])[] = [
  ['start', 'Start'],
  ['trace', 'Trace'],
  ['duration', 'Duration'],
  ['spans', 'Spans'],
  ['errors', 'Errors'],
  ['matched', 'Found'],
];
const kMostPills = 5;
const kMostValues = 3;

/** The traces found, a row each. j and k go from one to the next. */
export function TraceTable({ traces, columns, sort, onSort, onRemoveColumn }: Props) {
  const table = useRef<HTMLTableElement>(null);
  const step = (by: 1 | -1) => {
    const links = [...(table.current?.querySelectorAll<HTMLElement>('a.result') ?? [])];
    const now = links.indexOf(document.activeElement as HTMLElement);
    links[Math.max(0, Math.min(links.length - 1, now === -1 ? 0 : now + by))]?.focus();
  };
  useCommands('Traces', [
    { label: 'Next trace', keys: ['j'], run: () => step(1) },
    { label: 'Previous trace', keys: ['k'], run: () => step(-1) },
    { label: 'Open the trace', keys: ['Enter'] },
  ]);
  const longestUs = traces.reduce((most, trace) => Math.max(most, trace.durationUs), 1);
  const head = { sort, onSort };
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label="Traces">
      <table class="trace-table" ref={table}>
        <thead>
          <tr>
            {kHeads.map(([name, label]) => (
              <Head key={name} {...head} name={name} label={label} />
            ))}
            <th scope="col">Services</th>
            {columns.map(column => (
              <Head
                key={column}
                {...head}
                name={column}
                label={column}
                onRemove={() => onRemoveColumn(column)}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {sortedTraces(traces, sort).map(trace => (
            <Row key={trace.traceId} trace={trace} columns={columns} longestUs={longestUs} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps {
  name: string;
  label: string;
  sort: Sort | null;
  onSort: (sort: Sort | null) => void;
  onRemove?: () => void;
}

/** Sorts downwards, then upwards, then as they came. */
function Head({ name, label, sort, onSort, onRemove }: HeadProps) {
  const own = sort?.column === name ? sort : null;
  const next: Sort | null = !own
    ? { column: name, descending: true }
    : own.descending
      ? { column: name, descending: false }
      : null;
  return (
    <th
      scope="col"
      class={`column-${name}`}
      aria-sort={own ? (own.descending ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" class="sort-button" onClick={() => onSort(next)}>
        {label}
        <span aria-hidden="true">{own ? (own.descending ? ' ↓' : ' ↑') : ''}</span>
      </button>
      {onRemove && (
        <button
          type="button"
          class="sort-button remove"
          aria-label={`Remove the column ${label}`}
          title="Remove this column"
          onClick={onRemove}
        >
          ×
        </button>
      )}
    </th>
  );
}

interface RowProps {
  trace: FoundTrace;
  columns: readonly string[];
  longestUs: number;
}

function Row({ trace, columns, longestUs }: RowProps) {
  const share = (trace.durationUs / longestUs) * 100;
  const services = [...trace.services].sort((a, b) => b.spanCount - a.spanCount);
  const unshown = services.slice(kMostPills);
  return (
    <tr data-failed={trace.errorCount > 0}>
      <td class="column-start">
        <When timeUs={BigInt(trace.startUs)} />
      </td>
      <th scope="row">
        <a
          class="result"
          href={linkTo(tracePath(trace.traceId))}
          data-failed={trace.errorCount > 0}
          data-trace={trace.traceId}
        >
          <Swatch service={trace.rootService} />
          <span class="result-service">{trace.rootService || 'unknown service'}</span>
          <span class="result-operation">{trace.rootOperation}</span>
          {trace.rootMissing && (
            <span class="tag-warning" title="The span that began this trace was not received">
              root missing
            </span>
          )}
        </a>
      </th>
      <td class="column-duration" title={`${trace.durationUs.toLocaleString('en')} µs`}>
        <span class="duration-bar" style={{ width: `${share.toFixed(2)}%` }} aria-hidden="true" />
        <span class="duration-text">{formatDuration(trace.durationUs * 1000)}</span>
      </td>
      <td class="number">{trace.spanCount.toLocaleString('en')}</td>
      <td class="number">
        {trace.errorCount > 0 ? (
          <ErrorCount count={trace.errorCount} />
        ) : (
          <span class="dim">0</span>
        )}
      </td>
      <td class="number">{trace.matched.toLocaleString('en')}</td>
      <td class="column-services">
        {services.slice(0, kMostPills).map(count => (
          <ServicePill key={count.name} count={count} />
        ))}
        {unshown.length > 0 && (
          <span class="dim" title={unshown.map(({ name }) => name).join(', ')}>
            and {unshown.length} more
          </span>
        )}
      </td>
      {columns.map(column => (
        <Values key={column} trace={trace} column={column} />
      ))}
    </tr>
  );
}

function Values({ trace, column }: { trace: FoundTrace; column: string }) {
  const { values, cut } = valuesOf(trace, column);
  const shown = values.slice(0, kMostValues).join(', ');
  const more = values.length > kMostValues ? ` and ${values.length - kMostValues} more` : '';
  const of = cut ? ` (of the first ${plural(trace.spans.length, 'span')} found)` : '';
  return (
    <td class="column-values" title={values.join(', ') + of}>
      {values.length === 0 ? <span class="dim">–</span> : shown}
      <span class="dim">
        {more}
        {cut && values.length > 0 && ' …'}
      </span>
    </td>
  );
}
