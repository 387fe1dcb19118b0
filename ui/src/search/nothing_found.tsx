import { CopyButton } from '../parts/copy_button';
import { explorePath, kNewExplored, type Explored } from './query';
import { kDefaultWindow } from './time_window';

interface Props {
  explored: Explored;
  onChange: (change: Partial<Explored>) => void;
}

const kWeek = { ...kDefaultWindow, lastSeconds: 604_800 };

/** No trace: either the search is too narrow, or nothing was sent yet. Says what to do about both. */
export function NothingFound({ explored, onChange }: Props) {
  const { q, window } = explored;
  const narrow = explorePath({ q, window }) !== '/search';
  return (
    <div class="notice-page">
      <h2>{narrow ? 'No trace matches' : 'No traces in the last hour'}</h2>
      {narrow && <p>Nothing in this time matches the search.</p>}
      <p class="choices">
        {window.lastSeconds !== kWeek.lastSeconds && (
          <button
            type="button"
            class="button primary"
            onClick={() => onChange({ window: kWeek, pick: null })}
          >
            Look at the last 7 days
          </button>
        )}
        {narrow && (
          <button type="button" class="button" onClick={() => onChange(kNewExplored)}>
            Clear the search
          </button>
        )}
      </p>
      <FirstSpans />
    </div>
  );
}

function FirstSpans() {
  const host = location.hostname;
  const send = firstSpanCommand(host);
  const environment = `export OTEL_EXPORTER_OTLP_ENDPOINT=http://${host}:4318\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_SERVICE_NAME=my-service`;
  return (
    <section class="first-spans" aria-labelledby="first-spans-title">
      <h3 id="first-spans-title">Sending the first spans</h3>
      <p>An application with an OpenTelemetry SDK needs three variables:</p>
      <Sample text={environment} />
      <p>
        Envoy sends to the same ports: OTLP over gRPC at <code>{host}:4317</code>, OTLP over HTTP at{' '}
        <code>{host}:4318</code>, Zipkin at <code>{host}:9411</code>. Without either, one span by
        hand:
      </p>
      <Sample text={send} />
      <p class="dim">These are the default ports; use yours if clew was started with others.</p>
    </section>
  );
}

function Sample({ text }: { text: string }) {
  return (
    <div class="sample">
      <pre tabIndex={0}>{text}</pre>
      <CopyButton text={text} label="Copy" />
    </div>
  );
}

/** For a shell: the times have to be those of the moment it runs. */
function firstSpanCommand(host: string): string {
  const span = [
    `"traceId":"'$(openssl rand -hex 16)'"`,
    `"spanId":"'$(openssl rand -hex 8)'"`,
    `"name":"hello"`,
    `"kind":2`,
    `"startTimeUnixNano":"'$(date +%s)'000000000"`,
    `"endTimeUnixNano":"'$(date +%s)'042000000"`,
  ].join(',');
  const service = `{"attributes":[{"key":"service.name","value":{"stringValue":"my-service"}}]}`;
  return `curl http://${host}:4318/v1/traces -H 'content-type: application/json' -d '
{"resourceSpans":[{"resource":${service},
"scopeSpans":[{"spans":[{${span}}]}]}]}'`;
}
