import { plural, Swatch } from '../parts/service_pill';
import { linkTo } from '../router';
import { formatDuration } from '../text/duration';
import { nameOf, servicePath, type Address } from './address';
import type { Call, Graph } from './graph';
import { kFailingShare } from './map_draw';
import { callQuery, ofService, spansWith, tracesPath } from './questions';
import type { Times } from './range';
import { formatRate, formatShare } from './red';

interface Props {
  graph: Graph;
  node: number;
  edge: number;
  address: Address;
  times: Times;
  set: (change: Partial<Address>, how?: 'push' | 'replace') => void;
}

/** Beside the map: the service or the edge that is chosen, in words, and the way to its traces. */
export function MapChoice({ graph, node, edge, address, times, set }: Props) {
  const call = graph.edges[edge]?.call;
  return (
    <aside class="map-choice" aria-label="Chosen" aria-live="polite">
      {call && <EdgeChoice call={call} times={times} />}
      {!call && node >= 0 && (
        <NodeChoice graph={graph} node={node} address={address} times={times} set={set} />
      )}
      {!call && node < 0 && <Legend />}
    </aside>
  );
}

function EdgeChoice({ call, times }: { call: Call; times: Times }) {
  const traces = (failed: boolean) =>
    linkTo(tracesPath(callQuery(call.parent, call.child, failed), times));
  return (
    <>
      <h2>
        <Swatch service={call.parent} /> {nameOf(call.parent)} <span aria-label="calls">→</span>{' '}
        <Swatch service={call.child} /> {nameOf(call.child)}
      </h2>
      <CallFigures call={call} times={times} />
      <p class="links">
        <a class="button" href={traces(false)}>
          Traces
        </a>
        {call.errorCount > 0 && (
          <a class="button" href={traces(true)}>
            Failed traces
          </a>
        )}
      </p>
    </>
  );
}

function CallFigures({ call, times }: { call: Call; times: Times }) {
  const seconds = (times.endUs - times.startUs) / 1e6;
  const rows: [string, string][] = [
    ['Rate', formatRate(call.callCount / seconds)],
    ['Calls', call.callCount.toLocaleString('en')],
    [
      'Failed',
      `${call.errorCount.toLocaleString('en')} (${formatShare(call.errorCount / call.callCount)})`,
    ],
    ['p50', formatDuration(call.p50Us * 1000)],
    ['p95', formatDuration(call.p95Us * 1000)],
    ['p99', formatDuration(call.p99Us * 1000)],
  ];
  return (
    <dl class="figures">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function NodeChoice({ graph, node, address, times, set }: Omit<Props, 'edge'>) {
  const name = graph.names[node] ?? '';
  const callers = graph.edges.filter(edge => edge.to === node).map(edge => edge.call);
  const callees = graph.edges.filter(edge => edge.from === node).map(edge => edge.call);
  return (
    <>
      <h2>
        <Swatch service={name} /> {nameOf(name)}
      </h2>
      <p class="links">
        {name !== '' && (
          <a class="button" href={linkTo(servicePath(name, address.range))}>
            Open
          </a>
        )}
        <a class="button" href={linkTo(tracesPath(spansWith([ofService(name)]), times))}>
          Traces
        </a>
        <button
          type="button"
          class="button"
          title="Only what is around it (f)"
          onClick={() => set({ focus: name, least: null })}
        >
          Around it
        </button>
      </p>
      <CallList
        title={`Called by ${plural(callers.length, 'service')}`}
        calls={callers}
        other="parent"
        times={times}
        set={set}
      />
      <CallList
        title={`Calls ${plural(callees.length, 'service')}`}
        calls={callees}
        other="child"
        times={times}
        set={set}
      />
    </>
  );
}

interface ListProps {
  title: string;
  calls: readonly Call[];
  other: 'parent' | 'child';
  times: Times;
  set: Props['set'];
}

function CallList({ title, calls, other, times, set }: ListProps) {
  const seconds = (times.endUs - times.startUs) / 1e6;
  const sorted = [...calls].sort((a, b) => b.callCount - a.callCount);
  return (
    <>
      <h3>{title}</h3>
      <ul class="call-list">
        {sorted.map(call => (
          <li key={call[other]}>
            <button
              type="button"
              class="link-button"
              onClick={() => set({ at: call.parent, to: call.child }, 'replace')}
            >
              {nameOf(call[other])}
            </button>
            <span class={call.errorCount / call.callCount >= kFailingShare ? 'has-errors' : 'dim'}>
              {formatRate(call.callCount / seconds)}
              {call.errorCount > 0 && `, ${formatShare(call.errorCount / call.callCount)} failed`}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Legend() {
  return (
    <>
      <h2>Reading the map</h2>
      <ul class="advice">
        <li>An arrow leads from the caller to whom it calls; the wider, the more calls.</li>
        <li>Dashed and red: 5 % of the calls or more failed.</li>
        <li>The red bar in a box is the share of the calls to it that failed.</li>
        <li>Choose a service or an arrow for its numbers; a double click shows what is around.</li>
        <li>Keys: arrows, + − 0 to zoom, Shift and arrows to move, f around the chosen, Esc.</li>
      </ul>
    </>
  );
}
