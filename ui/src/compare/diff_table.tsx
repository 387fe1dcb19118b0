import { useMemo } from 'preact/hooks';
import { at } from '../model/at';
import { Segments } from '../parts/segments';
import { Swatch } from '../parts/service_pill';
import type { Population } from '../population/answer';
import { kMeasures, type Measure, type Percentile } from '../population/call_tree';
import { operationText, serviceText, whole } from '../population/say';
import { formatDuration } from '../text/duration';
import {
  kVerdicts,
  ownVerdict,
  ranked,
  type DiffTree,
  type DiffValues,
  type Verdict,
} from './diff';
import type { Loaded } from './load';
import type { Rows } from './sides';
import { changeText, kSigns, valueText, verdictText } from './say_diff';

interface Props {
  tree: DiffTree;
  values: DiffValues;
  loaded: Loaded;
  measure: Measure;
  rows: Rows;
  /** So many of them were wished for; 0: as many as at first. */
  shown: number;
  active: number;
  onRows: (rows: Rows) => void;
  onShown: (rows: number) => void;
  onChoose: (node: number) => void;
}

const kRowsAtFirst = 50;

/** What changed, the most first; or all of it, as a tree. */
export function DiffTable(props: Props) {
  const { tree, values, loaded, measure, rows, shown, active, onRows, onShown, onChoose } = props;
  const most = Math.max(shown, kRowsAtFirst);
  const changes = useMemo(() => ranked(tree, values), [tree, values]);
  const verdicts = useMemo(
    () => new Map(changes.map(node => [node, ownVerdict(tree, values, node)])),
    [changes],
  );
  const nodes =
    rows === 'tree'
      ? Array.from({ length: tree.count }, (_, node) => node)
      : rows === 'ranked'
        ? changes
        : changes.filter(node => verdicts.get(node) === rows);
  const count = (verdict: Verdict) =>
    [...verdicts.values()].filter(known => known === verdict).length;
  const choices: { id: Rows; label: string }[] = [
    { id: 'ranked', label: `all changes (${whole(changes.length)})` },
    ...kVerdicts.flatMap(id =>
      id === 'same'
        ? []
        : [{ id, label: `${kSigns[id]} ${verdictText(id, measure)} (${whole(count(id))})` }],
    ),
    { id: 'tree', label: `every call (${whole(tree.count)})` },
  ];
  return (
    <section class="node-table" aria-label="Changes as a table">
      <div class="table-head">
        <h2>{rows === 'tree' ? 'Calls in order' : 'What changed most by itself, per trace'}</h2>
        <Segments label="Show" choices={choices} value={rows} onChange={onRows} />
      </div>
      {nodes.length === 0 && <p class="dim">Nothing.</p>}
      {nodes.length > 0 && (
        <div class="table-box" tabIndex={0} role="group" aria-label="Table of changes">
          <table>
            <thead>
              <tr>
                <th scope="col">Call</th>
                <th scope="col">
                  {kMeasures[measure].label} by itself, {loaded.titleA}
                </th>
                <th scope="col">{loaded.titleB}</th>
                <th scope="col">Change</th>
                <th scope="col">With all below</th>
                <th scope="col">Spans per trace</th>
                <th scope="col">p50</th>
                <th scope="col">p95</th>
              </tr>
            </thead>
            <tbody>
              {nodes.slice(0, most).map(node => (
                <tr key={node} aria-current={node === active ? 'true' : undefined}>
                  <Call
                    tree={tree}
                    node={node}
                    level={rows === 'tree' ? at(tree.depth, node) : 0}
                    verdict={
                      rows === 'tree'
                        ? at(values.verdict, node)
                        : (verdicts.get(node) ?? ownVerdict(tree, values, node))
                    }
                    measure={measure}
                    onChoose={onChoose}
                  />
                  <td>{valueText(at(values.ownA, node), measure)}</td>
                  <td>{valueText(at(values.ownB, node), measure)}</td>
                  <td>{changeText(at(values.ownA, node), at(values.ownB, node), measure)}</td>
                  <td>{changeText(at(values.sumA, node), at(values.sumB, node), measure)}</td>
                  <td>{bothCounts(loaded, tree, node)}</td>
                  <td>{bothDurations(loaded, tree, node, 'p50')}</td>
                  <td>{bothDurations(loaded, tree, node, 'p95')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {nodes.length > most && (
        <p class="more">
          {whole(most)} of {whole(nodes.length)}.{' '}
          <button type="button" class="button" onClick={() => onShown(most * 5)}>
            Show {whole(Math.min(nodes.length, most * 5) - most)} more
          </button>
        </p>
      )}
    </section>
  );
}

interface CallProps {
  tree: DiffTree;
  node: number;
  level: number;
  verdict: Verdict;
  measure: Measure;
  onChoose: (node: number) => void;
}

function Call({ tree, node, level, verdict, measure, onChoose }: CallProps) {
  const above = at(tree.parent, node);
  return (
    <th scope="row" style={{ '--level': level }}>
      <button type="button" class="call" onClick={() => onChoose(node)}>
        <span class="verdict" data-verdict={verdict}>
          {kSigns[verdict]} {verdictText(verdict, measure)}
        </span>
        <Swatch service={at(tree.service, node)} />
        <span class="dim">{serviceText(at(tree.service, node))}</span>
        <span>{operationText(tree, node)}</span>
        <span class="dim">
          {at(tree.kind, node)}
          {level === 0 && above >= 0 && ` · below ${operationText(tree, above)}`}
        </span>
      </button>
    </th>
  );
}

function bothCounts({ a, b }: Loaded, tree: DiffTree, node: number): string {
  const of = ({ tree: calls, traces }: Population, place: number) =>
    place < 0 ? '–' : valueText(at(calls.spans, place) / Math.max(traces, 1), 'count');
  return `${of(a, at(tree.inA, node))} → ${of(b, at(tree.inB, node))}`;
}

function bothDurations(
  { a, b }: Loaded,
  tree: DiffTree,
  node: number,
  percentile: Percentile,
): string {
  const of = ({ tree: calls }: Population, place: number) =>
    place < 0 ? '–' : formatDuration(at(calls.percentileNs[percentile], place));
  return `${of(a, at(tree.inA, node))} → ${of(b, at(tree.inB, node))}`;
}
