import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { TimeWindow } from './faces';
import type { Action } from './view_state';

/** Per pixel that a wheel turned. */
const kZoomPerPixel = 1.002;

/** The wheel with Ctrl (or a pinch) zooms where the pointer is; with Shift, or sideways, it pans. */
export function useWheelZoom(
  box: RefObject<HTMLElement | null>,
  axis: RefObject<HTMLElement | null>,
  window: TimeWindow,
  act: (action: Action) => void,
): void {
  const latest = useRef({ window, act });
  latest.current = { window, act };
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      const bounds = axis.current?.getBoundingClientRect();
      if (!bounds || bounds.width === 0) return;
      const { window: now, act: send } = latest.current;
      const part = Math.max(0, Math.min(1, (event.clientX - bounds.left) / bounds.width));
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const around = now.from + part * (now.to - now.from);
        send({ do: 'zoom', by: kZoomPerPixel ** event.deltaY, around });
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        send({ do: 'pan', by: (event.deltaX || event.deltaY) / bounds.width });
      }
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, []);
}
