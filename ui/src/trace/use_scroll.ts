// Scrolling over more pixels than a browser has: a million lines are taller than the tallest element.
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** Firefox lays out up to 17.8 million pixels, others twice as many. */
const kTallestPx = 8_000_000;

export interface Scroll {
  /** Pixels of lines above the view. */
  top: number;
  setTop: (top: number) => void;
  /** What the element that gives the scroll bar its length has to be high. */
  spacePx: number;
}

/** `totalPx`: height of all lines; `viewPx`: of what is seen of them at a time. */
export function useScroll(
  box: RefObject<HTMLElement | null>,
  totalPx: number,
  viewPx: number,
): Scroll {
  const [top, setTop] = useState(0);
  const spacePx = Math.min(totalPx, kTallestPx);
  const most = Math.max(0, totalPx - viewPx);
  // Pixels of lines for each that the scroll bar moves.
  const ratio = most === 0 || totalPx <= kTallestPx ? 1 : most / (spacePx - viewPx);
  const kept = Math.min(top, most);
  const latest = useRef({ top: kept, most, ratio });
  latest.current = { top: kept, most, ratio };

  const goTo = (wanted: number) => {
    const next = Math.max(0, Math.min(latest.current.most, wanted));
    latest.current.top = next;
    setTop(next);
    if (box.current) box.current.scrollTop = next / latest.current.ratio;
  };

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const onScroll = () => {
      const now = latest.current;
      // What goTo() did comes back rounded; only what somebody else did counts.
      if (Math.abs(element.scrollTop - now.top / now.ratio) < 1) return;
      now.top = element.scrollTop * now.ratio;
      setTop(now.top);
    };
    const onWheel = (event: WheelEvent) => {
      const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
      if (latest.current.ratio === 1 || !isPlain || event.defaultPrevented) return;
      event.preventDefault();
      goTo(latest.current.top + pixelsOf(event, element.clientHeight));
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => {
      element.removeEventListener('scroll', onScroll);
      element.removeEventListener('wheel', onWheel);
    };
  }, []);
  return { top: kept, setTop: goTo, spacePx };
}

function pixelsOf({ deltaY, deltaMode }: WheelEvent, page: number): number {
  if (deltaMode === WheelEvent.DOM_DELTA_LINE) return deltaY * 28;
  return deltaMode === WheelEvent.DOM_DELTA_PAGE ? deltaY * page : deltaY;
}
