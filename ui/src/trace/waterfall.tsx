import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { at } from '../model/trace';
import { rowOf } from '../model/rows';
import { Splitter } from './splitter';
import { ticksOf } from './time_axis';
import type { Action, ViewState } from './view_state';
import { WaterfallRow } from './waterfall_row';

/** As in trace.css; fixed, so that a row's place follows from its number alone. */
export const kRowHeightPx = 28;
const kHeaderHeightPx = 30;
const kOverscanRows = 12;

interface Props {
  state: ViewState;
  matches: Int32Array;
  /** A search found something: what does not match steps back. */
  finding: boolean;
  /** Set when the focus is to follow the active span; reset once it did. */
  focusRow: RefObject<boolean>;
  act: (action: Action) => void;
}

/** The rows of the trace. Only those in view (and the active one) are in the document. */
export function Waterfall({ state, matches, finding, focusRow, act }: Props) {
  const { model, rows, active } = state;
  const scroller = useRef<HTMLDivElement>(null);
  const [nameWidth, setNameWidth] = useState(() => Math.round(Math.min(520, innerWidth * 0.36)));
  const [first, last] = useWindow(scroller, rows.length);
  const matching = useMemo(() => new Set(matches), [matches]);
  const ticks = useMemo(() => ticksOf(model.endNs - model.startNs, 6), [model]);
  const activeRow = active === -1 ? -1 : rowOf(model, rows, active);

  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box || activeRow === -1) return;
    scrollToRow(box, activeRow);
    if (!focusRow.current) return;
    focusRow.current = false;
    box.querySelector<HTMLElement>('[role="row"][tabindex="0"]')?.focus({ preventScroll: true });
  }, [activeRow, rows, state]);

  const shown: number[] = [];
  if (activeRow !== -1 && activeRow < first) shown.push(activeRow);
  for (let row = first; row < last; row++) shown.push(row);
  if (activeRow >= last) shown.push(activeRow);

  return (
    <div
      class="waterfall"
      ref={scroller}
      role="treegrid"
      aria-label="Spans"
      aria-rowcount={rows.length + 1}
      aria-colcount={2}
      style={{ '--name-width': `${nameWidth}px` }}
    >
      <div class="waterfall-head" role="row" aria-rowindex={1}>
        <div role="columnheader">
          Service and operation
          <Splitter width={nameWidth} onChange={setNameWidth} />
        </div>
        <div role="columnheader" class="axis" aria-label="Time">
          {ticks.map(tick => (
            <span key={tick.at} class="tick" style={{ left: `${tick.at}%` }}>
              {tick.label}
            </span>
          ))}
        </div>
      </div>
      <div
        class="waterfall-rows"
        role="rowgroup"
        style={{ height: `${rows.length * kRowHeightPx}px` }}
      >
        <div class="grid-lines" role="presentation">
          {ticks.map(tick => (
            <i key={tick.at} style={{ left: `${tick.at}%` }} />
          ))}
        </div>
        {shown.map(row => {
          const span = at(rows, row);
          return (
            <WaterfallRow
              key={span}
              model={model}
              span={span}
              row={row}
              isActive={span === active}
              isOpen={span === active && state.detail}
              isCollapsed={state.collapsed[span] === 1}
              isMatch={matching.has(span)}
              isDimmed={finding && !matching.has(span)}
              act={act}
            />
          );
        })}
      </div>
    </div>
  );
}

/** The range of rows in view, with some to spare on both sides. */
function useWindow(scroller: RefObject<HTMLDivElement | null>, count: number): [number, number] {
  const [view, setView] = useState({ top: 0, height: 900 });
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    let frame = 0;
    const measure = () => {
      frame = 0;
      // In whole steps of rows: most scroll events then change nothing and draw nothing.
      const step = (kRowHeightPx * kOverscanRows) / 2;
      const top = Math.floor(box.scrollTop / step) * step;
      setView(last =>
        last.top === top && last.height === box.clientHeight
          ? last
          : { top, height: box.clientHeight },
      );
    };
    const schedule = () => {
      frame ||= requestAnimationFrame(measure);
    };
    measure();
    const sizes = new ResizeObserver(schedule);
    sizes.observe(box);
    box.addEventListener('scroll', schedule, { passive: true });
    return () => {
      sizes.disconnect();
      box.removeEventListener('scroll', schedule);
      cancelAnimationFrame(frame);
    };
  }, []);
  const top = Math.floor(view.top / kRowHeightPx);
  const first = Math.max(0, Math.min(top, count) - kOverscanRows);
  const inView = Math.ceil(view.height / kRowHeightPx);
  return [first, Math.min(count, top + inView + 2 * kOverscanRows)];
}

function scrollToRow(box: HTMLElement, row: number): void {
  const top = row * kRowHeightPx;
  const room = box.clientHeight - kHeaderHeightPx - kRowHeightPx;
  const isFar = top < box.scrollTop - room || top > box.scrollTop + 2 * room;
  if (isFar) box.scrollTop = top - room / 2;
  else if (top < box.scrollTop) box.scrollTop = top;
  else if (top > box.scrollTop + room) box.scrollTop = top - room;
}
