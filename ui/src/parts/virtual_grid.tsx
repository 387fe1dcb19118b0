import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface Props {
  label: string;
  /** Rows; only those in view are in the document. */
  count: number;
  rowPx: number;
  /** As grid-template-columns. */
  template: string;
  /** In less room it scrolls sideways. */
  leastPx: number;
  columnCount: number;
  /** Cells with the role columnheader. */
  head: ComponentChildren;
  /** Cells with the role gridcell or rowheader. */
  row: (index: number) => ComponentChildren;
  /** The row the keyboard is at, -1 if there is none. */
  active: number;
  onActive: (index: number) => void;
  /** Enter or a click. */
  onOpen: (index: number) => void;
  /** Rows that stand out, for the css. */
  isMarked?: (index: number) => boolean;
}

const kHeadPx = 30;
const kOverscan = 10;
const kPageRows = 20;

/** A table of any length with rows of one height, walked with the arrow keys. */
export function VirtualGrid(props: Props) {
  const { count, rowPx, template, active } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [id] = useState(() => `grid-${nextId++}`);
  const [view, setView] = useState({ top: 0, height: 800 });
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const measure = () => setView({ top: box.scrollTop, height: box.clientHeight });
    measure();
    const sizes = new ResizeObserver(measure);
    sizes.observe(box);
    box.addEventListener('scroll', measure, { passive: true });
    return () => {
      sizes.disconnect();
      box.removeEventListener('scroll', measure);
    };
  }, []);
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box || active === -1) return;
    const top = active * rowPx;
    const room = box.clientHeight - kHeadPx - rowPx;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top > box.scrollTop + room) box.scrollTop = top - room;
  }, [active]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || count === 0) return;
    if (event.target !== scroller.current) return; // a button within
    const to = destination(event.key, active, count);
    if (to !== undefined) props.onActive(Math.max(0, Math.min(count - 1, to)));
    else if (event.key === 'Enter' && active !== -1) props.onOpen(active);
    else return;
    event.preventDefault();
  };

  const first = Math.max(0, Math.floor(view.top / rowPx) - kOverscan);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowPx) + kOverscan);
  const shown = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
  if (active >= last && active < count) shown.push(active);
  if (active >= 0 && active < first) shown.unshift(active);
  return (
    <div
      ref={scroller}
      class="virtual-grid"
      role="grid"
      tabIndex={0}
      aria-label={props.label}
      aria-rowcount={count + 1}
      aria-colcount={props.columnCount}
      {...(active !== -1 && active < count ? { 'aria-activedescendant': `${id}-${active}` } : {})}
      style={{
        '--columns': template,
        '--row-height': `${rowPx}px`,
        '--least-width': `${props.leastPx}px`,
      }}
      onKeyDown={onKeyDown}
    >
      <div class="virtual-head" role="row" aria-rowindex={1}>
        {props.head}
      </div>
      <div class="virtual-rows" role="rowgroup" style={{ height: `${count * rowPx}px` }}>
        {shown.map(index => (
          <div
            key={index}
            id={`${id}-${index}`}
            class="virtual-row"
            role="row"
            aria-rowindex={index + 2}
            aria-selected={index === active}
            data-match={props.isMarked?.(index) ?? false}
            style={{ top: `${index * rowPx}px` }}
            onClick={() => props.onOpen(index)}
          >
            {props.row(index)}
          </div>
        ))}
      </div>
    </div>
  );
}

let nextId = 0;

function destination(key: string, active: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return active + 1;
    case 'ArrowUp':
      return active - 1;
    case 'PageDown':
      return active + kPageRows;
    case 'PageUp':
      return active - kPageRows;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}
