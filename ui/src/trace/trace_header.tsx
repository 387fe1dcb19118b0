import { traceDownloadUrl } from '../api/client';
import { serviceOf, spanAt, type TraceModel } from '../model/trace';
import { CopyButton } from '../parts/copy_button';
import { DownloadIcon, ErrorIcon, RefreshIcon } from '../parts/icons';
import { ServicePill, Swatch } from '../parts/service_pill';
import { When } from '../parts/when';
import { linkTo, tracePath } from '../router';
import { formatDuration } from '../text/duration';
import { formatTime } from '../text/time';

interface Props {
  model: TraceModel;
  /** The span a copied link should open; empty: none. */
  spanId: string;
  onReload: () => void;
  onNextError: () => void;
  onService: (name: string) => void;
  chosenService: string;
}

export function TraceHeader(props: Props) {
  const { model, spanId, onReload } = props;
  const { trace } = model;
  const root = model.order[0] ?? -1;
  return (
    <header class="trace-header">
      <div class="trace-title">
        <h1>
          {root === -1 ? (
            'A trace without spans'
          ) : (
            <>
              <Swatch service={serviceOf(model, root)} />
              <span class="root-service">{serviceOf(model, root)}</span>{' '}
              <span class="root-operation">{spanAt(model, root).name}</span>
            </>
          )}
        </h1>
        <div class="trace-actions">
          <CopyButton
            text={trace.traceId}
            label={`Copy trace ID ${trace.traceId}`}
            caption="Copy ID"
          />
          <CopyButton
            text={() => location.origin + linkTo(tracePath(trace.traceId, spanId))}
            label="Copy a link to this view"
            caption="Copy link"
            icon="link"
          />
          <a
            class="button"
            href={traceDownloadUrl(trace.traceId)}
            download={`trace-${trace.traceId}.json`}
            title="Download as Jaeger JSON"
          >
            <DownloadIcon />
            <span>JSON</span>
          </a>
          <button
            type="button"
            class="button"
            title="Load again: late spans may have come"
            onClick={onReload}
          >
            <RefreshIcon />
            <span>Refresh</span>
          </button>
        </div>
      </div>
      <Facts {...props} />
      <ul class="services" aria-label="Services: choose one to find its spans">
        {model.services.map(count => (
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

function Facts({ model, onNextError }: Props) {
  const { trace } = model;
  const startUs = trace.startNs / 1000n;
  return (
    <dl class="facts">
      <div>
        <dt>Duration</dt>
        <dd class="strong">{formatDuration(model.endNs - model.startNs)}</dd>
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
        <dd>{trace.spans.length.toLocaleString('en')}</dd>
      </div>
      <div>
        <dt>Services</dt>
        <dd>{model.services.length}</dd>
      </div>
      <div>
        <dt>Depth</dt>
        <dd>{model.levels.toLocaleString('en')}</dd>
      </div>
      <div>
        <dt>Errors</dt>
        <dd>
          {model.errorCount === 0 ? (
            'none'
          ) : (
            <button
              type="button"
              class="error-button"
              title="Go to the next error (e)"
              onClick={onNextError}
            >
              <ErrorIcon />
              {model.errorCount.toLocaleString('en')}
            </button>
          )}
        </dd>
      </div>
      <div>
        <dt>Trace ID</dt>
        <dd class="mono">{trace.traceId}</dd>
      </div>
    </dl>
  );
}
