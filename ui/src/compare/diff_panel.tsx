import { at } from '../model/at';
import { KindGlyph } from '../parts/kind_glyph';
import { Swatch } from '../parts/service_pill';
import { linkTo, tracePath } from '../router';
import type { Population } from '../population/answer';
import { pathTo, type Measure } from '../population/call_tree';
import { operationText, percent, serviceText, whole } from '../population/say';
import { formatDuration } from '../text/duration';
import type { DiffTree, DiffValues } from './diff';
import type { Loaded } from './load';
import { changeText, kSigns, relativeText, valueText, verdictText } from './say_diff';

interface Props {
  tree: DiffTree;
  values: DiffValues;
  loaded: Loaded;
  measure: Measure;
  node: number;
}

/** The chosen frame on both sides, number by number. */
export function DiffPanel({ tree, values, loaded, measure, node }: Props) {
  if (node < 0) {
    return (
      <aside class="node-panel" aria-label="The chosen call">
        <p class="dim">
          Choose a frame, or a line of the list below, to see both sides. A frame is as wide as the
          mean of them.
        </p>
      </aside>
    );
  }
  const verdict = at(values.verdict, node);
  const { a, b, titleA, titleB } = loaded;
  const inA = at(tree.inA, node);
  const inB = at(tree.inB, node);
  return (
    <aside class="node-panel" aria-label="The chosen call">
      <h2>
        <Swatch service={at(tree.service, node)} />
        <span>{operationText(tree, node)}</span>
        <KindGlyph kind={at(tree.kind, node)} />
      </h2>
      <p class="dim">
        {pathTo(tree.parent, node)
          .slice(0, -1)
          .map(above => `${serviceText(at(tree.service, above))} · ${operationText(tree, above)}`)
          .join(' › ')}
      </p>
      <p>
        <b>
          {kSigns[verdict]} {verdictText(verdict, measure)}
        </b>
        : {changeText(at(values.sumA, node), at(values.sumB, node), measure)} per trace, of which by
        itself {changeText(at(values.ownA, node), at(values.ownB, node), measure)}
      </p>
      <table class="both-sides">
        <thead>
          <tr>
            <td />
            <th scope="col">{titleA}</th>
            <th scope="col">{titleB}</th>
            <th scope="col">change</th>
          </tr>
        </thead>
        <tbody>
          {rowsOf(a, inA, b, inB).map(([label, from, to, text]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{from === null ? '–' : text(from)}</td>
              <td>{to === null ? '–' : text(to)}</td>
              <td>{from === null || to === null ? '' : relativeText(from, to)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>Examples</h3>
      <ul class="node-examples">
        <SideExamples title={titleA} side={a} place={inA} />
        <SideExamples title={titleB} side={b} place={inB} />
      </ul>
    </aside>
  );
}

type Row = [label: string, from: number | null, to: number | null, text: (value: number) => string];

function rowsOf(a: Population, inA: number, b: Population, inB: number): Row[] {
  const value = (side: Population, place: number, pick: (side: Population) => Float64Array) =>
    place < 0 ? null : at(pick(side), place);
  const row = (
    label: string,
    text: (value: number) => string,
    pick: (side: Population) => Float64Array,
    part: (side: Population, place: number) => number,
  ): Row => {
    const of = (side: Population, place: number) => {
      const picked = value(side, place, pick);
      return picked === null ? null : picked / Math.max(part(side, place), 1);
    };
    return [label, of(a, inA), of(b, inB), text];
  };
  const perTrace = (side: Population) => side.traces;
  const perSpan = (side: Population, place: number) => at(side.tree.spans, place);
  const one = () => 1;
  const part = (value: number) => percent(value, 1);
  const count = (value: number) => valueText(value, 'count');
  return [
    row('in traces', part, side => side.tree.traces, perTrace),
    row('spans per trace', count, side => side.tree.spans, perTrace),
    row('errors', part, side => side.tree.errors, perSpan),
    row('critical path, own', formatDuration, side => side.tree.criticalNs, perTrace),
    row('self time', formatDuration, side => side.tree.selfNs, perTrace),
    row('mean', formatDuration, side => side.tree.totalNs, perSpan),
    row('p50', formatDuration, side => side.tree.percentileNs.p50, one),
    row('p95', formatDuration, side => side.tree.percentileNs.p95, one),
    row('p99', formatDuration, side => side.tree.percentileNs.p99, one),
    row('spans', whole, side => side.tree.spans, one),
  ];
}

function SideExamples({ title, side, place }: { title: string; side: Population; place: number }) {
  if (place < 0) return null;
  const { typical, slowest, failed } = side.tree;
  const examples = [
    ['typical', at(typical, place)],
    ['slowest', at(slowest, place)],
    ['failed', at(failed, place)],
  ] as const;
  return (
    <li>
      {title}:{' '}
      {examples.map(
        ([what, example]) =>
          example && (
            <span key={what}>
              <a href={linkTo(tracePath(example.traceId, example.spanId))}>
                {what} {formatDuration(example.durationNs)}
              </a>{' '}
            </span>
          ),
      )}
    </li>
  );
}
