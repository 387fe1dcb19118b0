import { describe, expect, it } from 'vitest';
import { agentName, agentPlace, agentsShape, agentWords, failingParts, type Agent } from './agents';

const kNowUs = 1_000_000e6;

function agent(change: Partial<Agent> = {}): Agent {
  return {
    instanceUid: '01936f0a-9c1e-7cc0-95e2-0123456789ab',
    state: 'healthy',
    service: 'clew.agent',
    version: '1',
    host: 'web-3',
    from: '10.0.0.3',
    lastSeenUs: kNowUs - 200e6,
    silentAfterMs: 90_000,
    status: 'runs',
    lastError: '',
    startedUs: undefined,
    attributes: [],
    parts: [],
    cut: false,
    ...change,
  };
}

const part = (path: string[], healthy: boolean) => ({
  path,
  healthy,
  status: '',
  lastError: healthy ? '' : `${path.at(-1)} failed`,
  statusUs: undefined,
});

describe('an agent', () => {
  it('is named by its host, or where it reports from', () => {
    expect(agentName(agent())).toBe('web-3');
    expect(agentName(agent({ host: '' }))).toBe('10.0.0.3');
  });

  it('says where it stands', () => {
    expect(agentPlace(agent())).toBe('');
    const attributes = [
      { name: 'clew.datacenter', value: 'fra1' },
      { name: 'clew.edge', value: 'ams' },
    ];
    expect(agentPlace(agent({ attributes }))).toBe('ams, fra1');
  });

  it.each<[Partial<Agent>, string]>([
    [{}, 'runs'],
    [{ state: 'unhealthy', lastError: 'exporters: otlp: away' }, 'exporters: otlp: away'],
    [{ state: 'unhealthy' }, 'it does not say why'],
    [{ state: 'silent' }, 'no report for 3 min 20 s'],
    [{ state: 'silent', lastError: 'away' }, 'no report for 3 min 20 s; it last said: away'],
    [{ state: 'stopped' }, 'said goodbye 3 min 20 s ago'],
    [{ state: 'unknown' }, 'it reports, but not its health'],
  ])('says how it is: %j', (change, words) => {
    expect(agentWords(agent(change), kNowUs)).toBe(words);
  });

  it('fails where its innermost parts do', () => {
    const parts = [
      part(['exporters'], false),
      part(['exporters', 'otlp'], false),
      part(['exporters', 'file'], true),
      part(['memory'], false),
    ];
    expect(failingParts(agent({ parts })).map(({ path }) => path.join('/'))).toEqual([
      'exporters/otlp',
      'memory',
    ]);
  });
});

describe('agentsShape', () => {
  it('takes what the store sends, and refuses a state that it does not know', () => {
    const counts = { unhealthy: 0, silent: 0, unknown: 0, healthy: 1, stopped: 0 };
    const sent = { ...agent(), firstSeenUs: 1, parts: [{ ...part(['a'], true), startedUs: 5 }] };
    expect(agentsShape({ counts, list: [sent] }, '').list[0]?.parts[0]?.path).toEqual(['a']);
    const other = { counts, list: [{ ...sent, state: 'asleep' }] };
    expect(() => agentsShape(other, 'agents')).toThrow(/list\[0\]\.state/);
  });
});
