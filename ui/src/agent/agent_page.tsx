// An agent at a glance: what comes in, what is kept, what goes out, what was lost.
import logo from '../styles/logo.svg';
import { useSetting } from '../parts/setting';
import { kThemeLabels, theme } from '../parts/theme';
import { formatBytes, formatCount, formatPercent, formatRate } from '../text/quantity';
import {
  pipelineOf,
  type About,
  type Exporter,
  type Loss,
  type Pipeline,
  type Receiver,
} from './pipeline';
import { useReadings } from './use_readings';

export function AgentPage() {
  const { about, before, now, problem } = useReadings();
  return (
    <>
      <TopBar about={about} />
      <main id="main" class="agent-page">
        {problem !== undefined && (
          <p class="agent-problem" role="alert">
            The agent does not answer: {problem}. {now && 'These are the last figures it gave.'}
          </p>
        )}
        {about && before && now ? (
          <Figures about={about} pipeline={pipelineOf(about, before, now)} />
        ) : (
          problem === undefined && <p class="agent-quiet">Asking the agent…</p>
        )}
      </main>
    </>
  );
}

function TopBar({ about }: { about: About | undefined }) {
  const chosen = useSetting(theme);
  return (
    <header class="top-bar">
      <span class="brand">
        <img src={logo} alt="" width="22" height="22" />
        <span>Clew agent</span>
      </span>
      <span class="agent-place">
        {about?.place.map(({ name, value }) => (
          <span key={name} title={name}>
            {value}
          </span>
        ))}
      </span>
      <span class="agent-quiet">{about && `version ${about.version}`}</span>
      <button type="button" class="button" onClick={() => theme.next()}>
        Theme: {kThemeLabels[chosen]}
      </button>
    </header>
  );
}

function Figures({ about, pipeline }: { about: About; pipeline: Pipeline }) {
  return (
    <>
      <section class="flow" aria-label="The way through the agent">
        <ol class="flow-column">
          {pipeline.receivers.map(receiver => (
            <ReceiverBox key={receiver.name} receiver={receiver} />
          ))}
          {pipeline.receivers.length === 0 && <li class="flow-box">no receiver is on</li>}
        </ol>
        <Arrow perSecond={sum(pipeline.receivers)} />
        <ol class="flow-column">
          <li class="flow-box">
            <b>sampling</b>
            <Meter share={pipeline.keptShare ?? 1} />
            <span class="agent-quiet">
              {pipeline.keptShare === undefined
                ? 'everything is kept'
                : `keeps ${formatPercent(pipeline.keptShare)} of the spans`}
            </span>
          </li>
        </ol>
        <Arrow perSecond={sum(pipeline.exporters)} />
        <ol class="flow-column">
          {pipeline.exporters.map(exporter => (
            <ExporterBox key={exporter.name} exporter={exporter} />
          ))}
        </ol>
      </section>
      <section>
        <h2>Refused, dropped, failed</h2>
        {pipeline.losses.length === 0 ? (
          <p class="agent-quiet">Nothing since the agent was started.</p>
        ) : (
          <Losses losses={pipeline.losses} />
        )}
      </section>
      <section>
        <h2>Last warnings and errors</h2>
        {about.log.length === 0 ? (
          <p class="agent-quiet">None since the agent was started.</p>
        ) : (
          <ol class="agent-log">
            {about.log.toReversed().map(line => (
              <li key={`${line.timeMs} ${line.text}`} data-level={line.level}>
                <time>{new Date(line.timeMs).toISOString().slice(0, 19).replace('T', ' ')}</time>
                <span>{line.text}</span>
              </li>
            ))}
          </ol>
        )}
      </section>
    </>
  );
}

function ReceiverBox({ receiver }: { receiver: Receiver }) {
  return (
    <li class="flow-box" data-idle={receiver.total === 0}>
      <b>{receiver.name}</b>
      <span class="agent-rate">{formatRate(receiver.perSecond)}</span>
      <span class="agent-quiet">{receiver.address}</span>
      {receiver.refused > 0 && (
        <span class="agent-bad">{formatCount(receiver.refused)} refused</span>
      )}
    </li>
  );
}

function ExporterBox({ exporter }: { exporter: Exporter }) {
  const share = exporter.queueCapacity > 0 ? exporter.queueBytes / exporter.queueCapacity : 0;
  return (
    <li class="flow-box">
      <b>{exporter.name}</b>
      <span class="agent-rate">{formatRate(exporter.perSecond)}</span>
      <span class="agent-quiet">{exporter.endpoint}</span>
      <Meter share={share} />
      <span class="agent-quiet">
        queue {formatBytes(exporter.queueBytes)} of {formatBytes(exporter.queueCapacity)}
      </span>
      {exporter.retriesPerSecond > 0 && <span class="agent-bad">sending again</span>}
      {exporter.failed > 0 && <span class="agent-bad">{formatCount(exporter.failed)} failed</span>}
    </li>
  );
}

function Arrow({ perSecond: rate }: { perSecond: number }) {
  // From a hair at nothing to a rope at a million a second.
  const width = 1 + Math.log10(1 + rate);
  return (
    <svg class="flow-arrow" viewBox="0 0 64 24" role="img" aria-label={formatRate(rate)}>
      <line x1="0" y1="12" x2="54" y2="12" stroke-width={width} />
      <path d="M52 5 62 12 52 19Z" />
    </svg>
  );
}

function Meter({ share }: { share: number }) {
  return (
    <meter min={0} max={1} value={Math.min(share, 1)}>
      {formatPercent(share)}
    </meter>
  );
}

function Losses({ losses }: { losses: Loss[] }) {
  return (
    <table class="agent-losses">
      <thead>
        <tr>
          <th>where</th>
          <th>reason</th>
          <th>count</th>
          <th>now</th>
        </tr>
      </thead>
      <tbody>
        {losses.map(loss => (
          <tr key={`${loss.where} ${loss.reason}`}>
            <td>{loss.where}</td>
            <td>{loss.reason}</td>
            <td>{formatCount(loss.count)}</td>
            <td>{formatRate(loss.perSecond)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function sum(parts: readonly { perSecond: number }[]): number {
  return parts.reduce((all, part) => all + part.perSecond, 0);
}
