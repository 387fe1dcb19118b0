import { useState } from 'preact/hooks';
import { findTraces } from '../api/explore';
import { Swatch } from '../parts/service_pill';
import { useAnswer } from '../parts/use_answer';
import { linkTo, tracePath } from '../router';
import { formatDuration } from '../text/duration';
import { formatTime } from '../text/time';

interface Props {
  traceId: string;
  /** Whose links are looked for; empty: links to any span of the trace. */
  spanId: string;
  traceStartNs: bigint;
}

const kHourUs = 3_600_000_000;
const kMostTraces = 20;

/**
 * Traces with links to this span. Links are in no index, so every trace of the time has to be read: that is done when
 * the section is opened, for the day after the trace.
 */
export function LinkedFrom(props: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      class="section"
      open={isOpen}
      onToggle={event => setOpen(event.currentTarget.open)}
      aria-label="Linked from"
    >
      <summary>
        <h3>Linked from</h3>
        {!isOpen && <span class="count">look</span>}
      </summary>
      {isOpen && <Found {...props} />}
    </details>
  );
}

function Found({ traceId, spanId, traceStartNs }: Props) {
  const params = linkSearch(traceId, spanId, traceStartNs);
  const answer = useAnswer(params.toString(), signal => findTraces(params, signal));
  if (answer.state === 'loading') {
    return <div class="progress" role="progressbar" aria-label="Looking for links" />;
  }
  if (answer.error || !answer.value) {
    return <p class="notice failed">{answer.error?.message ?? 'There was no answer.'}</p>;
  }
  const { traces, complete } = answer.value;
  const more = traces.length === kMostTraces ? ` Only the newest ${kMostTraces} are shown.` : '';
  const cut = complete ? '' : ' The search ended before it had read all of them.';
  return (
    <>
      <ul class="links">
        {traces.map(trace => (
          <li key={trace.traceId}>
            <a href={linkTo(tracePath(trace.traceId))}>
              <Swatch service={trace.rootService} /> {trace.rootService} {trace.rootOperation}
            </a>
            <p class="dim">
              {formatTime(BigInt(trace.startUs))}, {formatDuration(trace.durationUs * 1000)}
            </p>
          </li>
        ))}
      </ul>
      <p class="dim">
        {traces.length === 0 ? 'No trace links here' : 'Looked at traces'}, from an hour before this
        one to a day after it.{more}
        {cut}
      </p>
    </>
  );
}

/** What the search API is asked. */
export function linkSearch(traceId: string, spanId: string, traceStartNs: bigint): URLSearchParams {
  const span = spanId === '' ? '' : ` && link:spanID = "${spanId}"`;
  const startUs = Number(traceStartNs / 1000n);
  return new URLSearchParams({
    q: `{ link:traceID = "${traceId}"${span} }`,
    start: String(startUs - kHourUs),
    end: String(startUs + 24 * kHourUs),
    limit: String(kMostTraces),
  });
}
