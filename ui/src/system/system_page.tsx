// What Clew itself does: what comes in, what is kept, what is lost and why, and how full it is.
import { useEffect } from 'preact/hooks';
import { countersOf, receiversOf, type Loss, type Receiver } from '../agent/pipeline';
import { ApiError } from '../api/client';
import { Failure } from '../parts/failure';
import { ErrorIcon, WarningIcon } from '../parts/icons';
import { plural } from '../parts/service_pill';
import '../styles/system.css';
import { formatDuration } from '../text/duration';
import { formatBytes, formatCount, formatRate } from '../text/quantity';
import { formatClock, formatTime } from '../text/time';
import { blockFacts, type Figure, type History } from './history';
import { problemsOf, storeLosses, type Problem } from './problems';
import { AgentsSection } from './agents_section';
import { Meter } from './meter';
import { SourcesSection } from './sources_section';
import { StorageFacts } from './storage_facts';
import type { System } from './system_types';
import { TimeChart } from './time_chart';
import { useSystem } from './use_system';

export function SystemPage() {
  const { history, system, problem } = useSystem();
  useEffect(() => {
    document.title = 'System · Clew';
  }, []);
  const { before, now } = history;
  if (!system || !before || !now) {
    return (
      <main id="main" class="system-page" aria-busy={problem === undefined}>
        <h1 class="hidden">System</h1>
        {problem !== undefined ? (
          <Failure
            title="The store does not say how it is"
            error={new ApiError(0, 'unreachable', problem)}
          >
            <p>It is asked again every few seconds.</p>
          </Failure>
        ) : (
          <p class="dim">Asking the store…</p>
        )}
      </main>
    );
  }
  return (
    <main id="main" class="system-page">
      <h1 class="hidden">System</h1>
      {problem !== undefined && (
        <p class="notice failed" role="alert">
          <ErrorIcon />
          <span>
            The store does not answer: {problem} These are the figures of {formatClock(now.atMs)}.
          </span>
        </p>
      )}
      <About system={system} />
      <Problems problems={problemsOf(system, before, now)} />
      <Way
        system={system}
        history={history}
        receivers={receiversOf(system.receivers, before, now)}
      />
      <Charts history={history} system={system} />
      <StorageFacts system={system} blocks={blockFacts(now)} />
      <Losses losses={storeLosses(before, now)} />
      <AgentsSection agents={system.agents} nowUs={system.nowUs} />
      <SourcesSection minute={Math.floor(now.atMs / 60_000)} />
      <Log system={system} />
    </main>
  );
}

function About({ system }: { system: System }) {
  const { version, startedUs, nowUs, storage } = system;
  return (
    <p class="system-about">
      <b>Clew {version}</b>
      <span title={`Started ${formatTime(BigInt(startedUs))}`}>
        up for {formatDuration((nowUs - startedUs) * 1000)}
      </span>
      {storage.directory === undefined ? (
        <span>in memory: nothing survives a restart</span>
      ) : (
        <span>
          in <code>{storage.directory}</code>, durability {storage.durability}
        </span>
      )}
    </p>
  );
}

function Problems({ problems }: { problems: readonly Problem[] }) {
  if (problems.length === 0) {
    return (
      <p class="system-fine" role="status">
        Nothing is wrong: what comes is taken, and nothing failed.
      </p>
    );
  }
  return (
    <ul class="system-problems" aria-label="Problems">
      {problems.map(({ level, what, advice }) => (
        <li key={what} class={level === 'error' ? 'notice failed' : 'notice'}>
          {level === 'error' ? <ErrorIcon /> : <WarningIcon />}
          <span>
            <b>{what}</b> {advice}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Receivers, head, blocks, queries: where spans are on their way through. */
function Way(props: { system: System; history: History; receivers: Receiver[] }) {
  const { system, history, receivers } = props;
  const { storage, limits } = system;
  const { before, now } = history;
  if (!before || !now) return null;
  const { rate } = countersOf(before, now);
  const blocks = blockFacts(now);
  const came = receivers.filter(receiver => receiver.total > 0);
  const idle = receivers.filter(receiver => receiver.total === 0);
  return (
    <section class="system-way" aria-label="The way of spans through the store">
      <div class="system-box">
        <h2>Receivers</h2>
        {came.length === 0 && <p class="dim">No spans have come since the start.</p>}
        <ul>
          {came.map(({ name, address, perSecond, refused }) => (
            <li key={name}>
              <b>{name}</b> <span class="system-figure">{formatRate(perSecond)}</span>{' '}
              <span class="dim">{address}</span>
              {refused > 0 && <span class="system-bad"> {formatCount(refused)} refused</span>}
            </li>
          ))}
        </ul>
        {idle.length > 0 && (
          <p class="dim">
            Nothing yet at {idle.map(({ name, address }) => `${name} (${address})`).join(', ')}
          </p>
        )}
      </div>
      <div class="system-box">
        <h2>Head, in memory</h2>
        <p class="system-figure">{formatRate(rate('clew_store_appended_spans_total'))}</p>
        <p>{formatCount(storage.headSpans)} spans</p>
        <Meter
          label="Head"
          share={storage.headBytes / limits.headBytes}
          text={`${formatBytes(storage.headBytes)} of ${formatBytes(limits.headBytes)}`}
        />
      </div>
      <div class="system-box">
        <h2>Blocks</h2>
        <p class="system-figure">{formatCount(blocks.spans)} spans</p>
        <p>
          {plural(storage.blocks, 'block')}, {formatBytes(storage.blockBytes)}
          {blocks.spans > 0 && `, ${(storage.blockBytes / blocks.spans).toFixed(0)} B each span`}
        </p>
        {limits.maxBytes !== undefined && (
          <Meter
            label="Blocks and log"
            share={(storage.blockBytes + storage.logBytes) / limits.maxBytes}
            text={`${formatBytes(storage.blockBytes + storage.logBytes)} of ${formatBytes(limits.maxBytes)}`}
          />
        )}
      </div>
      <div class="system-box">
        <h2>Queries</h2>
        <p class="system-figure">{formatRate(rate('clew_query_duration_seconds_count'))}</p>
        <p>
          95 % within{' '}
          {worded(history.points.at(-1)?.values.queryP95 ?? null, value =>
            formatDuration(value * 1e9),
          )}
        </p>
      </div>
    </section>
  );
}

function Charts({ history, system }: { history: History; system: System }) {
  const timesMs = history.points.map(point => point.atMs);
  const of = (figure: Figure) => history.points.map(point => point.values[figure]);
  const seconds = (value: number) => formatDuration(value * 1e9);
  return (
    <section aria-label="The last minutes" class="system-charts">
      <TimeChart
        title="Spans"
        format={formatRate}
        data={{
          timesMs,
          lines: [
            { label: 'received', colour: '--accent', values: of('received') },
            { label: 'refused', colour: '--error', dashed: true, values: of('refused') },
          ],
        }}
      />
      <TimeChart
        title="Written to the log"
        unit="binary"
        format={value => `${formatBytes(value)}/s`}
        data={{ timesMs, lines: [{ label: 'bytes', colour: '--accent', values: of('logBytes') }] }}
      />
      <TimeChart
        title="How long things take"
        format={seconds}
        data={{
          timesMs,
          lines: [
            { label: 'queries, p95', colour: '--accent', values: of('queryP95') },
            {
              label: 'sync of the log, p99',
              colour: '--warning',
              dashed: true,
              values: of('syncP99'),
            },
          ],
        }}
      />
      <TimeChart
        title="Head"
        unit="binary"
        format={formatBytes}
        note={`may be ${formatBytes(system.limits.headBytes)}`}
        data={{
          timesMs,
          lines: [{ label: 'in memory', colour: '--accent', values: of('headBytes') }],
        }}
      />
    </section>
  );
}

function Losses({ losses }: { losses: readonly Loss[] }) {
  return (
    <section>
      <h2>Refused, dropped, limited</h2>
      {losses.length === 0 ? (
        <p class="dim">Nothing since the store was started.</p>
      ) : (
        <table class="system-table">
          <thead>
            <tr>
              <th scope="col">where</th>
              <th scope="col">reason</th>
              <th scope="col">since the start</th>
              <th scope="col">now</th>
            </tr>
          </thead>
          <tbody>
            {losses.map(({ where, reason, count, perSecond }) => (
              <tr key={`${where} ${reason}`}>
                <td>{where}</td>
                <td>{reason}</td>
                <td>{formatCount(count)}</td>
                <td>{formatRate(perSecond)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Log({ system }: { system: System }) {
  return (
    <section>
      <h2>Last warnings and errors</h2>
      {system.log.length === 0 ? (
        <p class="dim">None since the store was started.</p>
      ) : (
        <ol class="system-log">
          {system.log.toReversed().map(line => (
            <li key={`${line.timeMs} ${line.text}`} data-level={line.level}>
              <time title={formatTime(BigInt(line.timeMs) * 1000n)}>
                {formatClock(line.timeMs)}
              </time>
              <b>{line.level}</b>
              <span>{line.text}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function worded(value: number | null, format: (value: number) => string): string {
  return value === null ? '– (none was asked)' : format(value);
}
