import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { CloseIcon } from '../parts/icons';
import { plural } from '../parts/service_pill';
import { currentUrl, linkTo, noteUrl } from '../router';
import { kMostDepth, nameOf, readAddress, servicesPath, type Address } from './address';
import { beginForce, isDone, layoutOf, stepForce } from './force';
import { graphOf, kManyEdges, leastFor, shownOf, thresholds, type Call, type Graph } from './graph';
import { layered } from './layered';
import type { Layout } from './layout';
import { MapCanvas } from './map_canvas';
import { MapChoice } from './map_choice';
import type { Times } from './range';

interface Props {
  calls: readonly Call[];
  address: Address;
  times: Times;
  set: (change: Partial<Address>, how?: 'push' | 'replace') => void;
}

/** The map of services with what chooses its part, and what is known of the service or edge chosen. */
export function ServiceMap({ calls, address, times, set }: Props) {
  const { focus, depth, layout: kind, at, to } = address;
  const least = address.least ?? leastFor(inFocus(calls, focus, depth), kManyEdges);
  const shown = useMemo(
    () => shownOf(calls, { focus, depth, least }),
    [calls, focus, depth, least],
  );
  const graph = useMemo(() => graphOf(shown.calls), [shown]);
  const layout = useLayout(graph, kind);
  const services = useMemo(() => graphOf(calls).names, [calls]);
  const node = graph.names.indexOf(at);
  const edge =
    to === '' ? -1 : graph.edges.findIndex(({ call }) => call.parent === at && call.child === to);
  const seconds = (times.endUs - times.startUs) / 1e6;
  return (
    <div class="map-page">
      <div class="map-tools" role="group" aria-label="What the map shows">
        <label>
          <span>Layout</span>
          <select
            value={kind}
            onChange={event =>
              set({ layout: event.currentTarget.value === 'force' ? 'force' : 'layered' })
            }
          >
            <option value="layered">Callers left, callees right</option>
            <option value="force">By forces</option>
          </select>
        </label>
        <label>
          <span>Around</span>
          <select value={focus} onChange={event => set({ focus: event.currentTarget.value })}>
            <option value="">all services</option>
            {services.map(name => (
              <option key={name} value={name}>
                {nameOf(name)}
              </option>
            ))}
          </select>
        </label>
        {focus !== '' && (
          <label>
            <span>Calls away</span>
            <select
              value={String(depth)}
              onChange={event => set({ depth: Number(event.currentTarget.value) })}
            >
              {Array.from({ length: kMostDepth }, (_, i) => (
                <option key={i} value={String(i + 1)}>
                  {i + 1}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          <span>Edges of at least</span>
          <select
            value={String(least)}
            onChange={event => set({ least: Number(event.currentTarget.value) })}
          >
            {steps(calls, least).map(step => (
              <option key={step} value={String(step)}>
                {plural(step, 'call')}
              </option>
            ))}
          </select>
        </label>
        <p role="status">
          <b>{plural(graph.names.length, 'service')}</b>, {plural(graph.edges.length, 'edge')}
          {shown.hiddenCalls > 0 && (
            <span>
              {'; '}
              {plural(shown.hiddenCalls, 'small edge')}
              {shown.hiddenServices > 0 &&
                ` and ${plural(shown.hiddenServices, 'service')}`} hidden{' '}
              <button type="button" class="link-button" onClick={() => set({ least: 1 })}>
                show all
              </button>
            </span>
          )}
        </p>
        <a class="as-table" href={linkTo(servicesPath({ ...address, view: 'calls' }))}>
          The same as a table
        </a>
      </div>
      {focus !== '' && (
        <p class="map-focus">
          Around <b>{nameOf(focus)}</b>
          <button
            type="button"
            class="icon-button"
            aria-label="Show all services"
            onClick={() => set({ focus: '' })}
          >
            <CloseIcon />
          </button>
        </p>
      )}
      <div class="map-row">
        {graph.names.length === 0 ? (
          <p class="dim map-empty">
            No edge is left.{' '}
            <button type="button" class="link-button" onClick={() => set({ least: 1, focus: '' })}>
              Show all
            </button>
          </p>
        ) : (
          <MapCanvas
            graph={graph}
            layout={layout}
            seconds={seconds}
            node={edge >= 0 ? -1 : node}
            edge={edge}
            onNode={name => set({ at: name, to: '' }, 'replace')}
            onEdge={call => set({ at: call.parent, to: call.child }, 'replace')}
            place={address.map}
            onPlace={map => noteUrl(servicesPath({ ...readAddress(currentUrl()), map }))}
            onFocus={name => set({ focus: name, at: name, to: '', least: null })}
          />
        )}
        <MapChoice
          graph={graph}
          node={edge >= 0 ? -1 : node}
          edge={edge}
          address={address}
          times={times}
          set={set}
        />
      </div>
    </div>
  );
}

function inFocus(calls: readonly Call[], focus: string, depth: number): readonly Call[] {
  return focus === '' ? calls : shownOf(calls, { focus, depth, least: 1 }).calls;
}

function steps(calls: readonly Call[], least: number): number[] {
  return [...new Set([...thresholds(calls), least])].sort((a, b) => a - b);
}

/** Milliseconds of a frame that the forces may take. */
const kFrameMs = 10;

/** The layout of the graph; by forces it goes on moving until it is done. */
function useLayout(graph: Graph, kind: Address['layout']): Layout {
  const fixed = useMemo(
    () => (kind === 'layered' ? layered(graph.names.length, graph.edges) : null),
    [graph, kind],
  );
  const run = useMemo(
    () => (kind === 'force' ? beginForce(graph.names.length, graph.edges) : null),
    [graph, kind],
  );
  const [, setFrame] = useState(0);
  const last = useRef(0);
  useEffect(() => {
    if (!run) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const work = () => {
      const until = performance.now() + (still ? Infinity : kFrameMs);
      while (!isDone(run) && performance.now() < until) stepForce(run);
      setFrame(count => count + 1);
      if (!isDone(run)) last.current = requestAnimationFrame(work);
    };
    work();
    return () => cancelAnimationFrame(last.current);
  }, [run]);
  const moving = run ? layoutOf(run) : null; // a new object for each frame, so that it is drawn
  return fixed ?? moving ?? layered(0, []);
}
