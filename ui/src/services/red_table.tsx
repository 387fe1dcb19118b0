import type { ComponentChildren } from 'preact';
import { ErrorIcon } from '../parts/icons';
import { plural } from '../parts/service_pill';
import { formatDuration } from '../text/duration';
import { formatRate, formatShare, sortedBy, type RedRow, type Sort, type SortKey } from './red';
import { Sparkline } from './sparkline';

interface Props {
  label: string;
  /** What a row is: "service". */
  noun: string;
  rows: readonly RedRow[];
  sort: Sort;
  onSort: (sort: Sort) => void;
  /** Rows that were wished for; 0: as many as at first. */
  shown: number;
  onShown: (rows: number) => void;
  name: (row: RedRow) => ComponentChildren;
  traces: (row: RedRow, failed: boolean) => string;
}

/** Rows that are drawn at first, and that each press of the button adds. */
const kRowsAtOnce = 200;

const kColumns: readonly { key: SortKey; label: string; hint: string }[] = [
  { key: 'rate', label: 'Rate', hint: 'Spans in each unit of time' },
  { key: 'errorShare', label: 'Errors', hint: 'Share of the spans that failed' },
  { key: 'p50', label: 'p50', hint: 'Half of the spans took no longer' },
  { key: 'p95', label: 'p95', hint: '95 % of the spans took no longer' },
  { key: 'p99', label: 'p99', hint: '99 % of the spans took no longer' },
];

/** Rate, errors and durations, one row for each service or operation. */
export function RedTable(props: Props) {
  const { label, noun, rows, sort, onSort, shown, onShown, name, traces } = props;
  const most = Math.max(shown, kRowsAtOnce);
  const head = (key: SortKey, text: string, hint?: string) => (
    <th
      scope="col"
      class={key === 'name' ? '' : 'number'}
      aria-sort={sort.key !== key ? 'none' : sort.descending ? 'descending' : 'ascending'}
    >
      <button type="button" title={hint ?? ''} onClick={() => onSort(sortedBy(sort, key))}>
        {text}
        <span aria-hidden="true">{sort.key !== key ? '' : sort.descending ? ' ↓' : ' ↑'}</span>
      </button>
    </th>
  );
  return (
    <>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={label}>
        <table class="red-table" aria-label={label} aria-rowcount={rows.length + 1}>
          <thead>
            <tr>
              {head('name', noun.charAt(0).toUpperCase() + noun.slice(1))}
              {kColumns.map(({ key, label: text, hint }) => head(key, text, hint))}
              <th scope="col">Traces</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, most).map(row => (
              <Row key={row.name} row={row} name={name(row)} traces={traces} />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > most && (
        <p class="more">
          {most} of {plural(rows.length, noun)} are shown.{' '}
          <button type="button" class="button" onClick={() => onShown(most + kRowsAtOnce)}>
            Show {Math.min(kRowsAtOnce, rows.length - most)} more
          </button>
        </p>
      )}
    </>
  );
}

interface RowProps {
  row: RedRow;
  name: ComponentChildren;
  traces: (row: RedRow, failed: boolean) => string;
}

function Row({ row, name, traces }: RowProps) {
  const exact = `${plural(row.spans, 'span')}, ${row.rate} a second`;
  const failed = `${plural(row.errors, 'error')} of ${plural(row.spans, 'span')}`;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td title={exact}>
        <span class="with-spark">
          <Sparkline values={row.rates} kind="rate" />
          <b>{formatRate(row.rate)}</b>
        </span>
      </td>
      <td title={failed}>
        <span class={`with-spark ${row.errors > 0 ? 'has-errors' : ''}`}>
          {row.errors > 0 && <Sparkline values={row.errorShares} kind="error" />}
          {row.errors > 0 && <ErrorIcon />}
          <b>{formatShare(row.errorShare)}</b>
        </span>
      </td>
      <Duration seconds={row.p50} />
      <td title={exactDuration(row.p95)}>
        <span class="with-spark">
          <Sparkline values={row.slow} kind="slow" />
          <b>{row.p95 === null ? '–' : formatDuration(row.p95 * 1e9)}</b>
        </span>
      </td>
      <Duration seconds={row.p99} />
      <td class="links">
        <a href={traces(row, false)} aria-label={`all traces of ${row.name}`}>
          all
        </a>
        {row.errors > 0 && (
          <a href={traces(row, true)} aria-label={`failed traces of ${row.name}`}>
            failed
          </a>
        )}
      </td>
    </tr>
  );
}

function Duration({ seconds }: { seconds: number | null }) {
  return (
    <td class="number" title={exactDuration(seconds)}>
      {seconds === null ? '–' : formatDuration(seconds * 1e9)}
    </td>
  );
}

function exactDuration(seconds: number | null): string {
  return seconds === null ? 'not known' : `${seconds * 1e3} ms`;
}
