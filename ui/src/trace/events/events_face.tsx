import { useMemo, useState } from 'preact/hooks';
import { shownEvents, traceEvents, type TraceEvent } from '../../model/trace_events';
import type { TraceColumns } from '../../model/columns';
import { ErrorIcon } from '../../parts/icons';
import { plural, Swatch } from '../../parts/service_pill';
import { VirtualGrid } from '../../parts/virtual_grid';
import '../../styles/faces.css';
import { formatDuration } from '../../text/duration';
import {
  choiceOf,
  nameOfOperation,
  serviceOfOperation,
  useMatching,
  wholeWindow,
} from '../face_texts';
import type { FaceProps } from '../faces';
import { useAllSpans } from '../use_all_spans';

/** Spans whose events are fetched at first, and with each wish for more. */
const kStep = 10_000;
const kRowPx = 28;

/** The events and logs of all spans in order of time. */
export function EventsFace(props: FaceProps) {
  const { columns, view, dispatch, spans: source } = props;
  const [wanted, setWanted] = useState(kStep);
  const [filter, setFilter] = choiceOf(props, 'events');
  const [active, setActive] = useState(-1);
  const { spans, error, retry } = useAllSpans(columns, source, wanted);
  const events = useMemo(() => traceEvents(spans), [spans]);
  const { from, to } = view.window;
  const shown = useMemo(
    () =>
      shownEvents(events, filter, from * columns.tickNs, to * columns.tickNs, row =>
        spanText(columns, row),
      ),
    [events, filter, from, to, columns],
  );
  const matching = useMatching(columns, view);
  const goal = Math.min(wanted, columns.count);
  const isZoomed = from > 0 || to < wholeWindow(columns).to;
  const open = (index: number) => {
    const entry = shown[index];
    if (!entry) return;
    setActive(index);
    dispatch({ do: 'goTo', row: entry.row, detail: true });
  };
  return (
    <div class="events-face">
      <div class="face-bar">
        <input
          type="text"
          class="face-filter"
          aria-label="Filter the events"
          placeholder="Filter: name, text, span"
          autocomplete="off"
          spellcheck={false}
          value={filter}
          onInput={event => setFilter(event.currentTarget.value)}
        />
        <p class="dim" role="status">
          {spans.length < goal && !error
            ? `Reading spans: ${spans.length.toLocaleString('en')} of ${goal.toLocaleString('en')} …`
            : !(error && spans.length === 0) && countText(shown.length, events.length)}
          {spans.length >= goal &&
            goal < columns.count &&
            ` of the first ${goal.toLocaleString('en')} of ${columns.count.toLocaleString('en')} spans`}
          {isZoomed && ', in the time zoomed to'}
        </p>
        {isZoomed && (
          <button type="button" class="button" onClick={() => dispatch({ do: 'wholeTrace' })}>
            Whole trace
          </button>
        )}
        {spans.length >= goal && goal < columns.count && (
          <button type="button" class="button" onClick={() => setWanted(goal + kStep)}>
            Read {Math.min(kStep, columns.count - goal).toLocaleString('en')} more spans
          </button>
        )}
        {error && (
          <>
            <p class="problem">{error.message}</p>
            <button type="button" class="button" onClick={retry}>
              Try again
            </button>
          </>
        )}
      </div>
      {shown.length > 0 ? (
        <VirtualGrid
          label="Events in order of time"
          count={shown.length}
          rowPx={kRowPx}
          template="96px minmax(140px, 240px) minmax(120px, 220px) minmax(0, 1fr)"
          leastPx={640}
          columnCount={4}
          active={Math.min(active, shown.length - 1)}
          onActive={setActive}
          onOpen={open}
          isMarked={index => matching?.[shown[index]!.row] === 1}
          head={
            <>
              <div role="columnheader">Time</div>
              <div role="columnheader">Span</div>
              <div role="columnheader">Event</div>
              <div role="columnheader">What it says</div>
            </>
          }
          row={index => <Entry columns={columns} entry={shown[index]!} />}
        />
      ) : (
        spans.length >= goal && (
          <p class="face-empty">
            {events.length === 0
              ? 'These spans have no events. SDKs record logs and exceptions as events of the span they happen in.'
              : 'No event matches.'}
          </p>
        )
      )}
    </div>
  );
}

function Entry({ columns, entry }: { columns: TraceColumns; entry: TraceEvent }) {
  const operation = columns.operation[entry.row]!;
  const service = serviceOfOperation(columns, operation);
  const name = nameOfOperation(columns, operation);
  return (
    <>
      <div
        role="gridcell"
        data-number
        title={`${entry.event.timeNs.toLocaleString('en')} ns into the trace`}
      >
        +{formatDuration(entry.event.timeNs)}
      </div>
      <div role="gridcell" class="line-label" title={`${service} ${name}`}>
        <Swatch service={service} />
        <span>
          {service} {name}
        </span>
      </div>
      <div role="rowheader" class="line-label" data-errors={entry.isError} title={entry.event.name}>
        {entry.isError && <ErrorIcon />}
        <span>{entry.event.name}</span>
      </div>
      <div role="gridcell" class="event-text" title={entry.text}>
        {entry.text}
      </div>
    </>
  );
}

function countText(shown: number, all: number): string {
  return shown === all
    ? plural(all, 'event')
    : `${shown.toLocaleString('en')} of ${plural(all, 'event')}`;
}

function spanText(columns: TraceColumns, row: number): string {
  const operation = columns.operation[row]!;
  return `${serviceOfOperation(columns, operation)} ${nameOfOperation(columns, operation)}`;
}
