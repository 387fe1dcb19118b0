import { useEffect, useState } from 'preact/hooks';
import type { ApiError } from '../api/client';
import { Failure } from '../parts/failure';
import { useFollow } from '../live/use_follow';
import type { PageProps } from '../pages';
import { coloursSettled } from '../parts/known_services';
import { giveColours } from '../parts/service_colour';
import { useAnswer } from '../parts/use_answer';
import { paletteFor } from '../raster/palette';
import { RasterClient } from '../raster/raster_client';
import { currentUrl, linkTo } from '../router';
import '../styles/trace.css';
import '../styles/detail.css';
import { parseTraceId } from '../text/trace_id';
import { FetchedSpans, type SpanSource } from './span_source';
import type { OpenedSpans } from '../upload/opened_spans';
import { uploadedTrace } from '../upload/uploaded';
import { TraceView } from './trace_view';

interface Opened {
  client: RasterClient;
  spans: SpanSource;
  /** The row of the span that the URL names; -1 for none, or if the trace has no such span. */
  linkedRow: number;
  /** Tells one loading from the next. */
  serial: number;
}

export function TracePage({ url, params }: PageProps) {
  const rawId = params[0] ?? '';
  const [round, setRound] = useState(0);
  // What is no trace ID goes to the server as it is: its answer says best what is wrong.
  const traceId = parseTraceId(rawId) ?? rawId;
  const [following, setFollowing] = useState(url.searchParams.get('follow') === 'true');
  const followed = useFollow(following ? traceId : '');
  const answer = useAnswer(`${traceId}#${round}#${followed.round}`, signal =>
    openTrace(traceId, signal),
  );
  const opened = answer.value;
  useEffect(() => () => opened?.client.close(), [opened]);
  useEffect(() => {
    if (!opened) document.title = `Trace ${traceId.slice(0, 8)} · Clew`;
  }, [opened, traceId]);

  // While more of a followed trace is loaded, what there was stays.
  if (opened && (answer.state === 'ready' || (following && answer.state === 'loading'))) {
    const { client, spans, linkedRow, serial } = opened;
    return (
      <TraceView
        key={serial}
        client={client}
        spans={spans}
        linkedRow={linkedRow}
        url={url}
        onReload={() => setRound(round + 1)}
        follow={{
          on: following,
          isLost: following && followed.state.is !== 'open' && followed.state.is !== 'connecting',
          toggle: () => setFollowing(!following),
        }}
      />
    );
  }
  if (answer.error) return <NoTrace error={answer.error} onRetry={() => setRound(round + 1)} />;
  return <Loading traceId={traceId} />;
}

let loadings = 0;

async function openTrace(traceId: string, signal: AbortSignal): Promise<Opened> {
  const opened = await openedFromFile(traceId);
  const [client] = await Promise.all([
    RasterClient.open(opened?.placed.columns ?? traceId, signal),
    coloursSettled(),
  ]);
  const { columns } = client;
  giveColours(columns.services);
  client.colour(paletteFor(columns.services, document.body));
  const spans = opened ?? new FetchedSpans(columns);
  // What is chosen by now, if the trace was there before.
  const spanId = currentUrl().searchParams.get('span') ?? '';
  // A span that cannot be asked for is said to be missing; the trace is shown all the same.
  const linkedRow = spanId === '' ? -1 : await spans.rowOf(spanId, signal).catch(() => -1);
  return { client, spans, linkedRow, serial: ++loadings };
}

/** Undefined for a trace of the server. */
async function openedFromFile(traceId: string): Promise<OpenedSpans | undefined> {
  const trace = uploadedTrace(traceId);
  if (!trace) return undefined;
  const { OpenedSpans } = await import('../upload/opened_spans');
  return new OpenedSpans(trace);
}

function NoTrace({ error, onRetry }: { error: ApiError; onRetry: () => void }) {
  const isMissing = error.status === 404;
  const title = isMissing ? 'This trace is not here' : 'The trace could not be loaded';
  return (
    <main id="main">
      <Failure title={title} error={error} onRetry={onRetry}>
        {isMissing && (
          <ul class="advice">
            <li>
              A trace of the last seconds may still be on its way: SDKs and Envoy send their spans
              in batches, about every five seconds.
            </li>
            <li>It may not have been sampled, or be older than what the store keeps.</li>
            <li>
              The ID may be cut: it has 32 hex digits. A response header <code>x-trace-id</code> or
              a<code> traceparent</code> has all of it.
            </li>
            <li>
              Or <a href={linkTo('/search')}>search</a> by service and time.
            </li>
          </ul>
        )}
      </Failure>
    </main>
  );
}

function Loading({ traceId }: { traceId: string }) {
  return (
    <main id="main" class="trace-page" aria-busy="true">
      <div class="progress" role="progressbar" aria-label="Loading the trace" />
      <div class="trace-loading">
        <p class="dim mono">{traceId}</p>
        <div class="skeleton rows" aria-hidden="true">
          {Array.from({ length: 14 }, (_, i) => (
            <div key={i} />
          ))}
        </div>
      </div>
    </main>
  );
}
