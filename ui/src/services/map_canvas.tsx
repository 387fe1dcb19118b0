import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { serviceColour } from '../parts/service_colour';
import { formatDuration } from '../text/duration';
import { useCommands } from '../parts/commands';
import { nameOf } from './address';
import { resolved, useLookChanges } from '../parts/canvas_colours';
import { plural } from '../parts/service_pill';
import type { Call, Graph } from './graph';
import type { Layout } from './layout';
import { drawMap, kMapColours, paletteOf } from './map_draw';
import {
  edgeAt,
  fitting,
  nodeAt,
  nodeTowards,
  panned,
  pathOf,
  placeText,
  readPlace,
  showing,
  zoomed,
  type Direction,
  type Size,
  type View,
} from './map_view';
import { formatRate, formatShare } from './red';

interface Props {
  graph: Graph;
  layout: Layout;
  seconds: number;
  /** What is chosen; -1: nothing. */
  node: number;
  edge: number;
  onNode: (name: string) => void;
  onEdge: (call: Call) => void;
  /** Where the map was moved to when it was opened, and where it is moved to: placeText(), empty for all of it. */
  place: string;
  onPlace: (place: string) => void;
  /** Show what is around a service only. */
  onFocus: (name: string) => void;
}

const kEdgeReach = 6;
const kClickReach = 4;
const kArrows: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

/** The map itself: drag to move it, turn the wheel to zoom, arrows to go from service to service. */
export function MapCanvas(props: Props) {
  const { graph, layout, seconds, node, edge, onNode, onEdge, onPlace, onFocus } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(canvas);
  const [view, setView] = useState<View>();
  const [hover, setHover] = useState({ node: -1, edge: -1 });
  const [hasFocus, setHasFocus] = useState(false);
  const look = useLookChanges();
  const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const [opened] = useState({ graph, place: props.place });
  const touched = useRef(opened.place !== ''); // somebody has moved the map: it no longer fits itself in
  useEffect(() => {
    if (graph !== opened.graph) touched.current = false;
    setHover({ node: -1, edge: -1 });
  }, [graph]);
  const paths = useMemo(
    () => graph.edges.map((one, i) => pathOf(layout, one, layout.bends[i] ?? [])),
    [graph, layout],
  );
  const failing = useMemo(() => failingShares(graph), [graph]);
  const fitted = useMemo(() => size && fitting(layout, size), [layout, size]);
  const shown =
    (touched.current && size ? (view ?? readPlace(opened.place, size)) : null) ?? fitted;
  const move = (next: View) => {
    touched.current = true;
    setView(next);
    if (size) onPlace(placeText(next, size));
  };
  const palette = useMemo(() => {
    const element = canvas.current;
    if (!element || !size) return null;
    const around = element.parentElement ?? element;
    return paletteOf(
      resolved(around, kMapColours),
      resolved(around, graph.names.map(serviceColour)),
      getComputedStyle(element).fontFamily,
    );
  }, [graph, look, size !== null]);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !shown || !palette || !size) return;
    const frame = requestAnimationFrame(() => {
      const pixels = window.devicePixelRatio;
      context.canvas.width = Math.round(size.width * pixels);
      context.canvas.height = Math.round(size.height * pixels);
      const scene = { graph, layout, paths, failing, seconds, node, edge, hasFocus };
      drawMap(context, { ...scene, hoverNode: hover.node, hoverEdge: hover.edge }, shown, palette, pixels); // prettier-ignore
    });
    return () => cancelAnimationFrame(frame);
  });
  useWheel(canvas, (factor, x, y) => shown && move(zoomed(shown, factor, x, y)));

  const under = (event: MouseEvent) => {
    if (!shown) return { node: -1, edge: -1 };
    const found = nodeAt(layout, shown, event.offsetX, event.offsetY);
    if (found >= 0) return { node: found, edge: -1 };
    return { node: -1, edge: edgeAt(paths, shown, event.offsetX, event.offsetY, kEdgeReach) };
  };
  const onPointerMove = (event: PointerEvent) => {
    const from = drag.current;
    if (!from) {
      const now = under(event);
      if (now.node !== hover.node || now.edge !== hover.edge) setHover(now);
      return;
    }
    const dx = event.offsetX - from.x;
    const dy = event.offsetY - from.y;
    if (!from.moved && Math.hypot(dx, dy) < kClickReach) return;
    drag.current = { x: event.offsetX, y: event.offsetY, moved: true };
    if (shown) move(panned(shown, dx, dy));
  };
  const onPointerUp = (event: PointerEvent) => {
    const wasClick = drag.current && !drag.current.moved;
    drag.current = null;
    if (!wasClick) return;
    const found = under(event);
    const call = graph.edges[found.edge]?.call;
    if (call) onEdge(call);
    else onNode(graph.names[found.node] ?? '');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !shown || !size) return;
    const centre: [number, number] = [size.width / 2, size.height / 2];
    const arrow = kArrows[event.key];
    if (arrow && event.shiftKey) {
      const [dx, dy] = { left: [60, 0], right: [-60, 0], up: [0, 60], down: [0, -60] }[arrow];
      move(panned(shown, dx ?? 0, dy ?? 0));
    } else if (arrow) {
      const next = node < 0 ? firstNode(layout) : nodeTowards(layout, node, arrow);
      if (next >= 0) {
        onNode(graph.names[next] ?? '');
        move(showing(shown, layout, next, size));
      }
    } else if (event.key === '+' || event.key === '=') move(zoomed(shown, 1.25, ...centre));
    else if (event.key === '-') move(zoomed(shown, 0.8, ...centre));
    else if (event.key === '0') fit();
    else if (event.key === 'f' && node >= 0) onFocus(graph.names[node] ?? '');
    else if (event.key === 'Escape') onNode('');
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  useCommands('Map of services', [
    { label: 'From service to service (on the map)', keys: ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'] }, // prettier-ignore
    { label: 'Nearer, further, all of it (on the map)', keys: ['+', '-', '0'] },
    { label: 'Only what is around the chosen (on the map)', keys: ['f'] },
    { label: 'Choose nothing (on the map)', keys: ['Escape'] },
  ]);
  const fit = () => {
    touched.current = false;
    setView(undefined);
    onPlace('');
    setHover({ node: -1, edge: -1 });
  };
  const zoom = (factor: number) =>
    shown && size && move(zoomed(shown, factor, size.width / 2, size.height / 2));
  return (
    <div class="map-place">
      <canvas
        ref={canvas}
        class="map"
        tabIndex={0}
        role="application"
        aria-roledescription="map of services"
        aria-label={`Map of ${plural(graph.names.length, 'service')} and ${plural(graph.edges.length, 'edge')}. Arrows go from service to service, f shows what is around one. The same stands in the table of calls.`}
        data-busy={hover.node >= 0 || hover.edge >= 0}
        onPointerDown={event => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          drag.current = { x: event.offsetX, y: event.offsetY, moved: false };
        }}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerLeave={() => setHover({ node: -1, edge: -1 })}
        onDblClick={event => {
          const found = under(event);
          if (found.node >= 0) onFocus(graph.names[found.node] ?? '');
        }}
        onKeyDown={onKeyDown}
        onFocus={() => setHasFocus(true)}
        onBlur={() => setHasFocus(false)}
      />
      <p class="map-hover" aria-hidden="true">
        {hoverText(graph, hover.node, hover.edge, seconds)}
      </p>
      <div class="map-zoom" role="group" aria-label="Zoom">
        <button type="button" class="button" aria-label="Nearer" onClick={() => zoom(1.25)}>
          +
        </button>
        <button type="button" class="button" aria-label="Further" onClick={() => zoom(0.8)}>
          −
        </button>
        <button type="button" class="button" title="All of it (0)" onClick={fit}>
          Fit
        </button>
      </div>
    </div>
  );
}

function hoverText(graph: Graph, node: number, edge: number, seconds: number): string {
  if (node >= 0) return nameOf(graph.names[node] ?? '');
  const call = graph.edges[edge]?.call;
  if (!call) return '';
  const parts = [
    `${nameOf(call.parent)} → ${nameOf(call.child)}`,
    `${formatRate(call.callCount / seconds)} (${plural(call.callCount, 'call')})`,
    `${formatShare(call.errorCount / call.callCount)} failed`,
    `p50 ${formatDuration(call.p50Us * 1000)}, p95 ${formatDuration(call.p95Us * 1000)}, p99 ${formatDuration(call.p99Us * 1000)}`,
  ];
  return parts.join(' · ');
}

/** By service: the share of the calls to it that failed. */
function failingShares(graph: Graph): number[] {
  const calls = graph.names.map(() => 0);
  const errors = graph.names.map(() => 0);
  for (const { to, call } of graph.edges) {
    calls[to] = (calls[to] ?? 0) + call.callCount;
    errors[to] = (errors[to] ?? 0) + call.errorCount;
  }
  return calls.map((count, i) => (count === 0 ? 0 : (errors[i] ?? 0) / count));
}

/** The leftmost service, the upper of several. */
function firstNode(layout: Layout): number {
  let first = -1;
  layout.x.forEach((x, i) => {
    const before = x - (layout.x[first] ?? Infinity) || (layout.y[i] ?? 0) - (layout.y[first] ?? 0);
    if (first < 0 || before < 0) first = i;
  });
  return first;
}

function useSize(element: { current: HTMLElement | null }): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useEffect(() => {
    const place = element.current;
    if (!place) return;
    const measure = () => setSize({ width: place.clientWidth, height: place.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(place);
    return () => observer.disconnect();
  }, []);
  return size;
}

/** Only a listener that is not passive may keep the page from scrolling. */
function useWheel(
  element: { current: HTMLElement | null },
  onZoom: (factor: number, x: number, y: number) => void,
): void {
  const latest = useRef(onZoom);
  latest.current = onZoom;
  useEffect(() => {
    const place = element.current;
    if (!place) return;
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      latest.current(Math.exp(-event.deltaY * 0.0015), event.offsetX, event.offsetY);
    };
    place.addEventListener('wheel', turn, { passive: false });
    return () => place.removeEventListener('wheel', turn);
  }, []);
}
