import { useMemo } from 'preact/hooks';
import type { TraceColumns } from '../model/columns';
import { errorRoots } from '../model/critical_path';
import { nameOf, serviceOf, type TraceFacts } from '../model/trace_facts';
import { CopyButton } from '../parts/copy_button';
import { ErrorIcon, RefreshIcon } from '../parts/icons';
import { plural, ServicePill, Swatch } from '../parts/service_pill';
import { When } from '../parts/when';
import { linkTo, tracePath, urlOf } from '../router';
import { kIsSaved } from '../saved/is_saved';
import { formatDuration } from '../text/duration';
import { formatTime } from '../text/time';
import { uploadedTrace } from '../upload/uploaded';
import { RawButton } from './raw/raw_button';
import { SaveButton } from './save_button';
import type { SpanSource } from './span_source';

/** Whether the trace is loaded again whenever spans of it come. */
export interface Follow {
  on: boolean;
  /** The server is not heard: spans may come without being shown. */
  isLost: boolean;
  toggle: () => void;
}

interface Props {
  columns: TraceColumns;
  facts: TraceFacts;
  spans: SpanSource;
  /** The span a copied link should open; empty: none. */
  spanId: string;
  onReload: () => void;
  follow: Follow | undefined;
  onNextError: () => void;
  onService: (name: string) => void;
  chosenService: string;
}

export function TraceHeader(props: Props) {
  const { columns, facts, spanId, onReload } = props;
  const { traceId } = columns;
  return (
    <header class="trace-header">
      <div class="trace-title">
        <h1>
          {columns.count === 0 ? (
            'A trace without spans'
          ) : (
            <>
              <Swatch service={serviceOf(columns, 0)} />
              <span class="root-service">{serviceOf(columns, 0)}</span>{' '}
              <span class="root-operation">{nameOf(columns, 0)}</span>
            </>
          )}
        </h1>
        <div class="trace-actions">
          <CopyButton text={traceId} label={`Copy trace ID ${traceId}`} caption="Copy ID" />
          <CopyButton
            text={() => urlOf(tracePath(traceId, spanId))}
            label="Copy a link to this view"
            caption="Copy link"
            icon="link"
          />
          {kIsSaved ? null : uploadedTrace(traceId) ? (
            <span class="dim">of a file, in this browser only</span>
          ) : (
            <>
              <a
                class="button"
                href={linkTo(`/compare?a=${traceId}`)}
                title="Compare with the traces of its kind"
              >
                Compare
              </a>
              <RawButton traceId={traceId} spanCount={columns.count} />
              <SaveButton columns={columns} spans={props.spans} />
              <button
                type="button"
                class="button"
                title="Load again: late spans may have come"
                onClick={onReload}
              >
                <RefreshIcon />
                <span>Refresh</span>
              </button>
              {props.follow && <FollowButton {...props.follow} />}
            </>
          )}
        </div>
      </div>
      <Facts {...props} />
      <ul class="services" aria-label="Services: choose one to find its spans">
        {facts.services.map(count => (
          <li key={count.name}>
            <button
              type="button"
              aria-pressed={count.name === props.chosenService}
              onClick={() => props.onService(count.name)}
            >
              <ServicePill count={count} />
            </button>
          </li>
        ))}
      </ul>
    </header>
  );
}

function Facts({ columns, facts, onNextError }: Props) {
  const startUs = columns.startNs / 1000n;
  const roots = useMemo(() => errorRoots(columns).length, [columns]);
  return (
    <dl class="facts">
      <div>
        <dt>Duration</dt>
        <dd class="strong">{formatDuration(columns.durationTicks * columns.tickNs)}</dd>
      </div>
      <div>
        <dt>Start</dt>
        <dd>
          {formatTime(startUs)}{' '}
          <span class="dim">
            (<When timeUs={startUs} />)
          </span>
        </dd>
      </div>
      <div>
        <dt>Spans</dt>
        <dd>{columns.count.toLocaleString('en')}</dd>
      </div>
      <div>
        <dt>Services</dt>
        <dd>{facts.services.length}</dd>
      </div>
      <div>
        <dt>Depth</dt>
        <dd>{facts.levels.toLocaleString('en')}</dd>
      </div>
      <div>
        <dt>Errors</dt>
        <dd>
          {facts.failed.length === 0 ? (
            'none'
          ) : (
            <button
              type="button"
              class="error-button"
              title="Go to the next error (e)"
              onClick={onNextError}
            >
              <ErrorIcon />
              {facts.failed.length.toLocaleString('en')}
            </button>
          )}
          {roots < facts.failed.length && (
            <span class="dim" title="Failed spans that no failed span below them explains">
              (began in {plural(roots, 'span')})
            </span>
          )}
        </dd>
      </div>
      <div>
        <dt>Trace ID</dt>
        <dd class="mono">{columns.traceId}</dd>
      </div>
    </dl>
  );
}

function FollowButton({ on, isLost, toggle }: Follow) {
  return (
    <button
      type="button"
      class="button"
      aria-pressed={on}
      title="Show spans of this trace as they come"
      onClick={toggle}
    >
      {!on ? 'Follow' : isLost ? 'Follow: no connection' : 'Following'}
    </button>
  );
}
