import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { nameOf, serviceOf } from '../model/trace_facts';
import { plural } from '../parts/service_pill';
import { hitAt, type Hit } from '../raster/hit';
import type { RasterView } from '../raster/view';
import { formatDuration } from '../text/duration';
import type { ViewState } from './view_state';

interface Props {
  scroller: RefObject<HTMLElement | null>;
  /** The element that the picture fills. */
  picture: RefObject<HTMLElement | null>;
  state: ViewState;
  view: RasterView;
  /** Lines have no text: what lies below the pointer is told, and chosen by a click. */
  isFlat: boolean;
  onChoose: (row: number) => void;
}

interface Note {
  x: number;
  y: number;
  width: number;
  timeNs: number;
  hit: Hit | undefined;
}

/** The time at the pointer as a line through all bars, and what lies below it. */
export function PointerNote(props: Props) {
  const [note, setNote] = useState<Note>();
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const box = props.scroller.current;
    if (!box) return;
    const onMove = (event: PointerEvent) => setNote(noteAt(event, latest.current));
    const onLeave = () => setNote(undefined);
    const onClick = (event: MouseEvent) => {
      const { isFlat, onChoose } = latest.current;
      const hit = isFlat ? noteAt(event, latest.current)?.hit : undefined;
      if (hit) onChoose(hit.row);
    };
    box.addEventListener('pointermove', onMove);
    box.addEventListener('pointerleave', onLeave);
    box.addEventListener('click', onClick);
    return () => {
      box.removeEventListener('pointermove', onMove);
      box.removeEventListener('pointerleave', onLeave);
      box.removeEventListener('click', onClick);
    };
  }, []);
  if (!note) return null;
  const { state, isFlat } = props;
  const { columns } = state;
  const side =
    note.x > note.width / 2
      ? { right: `${note.width - note.x + 8}px` }
      : { left: `${note.x + 8}px` };
  return (
    <>
      <i class="pointer-line" style={{ left: `${note.x}px` }} />
      <div class="pointer-note" style={{ top: `${Math.max(2, note.y - 34)}px`, ...side }}>
        {isFlat && note.hit && (
          <>
            <b>{serviceOf(columns, note.hit.row)}</b> {nameOf(columns, note.hit.row)}{' '}
            {formatDuration((columns.duration[note.hit.row] ?? 0) * columns.tickNs)}
            {note.hit.others > 0 && (
              <span class="dim"> and {plural(note.hit.others, 'span')} more in this point</span>
            )}
            {' · '}
          </>
        )}
        {formatDuration(note.timeNs)}
      </div>
    </>
  );
}

function noteAt(event: MouseEvent, { picture, state, view, isFlat }: Props): Note | undefined {
  const bounds = picture.current?.getBoundingClientRect();
  if (!bounds) return undefined;
  const x = event.clientX - bounds.left;
  // A click comes with its place rounded down, also above the picture's edge.
  const y = Math.max(0, event.clientY - bounds.top);
  if (event.clientY < Math.floor(bounds.top)) return undefined;
  if (x < 0 || x >= bounds.width) return undefined;
  const scale = view.width / bounds.width;
  const ticks = view.from + (x / bounds.width) * (view.to - view.from);
  return {
    x,
    y,
    width: bounds.width,
    timeNs: ticks * state.columns.tickNs,
    hit: isFlat ? hitAt(state, view, Math.floor(x * scale), Math.floor(y * scale)) : undefined,
  };
}
