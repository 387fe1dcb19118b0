import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { isTooParallel } from '../../model/flame';
import { mergePaths } from '../../model/merged_flame';
import '../../styles/flame.css';
import { wholeWindow, type FaceProps, type TickWindow } from '../face';
import { WindowAxis } from '../window_axis';
import { pathBoxes, spanBoxes, type FlameBoxes } from './flame_boxes';
import { FlameCanvas } from './flame_canvas';
import { Children } from './flame_moves';
import { FramePanel } from './frame_panel';
import { around, isSame } from './zoom';

/** The flame graph of a trace: a box for each span, or one for all spans with the same path. */
export function FlameFace(props: FaceProps) {
  const { columns, facts } = props;
  const tooParallel = isTooParallel(facts.flame, facts.levels);
  const [merges, setMerges] = useState(tooParallel);
  if (columns.count === 0) return <p class="face-empty">This trace has no spans.</p>;
  return (
    <div class="flame-face">
      <div class="face-bar">
        <div class="segmented" role="group" aria-label="What a box is">
          <button type="button" aria-pressed={!merges} onClick={() => setMerges(false)}>
            Each span
          </button>
          <button type="button" aria-pressed={merges} onClick={() => setMerges(true)}>
            Merged by path
          </button>
        </div>
        <p class="dim">
          {merges
            ? mergedText(tooParallel, facts.flame.laneCount)
            : 'Spans that overlap lie on lanes of their own. The dark line is the critical path, a red foot a failure.'}
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

function PackedFlame(props: FaceProps) {
  const { columns, facts, matching } = props;
  const boxes = useMemo(() => spanBoxes(columns, facts, matching), [columns, facts, matching]);
  return (
    <Graph {...props} boxes={boxes} whole={wholeWindow(columns)} label="Flame graph of all spans" />
  );
}

function MergedFlame(props: FaceProps) {
  const { columns, facts, matching } = props;
  const merged = useMemo(() => mergePaths(columns, facts.self, facts.onPath), [columns, facts]);
  const boxes = useMemo(() => pathBoxes(columns, merged, matching), [columns, merged, matching]);
  const whole = useMemo(() => ({ from: 0, to: Math.max(1, merged.ticks) }), [merged]);
  const [window, setWindow] = useState(whole);
  return (
    <Graph
      {...props}
      boxes={boxes}
      whole={whole}
      window={window}
      onWindow={setWindow}
      label="Flame graph of merged paths"
    />
  );
}

interface GraphProps extends FaceProps {
  boxes: FlameBoxes;
  whole: TickWindow;
  label: string;
}

function Graph({ columns, boxes, whole, label, window, onWindow, active, onActive }: GraphProps) {
  const children = useMemo(() => new Children(boxes.flame.parent), [boxes.flame]);
  const { zoom, back } = useZoomHistory(window, whole, onWindow);
  const box = active === -1 ? -1 : boxes.boxOf(active);
  const choose = (chosen: number) => {
    if (chosen !== box) onActive(boxes.rowOf(chosen));
  };
  const zoomTo = (to: number) =>
    zoom(around(boxes.flame.start[to]!, boxes.flame.length[to]!, whole));
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
          active={box}
          onActive={choose}
          onBack={back}
        />
      </div>
      <FramePanel
        columns={columns}
        boxes={boxes}
        children={children}
        active={box}
        onActive={choose}
        onZoom={zoomTo}
        onDetail={chosen => onActive(boxes.rowOf(chosen), { detail: true })}
      />
    </div>
  );
}

/** Zooming that can be taken back, one step after the other. Steps that follow each other quickly are one. */
function useZoomHistory(
  window: TickWindow,
  whole: TickWindow,
  onWindow: (window: TickWindow) => void,
) {
  const kOneStepMs = 400;
  const before = useRef<TickWindow[]>([]);
  const lastMs = useRef(0);
  useEffect(() => {
    before.current = [];
  }, [whole.to]);
  const zoom = (to: TickWindow) => {
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
