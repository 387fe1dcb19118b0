import { at } from '../model/at';
import { KindGlyph } from '../parts/kind_glyph';
import { Swatch } from '../parts/service_pill';
import { linkTo, tracePath } from '../router';
import { formatDuration } from '../text/duration';
import type { Population } from './answer';
import { writeAsked, type Asked } from './asked';
import { pathTo, type Example } from './call_tree';
import { operationText, percent, serviceText, whole } from './say';
import { both, pathQuery, type Extra } from './traceql';

interface Props {
  population: Population;
  asked: Asked;
  traceIds: readonly string[];
  node: number;
  /** Of the whole population, ns. */
  critical: number;
  onChoose: (node: number) => void;
}

/** The chosen frame: its path, its numbers, and the ways to the traces behind it. */
export function NodePanel({ population, asked, traceIds, node, critical, onChoose }: Props) {
  const { tree } = population;
  if (node < 0) {
    return (
      <aside class="node-panel" aria-label="The chosen call">
        <p class="dim">
          Choose a frame to see its numbers and the traces behind it: click it, or go there with the
          arrow keys.
        </p>
      </aside>
    );
  }
  const ns = (list: Float64Array) => formatDuration(at(list, node));
  const spans = at(tree.spans, node);
  const errors = at(tree.errors, node);
  const error = percent(population.quantileError, 1);
  const rows: [string, string][] = [
    [
      'Traces',
      `${whole(at(tree.traces, node))} (${percent(at(tree.traces, node), population.traces)})`,
    ],
    [
      'Spans',
      `${whole(spans)} (${(spans / Math.max(at(tree.traces, node), 1)).toFixed(2)} per trace)`,
    ],
    ['Errors', `${whole(errors)} (${percent(errors, spans)})`],
    [
      'On the critical path',
      `${ns(tree.criticalNs)} (${percent(at(tree.criticalNs, node), critical)} of all)`,
    ],
    ['Self time', ns(tree.selfNs)],
    ['Total time', ns(tree.totalNs)],
    [
      'p50 · p95 · p99',
      `${ns(tree.percentileNs.p50)} · ${ns(tree.percentileNs.p95)} · ${ns(tree.percentileNs.p99)} (± ${error})`,
    ],
    ['Shortest · longest', `${ns(tree.minNs)} · ${ns(tree.maxNs)}`],
    [
      'Begins',
      `${formatDuration(at(tree.offsetNs, node) / Math.max(spans, 1))} into the trace, on average`,
    ],
  ];
  return (
    <aside class="node-panel" aria-label="The chosen call">
      <h2>
        <Swatch service={at(tree.service, node)} />
        <span>{operationText(tree, node)}</span>
        <KindGlyph kind={at(tree.kind, node)} />
      </h2>
      <ol class="node-path" aria-label="Called by">
        {pathTo(tree.parent, node).map(above => (
          <li key={above}>
            <button type="button" class="link-button" onClick={() => onChoose(above)}>
              {serviceText(at(tree.service, above))} · {operationText(tree, above)}
            </button>
          </li>
        ))}
      </ol>
      <dl class="node-facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3>Examples</h3>
      <ul class="node-examples">
        <ExampleLink what="typical" example={at(tree.typical, node)} />
        <ExampleLink what="slowest" example={at(tree.slowest, node)} />
        <ExampleLink what="failed" example={at(tree.failed, node)} />
      </ul>
      {traceIds.length === 0 && <TracesBehind population={population} asked={asked} node={node} />}
    </aside>
  );
}

function ExampleLink({ what, example }: { what: string; example: Example | null }) {
  if (!example) return null;
  return (
    <li>
      <a href={linkTo(tracePath(example.traceId, example.spanId))}>
        a {what} one: {formatDuration(example.durationNs)}
      </a>
    </li>
  );
}

/** Searches for the traces with a span at this place of their tree. */
function TracesBehind({
  population: { tree },
  asked,
  node,
}: {
  population: Population;
  asked: Asked;
  node: number;
}) {
  const p95 = Math.round(at(tree.percentileNs.p95, node));
  const link = (extra: Extra): string => {
    const params = new URLSearchParams();
    writeAsked({ ...asked, q: both(asked.q, pathQuery(tree, node, extra).query) }, params);
    return linkTo(`/search?${params}`);
  };
  return (
    <>
      <h3>The traces behind it</h3>
      <ul class="node-examples">
        <li>
          <a href={link('')}>all {whole(at(tree.traces, node))} of them</a>
        </li>
        <li>
          <a href={link(`duration >= ${p95}ns`)}>where it took p95 or longer</a>
        </li>
        {at(tree.errors, node) > 0 && (
          <li>
            <a href={link('status = error')}>where it failed</a>
          </li>
        )}
      </ul>
      {!pathQuery(tree, node).whole && (
        <p class="dim">
          The search names only the last calls of this long path: it may find some others, too.
        </p>
      )}
    </>
  );
}
