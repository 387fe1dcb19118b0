import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { TraceColumns } from '../../model/columns';
import { useCommands, type Command } from '../../parts/commands';
import { nameOfOperation, serviceOfOperation } from '../face_texts';
import type { TimeWindow } from '../faces';
import type { FlameBoxes } from './flame_boxes';
import { besides, boxAt, longestChild, type Children } from './flame_moves';
import { FlamePainter, kLanePx, type FlamePicture } from './flame_painter';
import { FrameTip } from './frame_tip';
import { around, isSame, panned, reaching, zoomed } from './zoom';

interface Props {
  columns: TraceColumns;
  boxes: FlameBoxes;
  children: Children;
  label: string;
  window: TimeWindow;
  whole: TimeWindow;
  onWindow: (window: TimeWindow) => void;
  active: number;
  onActive: (box: number) => void;
  /** Goes to the state before the last zoom; false if there is none. */
  onBack: () => boolean;
}

/** Handled where the focus is on the boxes; listed in the help. */
const kKeys: readonly Command[] = [
  { label: 'To the parent, to the longest child', keys: ['ArrowUp', 'ArrowDown'] },
  { label: 'To the box before, after in the lane', keys: ['ArrowLeft', 'ArrowRight'] },
  { label: 'To the root', keys: ['Home'] },
  { label: 'Zoom to the box', keys: ['Enter'] },
  { label: 'Back to before the last zoom', keys: ['Escape'] },
  { label: 'Closer, further, all of it', keys: ['+', '-', '0'] },
];

const kZoomStep = 0.7;
/** Farther than this from where it went down, a pressed pointer drags. */
const kDragPx = 4;
/** So close to a box a pointer hits it. */
const kTolerancePx = 2;

interface Hover {
  box: number;
  x: number;
  y: number;
  room: { width: number; height: number };
}

/** The boxes, to be pointed at and walked with the keyboard. */
export function FlameCanvas(props: Props) {
  const { columns, boxes, window, whole, onWindow, active, onActive } = props;
  const { flame } = boxes;
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hover, setHover] = useState<Hover>();
  const picture = { boxes, window, active, hovered: hover?.box ?? -1 };
  useDrawing(canvas, scroller, columns, picture);
  useWheel(scroller, props);

  useCommands('Flame graph', kKeys);
  const go = (box: number) => {
    onActive(box);
    reveal(scroller.current, flame.lane[box] ?? 0);
    const reached = reaching(window, flame.start[box]!, flame.length[box]!, whole);
    if (!isSame(reached, window)) onWindow(reached);
  };
  useEffect(() => {
    if (active !== -1) reveal(scroller.current, flame.lane[active] ?? 0);
  }, [active, flame]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || active === -1) return;
    const moves: Record<string, () => number> = {
      ArrowUp: () => (flame.parent[active] === -1 ? active : flame.parent[active]!),
      ArrowDown: () => longestChild(flame, props.children.of(active), active),
      ArrowLeft: () => besides(flame, active, -1),
      ArrowRight: () => besides(flame, active, 1),
      Home: () => rootOf(flame.parent, active),
    };
    const move = moves[event.key];
    if (move) go(move());
    else if (event.key === 'Enter')
      onWindow(around(flame.start[active]!, flame.length[active]!, whole));
    else if (event.key === '+') onWindow(zoomed(window, 0.5, kZoomStep, whole));
    else if (event.key === '-') onWindow(zoomed(window, 0.5, 1 / kZoomStep, whole));
    else if (event.key === '0') onWindow(whole);
    else if (event.key !== 'Escape' || !props.onBack()) return;
    event.preventDefault();
  };

  const boxUnder = (event: PointerEvent | MouseEvent): number => {
    const box = scroller.current;
    if (!box) return -1;
    const frame = box.getBoundingClientRect();
    const ticksPerPx = (window.to - window.from) / box.clientWidth;
    const tick = window.from + (event.clientX - frame.left) * ticksPerPx;
    const lane = Math.floor((event.clientY - frame.top + box.scrollTop) / kLanePx);
    return boxAt(flame, lane, tick, kTolerancePx * ticksPerPx);
  };
  const pointer = usePointer({
    onHover: event => {
      const box = boxUnder(event);
      const frame = scroller.current?.getBoundingClientRect();
      setHover(
        box === -1 || !frame
          ? undefined
          : { box, x: event.clientX - frame.left, y: event.clientY - frame.top, room: frame },
      );
    },
    onDrag: (dx, dy) => {
      const box = scroller.current;
      if (!box) return;
      box.scrollTop -= dy;
      setHover(undefined);
      onWindow(panned(window, (-dx * (window.to - window.from)) / box.clientWidth, whole));
    },
    onPress: event => {
      const box = boxUnder(event);
      if (box !== -1) onActive(box);
    },
    onLeave: () => setHover(undefined),
  });

  return (
    <div class="flame-frame">
      <canvas ref={canvas} aria-hidden="true" />
      <div
        ref={scroller}
        class="flame-scroller"
        role="application"
        aria-label={`${props.label}. Arrows move between boxes, Enter zooms, Escape goes back.`}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onDblClick={event => {
          const box = boxUnder(event);
          if (box !== -1) onWindow(around(flame.start[box]!, flame.length[box]!, whole));
        }}
        {...pointer}
      >
        <div style={{ height: `${flame.laneCount * kLanePx + kLanePx}px` }} />
      </div>
      <span class="hidden" role="status">
        {active !== -1 && spoken(columns, boxes, active)}
      </span>
      {hover && <FrameTip columns={columns} boxes={boxes} {...hover} />}
    </div>
  );
}

function spoken(columns: TraceColumns, boxes: FlameBoxes, box: number): string {
  const operation = boxes.flame.operation[box]!;
  const failed = boxes.hasFailed(box) ? ', failed' : '';
  const level = boxes.flame.lane[box]! + 1;
  return `${serviceOfOperation(columns, operation)} ${nameOfOperation(columns, operation)}, ${boxes.lengthOf(box)}${failed}, lane ${level}`;
}

function rootOf(parent: Int32Array, box: number): number {
  let root = box;
  while (parent[root] !== -1) root = parent[root]!;
  return root;
}

function reveal(scroller: HTMLElement | null, lane: number): void {
  if (!scroller) return;
  const top = lane * kLanePx;
  const room = scroller.clientHeight - 2 * kLanePx;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top > scroller.scrollTop + room) scroller.scrollTop = top - room;
}

/** Draws after every change of what is to be seen, at most once a frame. */
function useDrawing(
  canvas: RefObject<HTMLCanvasElement | null>,
  scroller: RefObject<HTMLDivElement | null>,
  columns: TraceColumns,
  picture: Pick<FlamePicture, 'boxes' | 'window' | 'active' | 'hovered'>,
): void {
  const latest = useRef(picture);
  latest.current = picture;
  const schedule = useRef(() => {});
  useEffect(() => {
    const box = scroller.current;
    const element = canvas.current;
    if (!box || !element) return;
    let painter = new FlamePainter(element, columns);
    let frame = 0;
    const draw = () => {
      frame = 0;
      const { clientWidth: width, clientHeight: height, scrollTop } = box;
      painter.draw({ ...latest.current, width, height, scrollTop });
    };
    schedule.current = () => {
      frame ||= requestAnimationFrame(draw);
    };
    const repaint = () => {
      painter = new FlamePainter(element, columns);
      schedule.current();
    };
    schedule.current();
    const sizes = new ResizeObserver(() => schedule.current());
    sizes.observe(box);
    const themes = new MutationObserver(repaint);
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', repaint);
    const onScroll = () => schedule.current();
    box.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      sizes.disconnect();
      themes.disconnect();
      system.removeEventListener('change', repaint);
      box.removeEventListener('scroll', onScroll);
      cancelAnimationFrame(frame);
    };
  }, [columns]);
  useLayoutEffect(
    () => schedule.current(),
    [picture.boxes, picture.window, picture.active, picture.hovered],
  );
}

/** Zooms with a modifier, pans sideways; everything else scrolls as usual. */
function useWheel(scroller: RefObject<HTMLDivElement | null>, props: Props): void {
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const onWheel = (event: WheelEvent) => {
      const { window, whole, onWindow } = latest.current;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const share = (event.clientX - box.getBoundingClientRect().left) / box.clientWidth;
        onWindow(zoomed(window, share, 1.0015 ** event.deltaY, whole));
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        const px = event.deltaX === 0 ? event.deltaY : event.deltaX;
        onWindow(panned(window, (px * (window.to - window.from)) / box.clientWidth, whole));
      }
    };
    box.addEventListener('wheel', onWheel, { passive: false });
    return () => box.removeEventListener('wheel', onWheel);
  }, []);
}

interface PointerHandlers {
  onHover: (event: PointerEvent) => void;
  onDrag: (dx: number, dy: number) => void;
  onPress: (event: PointerEvent) => void;
  onLeave: () => void;
}

/** Tells a press from a drag. */
function usePointer({ onHover, onDrag, onPress, onLeave }: PointerHandlers) {
  const down = useRef<{ x: number; y: number; dragging: boolean }>(undefined);
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.button === 0)
        down.current = { x: event.clientX, y: event.clientY, dragging: false };
    },
    onPointerMove: (event: PointerEvent & { currentTarget: HTMLElement }) => {
      const from = down.current;
      if (!from) return onHover(event);
      const dx = event.clientX - from.x;
      const dy = event.clientY - from.y;
      if (!from.dragging && Math.hypot(dx, dy) < kDragPx) return;
      if (!from.dragging) event.currentTarget.setPointerCapture(event.pointerId);
      down.current = { x: event.clientX, y: event.clientY, dragging: true };
      onDrag(dx, dy);
    },
    onPointerUp: (event: PointerEvent) => {
      const pressed = down.current && !down.current.dragging;
      down.current = undefined;
      if (pressed) onPress(event);
    },
    onPointerCancel: () => {
      down.current = undefined;
    },
    onPointerLeave: () => {
      if (!down.current?.dragging) down.current = undefined;
      onLeave();
    },
  };
}
