// A merged flame graph on a canvas: only what is in view is drawn, at the size of the view. What it shows is told
// in words as well, and whoever uses it has a table beside it.
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { at } from '../model/at';
import { CanvasColours } from './canvas_colours';
import { plural } from './service_pill';
import { onColours } from './theme';
import { useCommands } from './commands';
import {
  frameAt,
  kWholeFlame,
  panned,
  stepFrom,
  visitFlame,
  windowOf,
  zoomed,
  type FlameLayout,
  type FlameStep,
  type FlameTree,
  type FlameWindow,
} from './flame_layout';

/** How a frame looks. Colours are CSS. */
export interface FlameFrame {
  fill: string;
  text: string;
  /** Of the text on it. */
  ink: string;
  /** Steps back, because something else was searched for. */
  isDimmed?: boolean;
  /** Drawn striped: it is on one side only. */
  isStriped?: boolean;
}

interface Props {
  label: string;
  tree: FlameTree;
  layout: FlameLayout;
  view: FlameWindow;
  /** The chosen frame; -1: none. */
  active: number;
  /** Must change when any frame looks otherwise. */
  frame: (node: number) => FlameFrame;
  /** Everything about a frame, exactly, in lines. */
  describe: (node: number) => string;
  onActive: (node: number) => void;
  onView: (view: FlameWindow) => void;
}

const kRowPx = 22;
const kTextFromPx = 26;
const kFont = '12px system-ui, sans-serif';
const kStep: Readonly<Record<string, FlameStep>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  Home: 'first',
  End: 'last',
};

/** Only listed: they are handled where the focus is. */
const kListed = [
  { label: 'Go to the parent, the widest call below, a sibling', keys: Object.keys(kStep) },
  { label: 'Zoom to the frame', keys: ['Enter'] },
  { label: 'Show all', keys: ['Escape', 'Backspace'] },
  { label: 'Zoom in, out', keys: ['+', '-'] },
];

export function FlameCanvas(props: Props) {
  const { tree, layout, view, active, onActive, onView } = props;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useRef<CanvasColours | undefined>(undefined);
  const [hovered, setHovered] = useState<{ node: number; x: number; y: number }>();
  const [hidden, setHidden] = useState(0);
  const [redraws, setRedraws] = useState(0);
  const id = useId();
  const drag = useDrag(box, view, onView);
  useCommands('Flame graph', kListed);

  useEffect(() => {
    const again = () => setRedraws(count => count + 1);
    const sizes = new ResizeObserver(again);
    if (box.current) {
      sizes.observe(box.current);
      colours.current = new CanvasColours(box.current);
    }
    const endTheme = onColours(() => {
      colours.current?.forget();
      again();
    });
    return () => {
      sizes.disconnect();
      endTheme();
    };
  }, []);

  useLayoutEffect(() => {
    if (!box.current || !canvas.current || !colours.current) return;
    setHidden(drawFlame(canvas.current, box.current, colours.current, props, hovered?.node ?? -1));
  }, [tree, layout, view, active, props.frame, hovered?.node, redraws]);

  useEffect(() => {
    if (active < 0 || !box.current) return;
    // The row comes into view; across, the window follows only if the frame is outside it.
    const top = at(tree.depth, active) * kRowPx;
    const { scrollTop, clientHeight } = box.current;
    if (top < scrollTop) box.current.scrollTop = top;
    else if (top + kRowPx > scrollTop + clientHeight)
      box.current.scrollTop = top + kRowPx - clientHeight;
  }, [active, tree]);

  const nodeAt = (event: MouseEvent): number => {
    if (!box.current) return -1;
    const bounds = box.current.getBoundingClientRect();
    const row = Math.floor((event.clientY - bounds.top + box.current.scrollTop) / kRowPx);
    return frameAt(
      tree,
      layout,
      view,
      (event.clientX - bounds.left) / box.current.clientWidth,
      row,
    );
  };
  const zoomTo = (node: number) => onView(node < 0 ? kWholeFlame : windowOf(layout, node));
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = kStep[event.key];
    if (step !== undefined) {
      const next = stepFrom(tree, layout, active, step);
      onActive(next);
      if (next >= 0 && isOutside(layout, view, next)) zoomTo(next);
    } else if (event.key === 'Enter') zoomTo(active);
    else if (event.key === 'Escape' || event.key === 'Backspace') zoomTo(-1);
    else if (event.key === '+' || event.key === '=') onView(zoomed(view, 0.5, 0.5));
    else if (event.key === '-') onView(zoomed(view, 2, 0.5));
    else return;
    event.preventDefault();
  };

  return (
    <div class="merged-flame">
      <div
        ref={box}
        class="flame-box"
        role="group"
        tabIndex={0}
        aria-label={props.label}
        aria-describedby={`${id}-keys ${id}-active`}
        onKeyDown={press}
        onPointerDown={drag.start}
        onPointerMove={event => {
          if (drag.move(event)) return setHovered(undefined);
          const node = nodeAt(event);
          setHovered(node < 0 ? undefined : { node, x: event.clientX, y: event.clientY });
        }}
        onPointerUp={event => {
          if (drag.end(event)) return;
          const node = nodeAt(event);
          if (node >= 0) onActive(node);
        }}
        onPointerLeave={() => setHovered(undefined)}
        onDblClick={event => zoomTo(nodeAt(event))}
        onScroll={() => setRedraws(redraws + 1)}
      >
        <div class="flame-height" style={{ height: `${layout.depths * kRowPx}px` }}>
          <canvas ref={canvas} aria-hidden="true" />
        </div>
      </div>
      <p class="flame-notes dim">
        {hidden > 0 && <span>{plural(hidden, 'call')} narrower than a pixel here: zoom in. </span>}
        <span id={`${id}-keys`}>
          Arrows choose a frame, Enter or a double click zooms to it, Esc shows all, + and − or Ctrl
          and the wheel zoom, dragging moves.
        </span>
      </p>
      <p id={`${id}-active`} class="hidden" role="status">
        {active >= 0 && props.describe(active)}
      </p>
      {hovered && <Tip text={props.describe(hovered.node)} x={hovered.x} y={hovered.y} />}
    </div>
  );
}

function isOutside(layout: FlameLayout, view: FlameWindow, node: number): boolean {
  const from = at(layout.left, node);
  return from + at(layout.width, node) <= view.from || from >= view.to;
}

function Tip({ text, x, y }: { text: string; x: number; y: number }) {
  const isRight = x > innerWidth - 380;
  const isLow = y > innerHeight - 260;
  return (
    <div
      class="flame-tip"
      aria-hidden="true"
      style={{
        ...(isRight ? { right: `${innerWidth - x + 12}px` } : { left: `${x + 12}px` }),
        ...(isLow ? { bottom: `${innerHeight - y + 12}px` } : { top: `${y + 16}px` }),
      }}
    >
      {text}
    </div>
  );
}

/** Dragging moves the window; a press without a way is a click. */
function useDrag(
  box: { current: HTMLDivElement | null },
  view: FlameWindow,
  onView: (view: FlameWindow) => void,
) {
  const began = useRef<{ x: number; view: FlameWindow; far: boolean } | undefined>(undefined);
  const latest = useRef({ view, onView });
  latest.current = { view, onView };
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    // Not as a JSX handler: those are passive, and the page would zoom as well.
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const bounds = element.getBoundingClientRect();
      const place = (event.clientX - bounds.left) / element.clientWidth;
      latest.current.onView(zoomed(latest.current.view, Math.exp(event.deltaY / 300), place));
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, []);
  return {
    start: (event: PointerEvent) => {
      if (event.button === 0) began.current = { x: event.clientX, view, far: false };
    },
    /** True while it drags. */
    move: (event: PointerEvent): boolean => {
      const from = began.current;
      if (!from || !box.current) return false;
      const way = from.x - event.clientX;
      if (!from.far && Math.abs(way) < 4) return false;
      if (!from.far) box.current.setPointerCapture(event.pointerId);
      from.far = true;
      onView(panned(from.view, way / box.current.clientWidth));
      return true;
    },
    /** True if it had dragged. */
    end: (event: PointerEvent): boolean => {
      const far = began.current?.far ?? false;
      if (far) box.current?.releasePointerCapture(event.pointerId);
      began.current = undefined;
      return far;
    },
  };
}

/** Draws what is in view; how many frames were too narrow to be drawn. */
function drawFlame(
  canvas: HTMLCanvasElement,
  box: HTMLDivElement,
  colours: CanvasColours,
  { tree, layout, view, active, frame }: Props,
  hovered: number,
): number {
  const width = box.clientWidth;
  const height = Math.min(box.clientHeight, layout.depths * kRowPx);
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  if (!context) return 0;
  context.scale(ratio, ratio);
  context.font = kFont;
  context.textBaseline = 'middle';
  const page = colours.of('var(--page)');
  const thin = colours.of('var(--line-strong)');
  const top = (node: number) => at(tree.depth, node) * kRowPx - box.scrollTop;
  let hidden = 0;
  const paint = (node: number, from: number, to: number) => {
    const y = top(node);
    if (y <= -kRowPx || y >= height) return;
    const x = Math.max(0, from * width);
    const right = Math.min(width, to * width);
    const look = frame(node);
    context.globalAlpha = look.isDimmed === true ? 0.3 : 1;
    context.fillStyle = colours.of(look.fill);
    const wide = right - x > 3 ? 1 : 0; // a gap between neighbours, where there is room for one
    context.fillRect(x, y, right - x - wide, kRowPx - 1);
    if (look.isStriped === true) stripe(context, x, y, right - x - wide, page);
    context.globalAlpha = look.isDimmed === true ? 0.6 : 1;
    if (right - x >= kTextFromPx) {
      context.fillStyle = look.isDimmed === true ? colours.of('var(--text)') : colours.of(look.ink);
      write(context, look.text, x + 5, y + kRowPx / 2, right - x - 10);
    }
    context.globalAlpha = 1;
    if (node === active || node === hovered) {
      context.lineWidth = node === active ? 3 : 1.5;
      context.strokeStyle = colours.of(node === active ? 'var(--focus)' : 'var(--text)');
      context.strokeRect(x + 1, y + 1, Math.max(right - x - 3, 1), kRowPx - 3);
    }
  };
  const skip = (node: number, count: number, from: number) => {
    hidden += count;
    const y = top(node);
    if (y <= -kRowPx || y >= height) return;
    context.fillStyle = thin;
    context.fillRect(from * width, y, 0.5, kRowPx - 1);
  };
  visitFlame(tree, layout, view, 1 / Math.max(width, 1), paint, skip);
  return hidden;
}

function stripe(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  colour: string,
): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, kRowPx - 1);
  context.clip();
  context.strokeStyle = colour;
  context.globalAlpha *= 0.35;
  context.lineWidth = 2;
  context.beginPath();
  for (let at = x - kRowPx; at < x + width; at += 8) {
    context.moveTo(at, y + kRowPx);
    context.lineTo(at + kRowPx, y);
  }
  context.stroke();
  context.restore();
}

/** As much of the text as fits, with an ellipsis where something is missing. */
function write(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  room: number,
): void {
  if (context.measureText(text).width <= room) return context.fillText(text, x, y);
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (context.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle;
    else high = middle - 1;
  }
  if (low > 0) context.fillText(`${text.slice(0, low)}…`, x, y);
}
