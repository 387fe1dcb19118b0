import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { TraceColumns } from '../model/columns';
import { pathByRow, type PathByRow } from '../model/critical_path';
import { lineOf } from '../model/folds';
import { lowerBound, type TraceFacts } from '../model/trace_facts';
import type { Picture, RasterClient } from '../raster/raster_client';
import { lineAt, lineTop, type RasterView } from '../raster/view';
import { PictureCanvas } from './picture_canvas';
import { PointerNote } from './pointer_note';
import { Ruler } from './ruler';
import { Splitter } from './splitter';
import { ticksOf } from './time_axis';
import { useAnalysis } from './use_analysis';
import { useScroll } from './use_scroll';
import { useSize } from './use_size';
import { useWheelZoom } from './use_wheel_zoom';
import type { Action, ViewState } from './view_state';
import { kTextPx, WaterfallRow } from './waterfall_row';

/** Of a line that has text. */
export const kLinePx = 28;
const kHeaderPx = 30;
/** Between two times of the axis, at the least. */
const kTickPx = 90;

interface Props {
  state: ViewState;
  facts: TraceFacts;
  matches: Uint32Array;
  /** A search found something: what does not match steps back. */
  finding: boolean;
  client: RasterClient;
  /** Number of the lines that pictures asked for now will show. */
  edition: number;
  /** Changes when the colours do. */
  theme: number;
  /** All lines at once, however low each gets. */
  isWhole: boolean;
  onWhole: (isWhole: boolean) => void;
  /** Set when the focus is to follow the active span; reset once it did. */
  focusRow: RefObject<boolean>;
  act: (action: Action) => void;
  onView: (view: { top: number; bottom: number }) => void;
}

/** What a picture shows: rows, bars and their labels are drawn from one and the same. */
interface Drawn {
  readonly picture: Picture;
  readonly state: ViewState;
}

/**
 * The lines of the trace. Bars come as one picture from the worker; names and labels of the lines in view are in the
 * document, as a grid that can be walked and read out, and change only together with the picture.
 */
export function Waterfall(props: Props) {
  const { state, facts, matches, finding, client, isWhole, act } = props;
  const { lines, active, columns } = state;
  const scroller = useRef<HTMLDivElement>(null);
  const axis = useRef<HTMLDivElement>(null);
  const pictureBox = useRef<HTMLDivElement>(null);
  const pane = useSize(scroller);
  const axisSize = useSize(axis);
  const [nameWidth, setNameWidth] = useState(() => Math.round(Math.min(520, innerWidth * 0.36)));
  const paneHeight = Math.max(0, pane.height - kHeaderPx);
  const lineHeight = isWhole ? Math.min(kLinePx, paneHeight / Math.max(1, lines.length)) : kLinePx;
  const scroll = useScroll(scroller, Math.ceil(lines.length * lineHeight), paneHeight);
  const path = useCriticalPath(columns);
  const drawn = usePictures(props, axisSize.width, paneHeight, lineHeight, scroll.top);
  useWheelZoom(scroller, axis, state.window, act);

  const line = active === -1 ? -1 : lineOf(lines, active);
  const follow = useRef({ line: -1, lines });
  useLayoutEffect(() => {
    if (line === -1 || paneHeight === 0) return;
    if (follow.current.line === line && follow.current.lines === lines && !props.focusRow.current)
      return;
    follow.current = { line, lines };
    scroll.setTop(topToSee(line * lineHeight, lineHeight, scroll.top, paneHeight));
  }, [line, lines, paneHeight, isWhole, state]);
  useLayoutEffect(() => {
    if (!props.focusRow.current || !drawn) return;
    const row = scroller.current?.querySelector<HTMLElement>('[role="row"][tabindex="0"]');
    if (row?.id !== `span-${active}`) return;
    props.focusRow.current = false;
    row.focus({ preventScroll: true });
  });
  useEffect(
    () =>
      props.onView({
        top: scroll.top / lineHeight,
        bottom: (scroll.top + paneHeight) / lineHeight,
      }),
    [scroll.top, lineHeight, paneHeight],
  );

  const { from, to } = state.window;
  const most = Math.max(2, Math.min(8, Math.floor(axisSize.width / kTickPx)));
  const ticks = useMemo(
    () => ticksOf(from * columns.tickNs, to * columns.tickNs, most),
    [from, to, columns, most],
  );
  const hasNames = lineHeight >= kTextPx;
  return (
    <div
      class="waterfall"
      ref={scroller}
      role="treegrid"
      aria-label="Spans"
      aria-rowcount={lines.length + 1}
      aria-colcount={2}
      data-names={hasNames}
      style={{ '--name-width': hasNames ? `${nameWidth}px` : '0px' }}
    >
      <div class="waterfall-head" role="row" aria-rowindex={1}>
        <div role="columnheader">
          <span class="head-text">Service and operation</span>
          {hasNames && path && (
            <span class="path-legend">
              <i aria-hidden="true" /> critical path
            </span>
          )}
          {hasNames && <Splitter width={nameWidth} onChange={setNameWidth} />}
        </div>
        <Ruler ticks={ticks} window={state.window} axis={axis} act={act} />
      </div>
      <div class="waterfall-pane" role="presentation" style={{ height: `${paneHeight}px` }}>
        <div class="grid-lines" role="presentation">
          {ticks.map(tick => (
            <i key={tick.at} style={{ left: `${tick.at}%` }} />
          ))}
        </div>
        <div class="waterfall-rows" role="rowgroup">
          {drawn && (
            <Rows
              drawn={drawn}
              facts={facts}
              matches={matches}
              finding={finding}
              active={active}
              detail={state.detail}
              path={path}
              act={act}
            />
          )}
        </div>
        <div class="waterfall-picture" ref={pictureBox}>
          <PictureCanvas client={client} picture={drawn?.picture} />
          {drawn && (
            <PointerNote
              scroller={scroller}
              picture={pictureBox}
              state={drawn.state}
              view={drawn.picture.view}
              isFlat={!hasNames}
              onChoose={row => {
                props.onWhole(false);
                act({ do: 'goTo', row, detail: true });
              }}
            />
          )}
        </div>
        {lines.length === 0 && (
          <p class="waterfall-none">
            No span has a line: services are hidden, or all spans are shorter than what is shown.
          </p>
        )}
      </div>
      <div
        role="presentation"
        style={{ height: `${Math.max(0, scroll.spacePx - paneHeight)}px` }}
      />
    </div>
  );
}

interface RowsProps {
  drawn: Drawn;
  facts: TraceFacts;
  matches: Uint32Array;
  finding: boolean;
  active: number;
  detail: boolean;
  path: PathByRow | undefined;
  act: (action: Action) => void;
}

/** The lines in view, and that of the active row wherever it is: the keyboard needs it. */
function Rows({ drawn, facts, matches, finding, active, detail, path, act }: RowsProps) {
  const { state, picture } = drawn;
  const { view } = picture;
  const { lines } = state;
  const scale = devicePixelRatio;
  const linePx = view.lineHeight / scale;
  const activeLine = active === -1 || lines.length === 0 ? -1 : lineOf(lines, active);
  const shown: number[] = [];
  if (linePx >= kTextPx) {
    const first = lineAt(view.top, view.lineHeight);
    for (let line = first; line < lines.length; line++) {
      if (lineTop(line, view.lineHeight) >= view.top + view.height) break;
      shown.push(line);
    }
  }
  if (activeLine !== -1 && !shown.includes(activeLine)) shown.push(activeLine);
  shown.sort((a, b) => a - b);
  return (
    <>
      {shown.map(line => {
        const row = lines[line] ?? 0;
        const isMatch = finding && matches[lowerBound(matches, row)] === row;
        return (
          <WaterfallRow
            key={row}
            state={state}
            facts={facts}
            row={row}
            line={line}
            top={(lineTop(line, view.lineHeight) - view.top) / scale}
            height={linePx}
            axisWidth={view.width / scale}
            window={view}
            isActive={line === activeLine}
            isOpen={line === activeLine && detail}
            isMatch={isMatch}
            isDimmed={finding && !isMatch}
            path={path}
            act={act}
          />
        );
      })}
    </>
  );
}

/** Asks for a picture whenever what is to be seen changes; gives the newest that came. */
function usePictures(
  { state, client, edition, theme }: Props,
  width: number,
  height: number,
  lineHeight: number,
  top: number,
): Drawn | undefined {
  const [drawn, setDrawn] = useState<Drawn>();
  const states = useRef(new Map<number, ViewState>());
  states.current.set(edition, state);
  const { from, to } = state.window;
  useLayoutEffect(() => {
    if (width === 0 || height === 0) return;
    const scale = devicePixelRatio;
    const view: RasterView = {
      width: Math.round(width * scale),
      height: Math.round(height * scale),
      from,
      to,
      top: Math.round(top * scale),
      lineHeight: lineHeight * scale,
    };
    client.paint('rows', view, picture => {
      const of = states.current.get(picture.edition);
      for (const old of states.current.keys()) {
        if (old < picture.edition) states.current.delete(old);
      }
      if (of) setDrawn({ picture, state: of });
    });
  }, [client, edition, theme, width, height, lineHeight, top, from, to]);
  return drawn;
}

/** Where to scroll to so that a line is seen: as little as does, to the middle if it is far. */
function topToSee(lineY: number, lineHeight: number, top: number, height: number): number {
  const room = height - lineHeight;
  const isFar = lineY < top - room || lineY > top + 2 * room;
  if (isFar) return lineY - room / 2;
  if (lineY < top) return lineY;
  return lineY > top + room ? lineY - room : top;
}

function useCriticalPath(columns: TraceColumns): PathByRow | undefined {
  const analysis = useAnalysis(columns);
  return useMemo(() => analysis && pathByRow(analysis.path, columns.count), [analysis, columns]);
}
