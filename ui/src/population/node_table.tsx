import { useMemo } from 'preact/hooks';
import { at } from '../model/at';
import { Swatch } from '../parts/service_pill';
import { formatDuration } from '../text/duration';
import { kMeasures, totalOf, type CallTree, type Measure } from './call_tree';
import { operationText, percent, serviceText, whole } from './say';

interface Props {
  tree: CallTree;
  traces: number;
  own: Float64Array;
  sums: Float64Array;
  measure: Measure;
  /** What a search has found; undefined: there is none. */
  found: readonly number[] | undefined;
  /** The ID of a column; of none: as a tree. */
  sorted: string;
  active: number;
  onSort: (column: string) => void;
  /** Rows that were wished for; 0: as many as at first. */
  shown: number;
  onShown: (rows: number) => void;
  onChoose: (node: number) => void;
}

const kRowsAtFirst = 100;

interface Column {
  id: string;
  label: string;
  values: ArrayLike<number>;
  text: (node: number) => string;
}

/** Everything the flame graph shows, in rows: as a tree, or sorted by a column. */
export function NodeTable(props: Props) {
  const { tree, found, sorted, active, onSort, shown, onShown, onChoose } = props;
  const most = Math.max(shown, kRowsAtFirst);
  const columns = columnsOf(props);
  const column = columns.find(({ id }) => id === sorted);
  const nodes = useMemo(() => {
    const all = found ?? Array.from({ length: tree.count }, (_, node) => node);
    if (!column) return all;
    return [...all].sort((a, b) => at(column.values, b) - at(column.values, a));
  }, [tree, found, sorted, props.measure]);
  return (
    <section class="node-table" aria-label="All calls as a table">
      <h2>
        Calls <span class="dim">{column ? `by ${column.label.toLowerCase()}` : 'in order'}</span>
      </h2>
      <div class="table-box" tabIndex={0} role="group" aria-label="Table of calls">
        <table>
          <thead>
            <tr>
              <th scope="col" aria-sort={column ? 'none' : 'other'}>
                <button type="button" class="sort" onClick={() => onSort('')}>
                  Call{!column && ' (as a tree)'}
                </button>
              </th>
              {columns.map(({ id, label }) => (
                <th key={id} scope="col" aria-sort={id === sorted ? 'descending' : 'none'}>
                  <button type="button" class="sort" onClick={() => onSort(id)}>
                    {label}
                    {id === sorted && ' ↓'}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {nodes.slice(0, most).map(node => (
              <tr key={node} aria-current={node === active ? 'true' : undefined}>
                <th scope="row" style={{ '--level': column || found ? 0 : at(tree.depth, node) }}>
                  <button type="button" class="call" onClick={() => onChoose(node)}>
                    <Swatch service={at(tree.service, node)} />
                    <span class="dim">{serviceText(at(tree.service, node))}</span>
                    <span>{operationText(tree, node)}</span>
                    <span class="dim">{at(tree.kind, node)}</span>
                  </button>
                </th>
                {columns.map(({ id, text }) => (
                  <td key={id}>{text(node)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {nodes.length > most && (
        <p class="more">
          {whole(most)} of {whole(nodes.length)} calls.{' '}
          <button type="button" class="button" onClick={() => onShown(most * 5)}>
            Show {whole(Math.min(nodes.length, most * 5) - most)} more
          </button>
        </p>
      )}
    </section>
  );
}

function columnsOf({ tree, traces, own, sums, measure }: Props): Column[] {
  const total = totalOf(own);
  const value = (list: ArrayLike<number>, node: number) =>
    measure === 'count' ? whole(at(list, node)) : formatDuration(at(list, node));
  const { p50, p95, p99 } = tree.percentileNs;
  const duration = (id: string, label: string, values: Float64Array): Column => ({
    id,
    label,
    values,
    text: node => formatDuration(at(values, node)),
  });
  return [
    {
      id: 'sum',
      label: `${kMeasures[measure].label}, with all below`,
      values: sums,
      text: node => `${value(sums, node)} (${percent(at(sums, node), total)})`,
    },
    {
      id: 'own',
      label: 'Its own',
      values: own,
      text: node => `${value(own, node)} (${percent(at(own, node), total)})`,
    },
    {
      id: 'traces',
      label: 'Traces',
      values: tree.traces,
      text: node => `${whole(at(tree.traces, node))} (${percent(at(tree.traces, node), traces)})`,
    },
    { id: 'spans', label: 'Spans', values: tree.spans, text: node => whole(at(tree.spans, node)) },
    {
      id: 'errors',
      label: 'Errors',
      values: tree.errors,
      text: node => {
        const errors = at(tree.errors, node);
        return errors === 0 ? '0' : `⚠ ${whole(errors)} (${percent(errors, at(tree.spans, node))})`;
      },
    },
    duration('self', 'Self time', tree.selfNs),
    duration('total', 'Total time', tree.totalNs),
    duration('p50', 'p50', p50),
    duration('p95', 'p95', p95),
    duration('p99', 'p99', p99),
  ];
}
