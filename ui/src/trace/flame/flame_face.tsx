import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { TraceAnalysis } from '../../model/analysis';
import { isTooParallel } from '../../model/flame';
import { mergePaths } from '../../model/merged_flame';
import { plural } from '../../parts/service_pill';
import '../../styles/faces.css';
import '../../styles/flame.css';
import { choiceOf, useMatching, wholeWindow } from '../face_texts';
import type { FaceProps, TimeWindow } from '../faces';
import { useAnalysis } from '../use_analysis';
import { WindowAxis } from '../window_axis';
import { pathBoxes, spanBoxes, type FlameBoxes } from './flame_boxes';
import { FlameCanvas } from './flame_canvas';
import { Children } from './flame_moves';
import { FramePanel } from './frame_panel';
import { around, isSame, readWindow, windowText } from './zoom';

/** The flame graph of a trace: a box for each span, or one for all spans with the same path. */
export function FlameFace(props: FaceProps) {
  const analysis = useAnalysis(props.columns);
  if (props.columns.count === 0) return <p class="face-empty">This trace has no spans.</p>;
  if (!analysis) {
    return (
      <p class="face-empty" role="status">
        Laying out {plural(props.columns.count, 'span')} …
      </p>
    );
  }
  return <FlameGraphs {...props} analysis={analysis} />;
}

type GraphsProps = FaceProps & { analysis: TraceAnalysis };

function FlameGraphs(props: GraphsProps) {
  const { columns, analysis } = props;
  const tooParallel = isTooParallel(analysis.flame, columns);
  const [boxes, setBoxes] = choiceOf(props, 'boxes', tooParallel ? 'merged' : 'each');
  const merges = boxes === 'merged';
  return (
    <div class="flame-face">
      <div class="face-bar">
        <div class="segmented" role="group" aria-label="What a box is">
          <button type="button" aria-pressed={!merges} onClick={() => setBoxes('each')}>
            Each span
          </button>
          <button type="button" aria-pressed={merges} onClick={() => setBoxes('merged')}>
            Merged by path
          </button>
        </div>
        <p class="dim">
          {merges
            ? mergedText(tooParallel, analysis.flame.laneCount)
            : 'Spans that overlap lie on lanes of their own. The line on top of boxes is the critical path, a red foot a failure.'}
        </p>
      </div>
      {merges ? <MergedFlame {...props} /> : <PackedFlame {...props} />}
    </div>
  );
}

function mergedText(tooParallel: boolean, lanes: number): string {
  const means = 'Width is the time spans spent themselves, added up: it is not when they ran.';
  if (!tooParallel) return `Spans with the same path are one box. ${means}`;
  return `Drawn span by span it would be ${lanes.toLocaleString('en')} lanes, so spans with the same path are one box. ${means}`;
}

function PackedFlame(props: GraphsProps) {
  const { columns, analysis, view, dispatch } = props;
  const matching = useMatching(columns, view);
  const boxes = useMemo(
    () => spanBoxes(columns, analysis, matching),
    [columns, analysis, matching],
  );
  return (
    <Graph
      {...props}
      boxes={boxes}
      whole={wholeWindow(columns)}
      window={view.window}
      onWindow={window => dispatch({ do: 'window', window: inWholeTicks(window) })}
      label="Flame graph of all spans"
    />
  );
}

function MergedFlame(props: GraphsProps) {
  const { columns, analysis, view } = props;
  const matching = useMatching(columns, view);
  const merged = useMemo(
    () => mergePaths(columns, analysis.self, analysis.onPath),
    [columns, analysis],
  );
  const boxes = useMemo(() => pathBoxes(columns, merged, matching), [columns, merged, matching]);
  const whole = useMemo(() => ({ from: 0, to: Math.max(1, merged.ticks) }), [merged]);
  // Its own: this width is no time of day, so it cannot be that of the other faces.
  const [text, setText] = choiceOf(props, 'paths');
  return (
    <Graph
      {...props}
      boxes={boxes}
      whole={whole}
      window={readWindow(text, whole)}
      onWindow={next => setText(windowText(next, whole))}
      label="Flame graph of merged paths"
    />
  );
}

function inWholeTicks({ from, to }: TimeWindow): TimeWindow {
  const first = Math.floor(from);
  return { from: first, to: Math.max(first + 1, Math.ceil(to)) };
}

interface GraphProps extends FaceProps {
  boxes: FlameBoxes;
  whole: TimeWindow;
  label: string;
  window: TimeWindow;
  onWindow: (window: TimeWindow) => void;
}

function Graph({ columns, boxes, whole, label, window, onWindow, view, dispatch }: GraphProps) {
  const children = useMemo(() => new Children(boxes.flame.parent), [boxes.flame]);
  const { zoom, back } = useZoomHistory(window, whole, onWindow);
  const active = view.active === -1 ? -1 : boxes.boxOf(view.active);
  const choose = (box: number) => {
    if (box !== active) dispatch({ do: 'goTo', row: boxes.rowOf(box) });
  };
  const zoomTo = (box: number) =>
    zoom(around(boxes.flame.start[box]!, boxes.flame.length[box]!, whole));
  return (
    <div class="flame-body">
      <div class="flame-graph">
        <div class="flame-head">
          <WindowAxis window={window} tickNs={columns.tickNs} />
          {!isSame(window, whole) && (
            <button type="button" class="button quiet" onClick={() => zoom(whole)} title="0">
              Show all
            </button>
          )}
        </div>
        <FlameCanvas
          columns={columns}
          boxes={boxes}
          children={children}
          label={label}
          window={window}
          whole={whole}
          onWindow={zoom}
          active={active}
          onActive={choose}
          onBack={back}
        />
      </div>
      {!view.detail && (
        <FramePanel
          columns={columns}
          boxes={boxes}
          children={children}
          active={active}
          onActive={choose}
          onZoom={zoomTo}
          onDetail={box => dispatch({ do: 'goTo', row: boxes.rowOf(box), detail: true })}
        />
      )}
    </div>
  );
}

/** Zooming that can be taken back, one step after the other. Steps that follow each other quickly are one. */
function useZoomHistory(
  window: TimeWindow,
  whole: TimeWindow,
  onWindow: (window: TimeWindow) => void,
) {
  const kOneStepMs = 400;
  const before = useRef<TimeWindow[]>([]);
  const lastMs = useRef(-kOneStepMs);
  useEffect(() => {
    before.current = [];
  }, [whole.to]);
  const zoom = (to: TimeWindow) => {
    if (isSame(to, window)) return;
    const now = performance.now();
    if (now - lastMs.current > kOneStepMs) before.current.push(window);
    lastMs.current = now;
    onWindow(to);
  };
  const back = () => {
    const last = before.current.pop() ?? whole;
    if (isSame(last, window)) return false;
    onWindow(last);
    return true;
  };
  return { zoom, back };
}
