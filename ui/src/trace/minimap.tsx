import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Picture, RasterClient } from '../raster/raster_client';
import { PictureCanvas } from './picture_canvas';
import { useSize } from './use_size';
import { wholeOf, type Action, type ViewState } from './view_state';

interface Props {
  state: ViewState;
  client: RasterClient;
  edition: number;
  theme: number;
  /** Lines in view. */
  view: { top: number; bottom: number };
  act: (action: Action) => void;
}

const kMostPx = 56;
const kLeastPx = 20;
/** Of lines, while all spans have one; folded ones may be higher, so that they fill the map. */
const kSpanPx = 5;
const kMostLinePx = 14;
const kLeastDragPx = 4;

/** All lines over all time, drawn as the waterfall is, and which part of it is in view. Dragging chooses a part. */
export function Minimap({ state, client, edition, theme, view, act }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const { width } = useSize(box);
  const [picture, setPicture] = useState<Picture>();
  const [drag, setDrag] = useState<[number, number]>();
  const whole = wholeOf(state.columns);
  // By the spans, not by the lines: it keeps its height while one folds.
  const heightPx = Math.max(kLeastPx, Math.min(kMostPx, state.columns.count * kSpanPx));
  const linePx = Math.min(kMostLinePx, heightPx / Math.max(1, state.lines.length));
  useLayoutEffect(() => {
    if (width === 0) return;
    const scale = devicePixelRatio;
    const size = { width: Math.round(width * scale), height: Math.round(heightPx * scale) };
    client.paint('map', { ...size, ...whole, top: 0, lineHeight: linePx * scale }, setPicture);
  }, [client, edition, theme, width]);

  const xOf = (event: PointerEvent) => {
    const left = box.current?.getBoundingClientRect().left ?? 0;
    return Math.max(0, Math.min(width, event.clientX - left));
  };
  const onPointerDown = (event: PointerEvent) => {
    const handle = box.current;
    if (!handle || event.button !== 0) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    const began = xOf(event);
    let x = began;
    handle.onpointermove = moved => setDrag([began, (x = xOf(moved))]);
    handle.onpointerup = handle.onpointercancel = ended => {
      handle.onpointermove = handle.onpointerup = handle.onpointercancel = null;
      setDrag(undefined);
      if (ended.type === 'pointercancel') return;
      const tick = (at: number) => (at / width) * whole.to;
      if (Math.abs(x - began) >= kLeastDragPx) {
        const window = { from: tick(Math.min(began, x)), to: tick(Math.max(began, x)) };
        act({ do: 'window', window });
      } else {
        const half = (state.window.to - state.window.from) / 2;
        act({ do: 'window', window: { from: tick(x) - half, to: tick(x) + half } });
      }
    };
  };
  const percent = (tick: number) => `${(tick / whole.to) * 100}%`;
  const shade = drag
    ? { from: (Math.min(...drag) / width) * whole.to, to: (Math.max(...drag) / width) * whole.to }
    : state.window;
  const y = (line: number) => Math.max(0, Math.min(heightPx, line * linePx));
  return (
    <div
      class="minimap"
      ref={box}
      role="img"
      aria-label="The whole trace, and which part of it is in view"
      title="Drag to zoom, double-click for the whole trace"
      style={{ height: `${heightPx}px` }}
      onPointerDown={onPointerDown}
      onDblClick={() => act({ do: 'wholeTrace' })}
    >
      <PictureCanvas client={client} picture={picture} />
      <i class="outside" style={{ left: 0, width: percent(shade.from) }} />
      <i class="outside" style={{ left: percent(shade.to), right: 0 }} />
      <i
        class="in-view"
        style={{
          left: percent(shade.from),
          width: percent(shade.to - shade.from),
          top: `${y(view.top)}px`,
          height: `${Math.max(2, y(view.bottom) - y(view.top))}px`,
        }}
      />
    </div>
  );
}
