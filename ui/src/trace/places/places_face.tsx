import { useMemo, useState } from 'preact/hooks';
import type { TraceColumns } from '../../model/columns';
import { levelsOf, placeLanes, type PlaceLane } from '../../model/places';
import { stretchesIn } from '../../model/stretches';
import { ErrorIcon } from '../../parts/icons';
import { VirtualGrid } from '../../parts/virtual_grid';
import '../../styles/faces.css';
import { choiceOf, exactTicks, ticksText } from '../face_texts';
import type { FaceProps, TimeWindow } from '../faces';
import { useAllSpans } from '../use_all_spans';
import { useAnalysis } from '../use_analysis';
import { WindowAxis } from '../window_axis';

/** Of larger traces the places of so many spans are shown; their attributes have to be fetched. */
const kMostSpans = 10_000;
const kRowPx = 30;
/** Gaps that are narrower, in percent of the time shown, are not drawn. */
const kLeastGap = 0.08;

/** Where the trace was: a lane for each edge, core location, rack, node …, with when spans ran there. */
export function PlacesFace(props: FaceProps) {
  const { columns, view, dispatch, spans: source } = props;
  const analysis = useAnalysis(columns);
  const { spans, error, retry } = useAllSpans(columns, source, kMostSpans);
  const goal = Math.min(columns.count, kMostSpans);
  const levels = useMemo(() => levelsOf(spans), [spans]);
  const [chosen, setChosen] = choiceOf(props, 'place', 'core');
  const [active, setActive] = useState(-1);
  const level = levels.find(({ id }) => id === chosen) ?? levels[0];
  const lanes = useMemo(
    () => (analysis && level ? placeLanes(columns, spans, level, analysis.onPath) : []),
    [columns, spans, level, analysis],
  );
  const isReading = !analysis || (spans.length < goal && !error);
  const open = (index: number) => {
    setActive(index);
    const lane = lanes[index];
    if (lane && lane.place !== '') dispatch({ do: 'find', query: `${lane.key}=${lane.place}` });
  };
  return (
    <div class="places-face">
      <div class="face-bar">
        {levels.length > 0 && (
          <div class="segmented" role="group" aria-label="Kind of place">
            {levels.map(({ id, label }) => (
              <button
                key={id}
                type="button"
                aria-pressed={id === level?.id}
                onClick={() => setChosen(id)}
              >
                {label}
              </button>
            ))}
          </div>
        )}
        <p class="dim" role="status">
          {isReading &&
            `Reading places: ${spans.length.toLocaleString('en')} of ${goal.toLocaleString('en')} spans …`}
          {!isReading &&
            goal < columns.count &&
            `Only of the first ${goal.toLocaleString('en')} of ${columns.count.toLocaleString('en')} spans.`}
        </p>
        {error && (
          <>
            <p class="problem">{error.message}</p>
            <button type="button" class="button" onClick={retry}>
              Try again
            </button>
          </>
        )}
      </div>
      {lanes.length > 0 && level ? (
        <VirtualGrid
          label={`Places: ${level.label}`}
          count={lanes.length}
          rowPx={kRowPx}
          template="minmax(120px, 200px) 64px 64px 76px 96px minmax(240px, 1fr)"
          leastPx={760}
          columnCount={6}
          active={Math.min(active, lanes.length - 1)}
          onActive={setActive}
          onOpen={open}
          head={
            <>
              <div role="columnheader">{level.label}</div>
              {['Spans', 'Errors', 'Busy', 'Critical path'].map(title => (
                <div key={title} role="columnheader" data-number>
                  {title}
                </div>
              ))}
              <div role="columnheader" class="lane-axis" aria-label="When">
                <WindowAxis window={view.window} tickNs={columns.tickNs} />
              </div>
            </>
          }
          row={index => <Lane columns={columns} lane={lanes[index]!} window={view.window} />}
        />
      ) : (
        !isReading &&
        !error && (
          <p class="face-empty">
            No span says where it ran. An agent stamps its place on what passes it if its
            configuration has <code>place</code>.
          </p>
        )
      )}
    </div>
  );
}

interface LaneProps {
  columns: TraceColumns;
  lane: PlaceLane;
  window: TimeWindow;
}

function Lane({ columns, lane, window }: LaneProps) {
  const time = (ticks: number) => (
    <div role="gridcell" data-number title={exactTicks(columns, ticks)}>
      {ticksText(columns, ticks)}
    </div>
  );
  return (
    <>
      <div role="rowheader" class="line-label" title={lane.place}>
        <span>{lane.place === '' ? <i class="dim">not told</i> : lane.place}</span>
      </div>
      <div role="gridcell" data-number>
        {lane.spans.toLocaleString('en')}
      </div>
      <div role="gridcell" data-number data-errors={lane.errors > 0}>
        {lane.errors > 0 && <ErrorIcon />}
        {lane.errors.toLocaleString('en')}
      </div>
      {time(lane.busy)}
      {time(lane.onPath)}
      <div
        role="gridcell"
        class="lane-track"
        aria-label={`from ${ticksText(columns, lane.from[0]!)} to ${ticksText(columns, lane.to[lane.to.length - 1]!)}, ${lane.from.length === 1 ? '1 stretch' : `${lane.from.length} stretches`}`}
      >
        {stretchesIn(lane, window, kLeastGap).map(({ left, width }) => (
          <i key={left} style={{ left: `${left}%`, width: `${width}%` }} />
        ))}
      </div>
    </>
  );
}
