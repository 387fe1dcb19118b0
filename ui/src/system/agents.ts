// The agents that report to the store by OpAMP, as /api/clew/v1/system lists them.
import type { NameAndValue } from '../agent/pipeline';
import { array, boolean, number, object, oneOf, optional, string } from '../api/shape';
import { formatDuration } from '../text/duration';

/** The worst first, as the store sorts them. */
export const kAgentStates = ['unhealthy', 'silent', 'unknown', 'healthy', 'stopped'] as const;
export type AgentState = (typeof kAgentStates)[number];

export interface AgentPart {
  /** Names from the outermost part to this one. */
  path: string[];
  healthy: boolean;
  status: string;
  lastError: string;
  statusUs: number | undefined;
}

export interface Agent {
  instanceUid: string;
  state: AgentState;
  service: string;
  version: string;
  host: string;
  /** The address its last report came from. */
  from: string;
  lastSeenUs: number;
  /** It counts as silent after so long without a report. */
  silentAfterMs: number;
  status: string;
  lastError: string;
  startedUs: number | undefined;
  attributes: NameAndValue[];
  parts: AgentPart[];
  /** It reported more than the store keeps of one agent. */
  cut: boolean;
}

export interface Agents {
  counts: Record<AgentState, number>;
  list: Agent[];
}

export const agentsShape = object<Agents>({
  counts: object<Agents['counts']>({
    unhealthy: number,
    silent: number,
    unknown: number,
    healthy: number,
    stopped: number,
  }),
  list: array(
    object<Agent>({
      instanceUid: string,
      state: oneOf(...kAgentStates),
      service: string,
      version: string,
      host: string,
      from: string,
      lastSeenUs: number,
      silentAfterMs: number,
      status: string,
      lastError: string,
      startedUs: optional(number),
      attributes: array(object<NameAndValue>({ name: string, value: string })),
      parts: array(
        object<AgentPart>({
          path: array(string),
          healthy: boolean,
          status: string,
          lastError: string,
          statusUs: optional(number),
        }),
      ),
      cut: boolean,
    }),
  ),
});

/** "web-3", or the address it reports from. */
export function agentName({ host, from }: Agent): string {
  return host || from;
}

/** Where it stands, as far as it says so: "ams", "nil, fra1". */
export function agentPlace({ attributes }: Agent): string {
  return ['clew.edge', 'clew.core_location', 'clew.datacenter']
    .map(key => attributes.find(({ name }) => name === key)?.value)
    .filter(value => value !== undefined)
    .join(', ');
}

/** How an agent is, in words: why it is unhealthy, for how long it has been silent. */
export function agentWords(agent: Agent, nowUs: number): string {
  switch (agent.state) {
    case 'unhealthy':
      return agent.lastError || 'it does not say why';
    case 'silent': {
      const silent = `no report for ${since(agent.lastSeenUs, nowUs)}`;
      return agent.lastError ? `${silent}; it last said: ${agent.lastError}` : silent;
    }
    case 'stopped':
      return `said goodbye ${since(agent.lastSeenUs, nowUs)} ago`;
    case 'unknown':
      return 'it reports, but not its health';
    case 'healthy':
      return agent.status;
  }
}

/** The innermost parts that are not healthy: theirs are the reasons of those around them. */
export function failingParts({ parts }: Agent): AgentPart[] {
  const failing = parts.filter(part => !part.healthy);
  return failing.filter(
    ({ path }) =>
      !failing.some(
        other => other.path.length > path.length && path.every((name, i) => other.path[i] === name),
      ),
  );
}

export function since(thenUs: number, nowUs: number): string {
  return formatDuration(Math.max(0, Math.floor((nowUs - thenUs) / 1e6)) * 1e9);
}
