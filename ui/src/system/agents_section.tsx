import { CheckIcon, ErrorIcon, HelpIcon, WarningIcon } from '../parts/icons';
import { plural } from '../parts/service_pill';
import { formatCount } from '../text/quantity';
import { formatTime } from '../text/time';
import {
  agentName,
  agentPlace,
  agentWords,
  failingParts,
  kAgentStates,
  since,
  type Agent,
  type AgentPart,
  type Agents,
  type AgentState,
} from './agents';

const kMostRows = 200;

const kWords: Readonly<Record<AgentState, string>> = {
  unhealthy: 'it says that something is wrong with it',
  silent: 'it has missed three reports',
  unknown: 'it reports, but not its health',
  healthy: 'it says that all is well',
  stopped: 'it said goodbye',
};

/** How the agents are that report here, the worst first. */
export function AgentsSection({ agents, nowUs }: { agents: Agents; nowUs: number }) {
  const { counts, list } = agents;
  const all = kAgentStates.reduce((sum, state) => sum + counts[state], 0);
  if (all === 0) return <NoAgents />;
  const shown = list.slice(0, kMostRows);
  return (
    <section>
      <h2>Agents</h2>
      <p class="system-states">
        {kAgentStates
          .filter(state => counts[state] > 0)
          .map(state => (
            <span key={state} class="system-state" data-state={state} title={kWords[state]}>
              <StateIcon state={state} /> {formatCount(counts[state])} {state}
            </span>
          ))}
      </p>
      <table class="system-agents">
        <thead>
          <tr>
            <th scope="col">agent</th>
            <th scope="col">state</th>
            <th scope="col">how it is</th>
            <th scope="col">last report</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(agent => (
            <AgentRow key={agent.instanceUid} agent={agent} nowUs={nowUs} />
          ))}
        </tbody>
      </table>
      {all > shown.length && (
        <p class="dim">{formatCount(all - shown.length)} more, which are not worse.</p>
      )}
    </section>
  );
}

function NoAgents() {
  return (
    <section>
      <h2>Agents</h2>
      <p class="dim">
        No agent reports here how it is. Start <code>clew agent</code> with{' '}
        <code>--opamp-endpoint http://STORE:4318/v1/opamp</code> (the port of OTLP/HTTP); the{' '}
        <code>opamp</code> extension of an OpenTelemetry Collector takes the same URL as{' '}
        <code>server: http: endpoint:</code>.
      </p>
    </section>
  );
}

function AgentRow({ agent, nowUs }: { agent: Agent; nowUs: number }) {
  const { state, service, version, lastSeenUs, silentAfterMs } = agent;
  const failing = failingParts(agent);
  const place = agentPlace(agent);
  const sinceUs = state === 'unhealthy' ? failing[0]?.statusUs : undefined;
  return (
    <tr>
      <th scope="row">
        {agentName(agent)}
        {place && <span class="dim">{place}</span>}
        <span class="dim">
          {service} {version}
        </span>
      </th>
      <td>
        <span class="system-state" data-state={state} title={kWords[state]}>
          <StateIcon state={state} /> {state}
        </span>
      </td>
      <td>
        {agentWords(agent, nowUs)}
        {sinceUs !== undefined && (
          <span class="dim" title={formatTime(BigInt(sinceUs))}>
            {' '}
            for {since(sinceUs, nowUs)}
          </span>
        )}
        <Details agent={agent} nowUs={nowUs} />
      </td>
      <td
        title={`${formatTime(BigInt(lastSeenUs))}; silent after ${silentAfterMs / 1000} s without one`}
      >
        {since(lastSeenUs, nowUs)} ago
      </td>
    </tr>
  );
}

function Details({ agent, nowUs }: { agent: Agent; nowUs: number }) {
  const { parts, attributes, cut, startedUs } = agent;
  return (
    <details>
      <summary>{parts.length > 0 && `${plural(parts.length, 'part')}, `}what it is</summary>
      {cut && <p class="notice">It reported more than is kept of one agent.</p>}
      <ul class="system-parts">
        {parts.map(part => (
          <Part key={part.path.join('\n')} part={part} />
        ))}
      </ul>
      <dl class="system-facts">
        {startedUs !== undefined && (
          <>
            <dt>started</dt>
            <dd title={formatTime(BigInt(startedUs))}>{since(startedUs, nowUs)} ago</dd>
          </>
        )}
        <dt>reports from</dt>
        <dd>{agent.from}</dd>
        {attributes.map(({ name, value }, i) => (
          <Attribute key={`${i} ${name}`} name={name} value={value} />
        ))}
      </dl>
    </details>
  );
}

function Part({ part: { path, healthy, status, lastError } }: { part: AgentPart }) {
  return (
    <li style={{ '--depth': path.length - 1 }}>
      <StateIcon state={healthy ? 'healthy' : 'unhealthy'} />
      <span>
        <b>{path.at(-1)}</b>
        <span class="hidden">{healthy ? ': healthy' : ': unhealthy'}</span>{' '}
        {lastError && <span class="system-bad">{lastError} </span>}
        <span class="dim">{status}</span>
      </span>
    </li>
  );
}

function Attribute({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function StateIcon({ state }: { state: AgentState }) {
  if (state === 'unhealthy') return <ErrorIcon />;
  if (state === 'silent') return <WarningIcon />;
  return state === 'healthy' ? <CheckIcon /> : <HelpIcon />;
}
