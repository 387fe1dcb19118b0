import type { ComponentChildren } from 'preact';
import { ErrorIcon } from '../parts/icons';
import { plural, Swatch } from '../parts/service_pill';
import { linkTo } from '../router';
import { formatDuration } from '../text/duration';
import { nameOf, servicePath } from './address';
import { sortCalls, type CallKey, type CallSort } from './call_sort';
import type { Call } from './graph';
import { callQuery, tracesPath } from './questions';
import type { Range, Times } from './range';
import { formatRate, formatShare } from './red';

interface Props {
  label: string;
  calls: readonly Call[];
  range: Range;
  times: Times;
  /** Columns left out: the service whose page it is. */
  without?: 'parent' | 'child';
  sort: CallSort;
  onSort: (sort: CallSort) => void;
  /** Rows that were wished for; 0: as many as at first. */
  shown: number;
  onShown: (rows: number) => void;
}

const kRowsAtOnce = 200;

/** Calls between services as a table: what the map shows, for those who read better than they see. */
export function CallTable(props: Props) {
  const { label, calls, range, times, without, sort, onSort, shown, onShown } = props;
  const most = Math.max(shown, kRowsAtOnce);
  const sorted = sortCalls(calls, sort);
  const head = (key: CallKey, text: string, hint = '') => (
    <th
      scope="col"
      class={key === 'parent' || key === 'child' ? '' : 'number'}
      aria-sort={sort.key !== key ? 'none' : sort.descending ? 'descending' : 'ascending'}
    >
      <button
        type="button"
        title={hint}
        onClick={() =>
          onSort({
            key,
            descending: sort.key === key ? !sort.descending : key !== 'parent' && key !== 'child',
          })
        }
      >
        {text}
        <span aria-hidden="true">{sort.key !== key ? '' : sort.descending ? ' ↓' : ' ↑'}</span>
      </button>
    </th>
  );
  return (
    <>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={label}>
        <table class="red-table" aria-label={label} aria-rowcount={calls.length + 1}>
          <thead>
            <tr>
              {without !== 'parent' && head('parent', 'Caller')}
              {without !== 'child' && head('child', 'Callee')}
              {head('callCount', 'Rate', 'Calls in each unit of time')}
              {head('errors', 'Errors', 'Share of the calls that failed')}
              {head('p50Us', 'p50', 'At most 6.3 % off')}
              {head('p95Us', 'p95', 'At most 6.3 % off')}
              {head('p99Us', 'p99', 'At most 6.3 % off')}
              <th scope="col">Traces</th>
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, most).map(call => (
              <tr key={`${call.parent}\n${call.child}`}>
                {without !== 'parent' && <Name service={call.parent} range={range} />}
                {without !== 'child' && <Name service={call.child} range={range} />}
                <Numbers call={call} times={times} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {calls.length > most && (
        <p class="more">
          {most} of {calls.length.toLocaleString('en')} pairs are shown.{' '}
          <button type="button" class="button" onClick={() => onShown(most + kRowsAtOnce)}>
            Show {Math.min(kRowsAtOnce, calls.length - most)} more
          </button>
        </p>
      )}
    </>
  );
}

function Numbers({ call, times }: { call: Call; times: Times }) {
  const seconds = (times.endUs - times.startUs) / 1e6;
  const between = `${nameOf(call.parent)} to ${nameOf(call.child)}`;
  const traces = (failed: boolean) =>
    linkTo(tracesPath(callQuery(call.parent, call.child, failed), times));
  return (
    <>
      <td class="number" title={plural(call.callCount, 'call')}>
        {formatRate(call.callCount / seconds)}
      </td>
      <td class="number" title={plural(call.errorCount, 'failed call')}>
        <span class={call.errorCount > 0 ? 'has-errors' : ''}>
          {call.errorCount > 0 && <ErrorIcon />} {formatShare(call.errorCount / call.callCount)}
        </span>
      </td>
      {[call.p50Us, call.p95Us, call.p99Us].map((us, i) => (
        <td key={i} class="number" title={`${us.toLocaleString('en')} µs`}>
          {formatDuration(us * 1000)}
        </td>
      ))}
      <td class="links">
        <a href={traces(false)} aria-label={`all traces with calls from ${between}`}>
          all
        </a>
        {call.errorCount > 0 && (
          <a href={traces(true)} aria-label={`failed: traces with failed calls from ${between}`}>
            failed
          </a>
        )}
      </td>
    </>
  );
}

function Name({ service, range }: { service: string; range: Range }): ComponentChildren {
  return (
    <th scope="row">
      <Swatch service={service} />{' '}
      {service === '' ? (
        <i>{nameOf(service)}</i>
      ) : (
        <a href={linkTo(servicePath(service, range))}>{service}</a>
      )}
    </th>
  );
}
