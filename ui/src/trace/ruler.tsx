import type { RefObject } from 'preact';
import { useState } from 'preact/hooks';
import type { TimeWindow } from './faces';
import type { Tick } from './time_axis';
import type { Action } from './view_state';

interface Props {
  ticks: readonly Tick[];
  window: TimeWindow;
  /** The element that is as wide as the picture. */
  axis: RefObject<HTMLDivElement | null>;
  act: (action: Action) => void;
}

/** A drag shorter than this is a slip of the hand. */
const kLeastDragPx = 4;

/** A label further right would leave the window. */
const kLastPercent = 95;

/** The times above the bars; dragging over them zooms, two clicks show all. */
export function Ruler({ ticks, window, axis, act }: Props) {
  const [drag, setDrag] = useState<[number, number]>();
  const xOf = (event: PointerEvent) => {
    const box = axis.current?.getBoundingClientRect();
    return box ? Math.max(0, Math.min(box.width, event.clientX - box.left)) : 0;
  };
  const onPointerDown = (event: PointerEvent) => {
    const handle = axis.current;
    if (!handle || event.button !== 0) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    const began = xOf(event);
    let x = began;
    handle.onpointermove = moved => setDrag([began, (x = xOf(moved))]);
    handle.onpointerup = handle.onpointercancel = ended => {
      handle.onpointermove = handle.onpointerup = handle.onpointercancel = null;
      setDrag(undefined);
      if (ended.type === 'pointercancel' || Math.abs(x - began) < kLeastDragPx) return;
      const tick = (at: number) =>
        window.from + (at / handle.clientWidth) * (window.to - window.from);
      const [from, to] = [tick(Math.min(began, x)), tick(Math.max(began, x))];
      act({ do: 'window', window: { from, to } });
    };
  };
  return (
    <div
      role="columnheader"
      class="axis"
      aria-label="Time"
      title="Drag to zoom, double-click for the whole trace"
      ref={axis}
      onPointerDown={onPointerDown}
      onDblClick={() => act({ do: 'wholeTrace' })}
    >
      {ticks.map(tick => (
        <span
          key={tick.at}
          class="tick"
          data-last={tick.at > kLastPercent}
          style={{ left: `${tick.at}%` }}
        >
          {tick.label}
        </span>
      ))}
      {drag && (
        <span
          class="axis-drag"
          style={{ left: `${Math.min(...drag)}px`, width: `${Math.abs(drag[1] - drag[0])}px` }}
        />
      )}
    </div>
  );
}
