// What is wrong in the mesh, in words, with what to do about it. The worst first.
import { formatDuration } from '../text/duration';
import { formatCount } from '../text/quantity';
import { isUp, statusOf, type Answers, type Mesh } from './model';

export interface MeshProblem {
  level: 'error' | 'warning';
  what: string;
  advice: string;
  /** The part of the page's query that shows it. */
  show?: Readonly<Record<string, string>>;
}

const kSoonMs = 4 * 3600e3; // certificates live for 24 hours and are renewed after 16
const kMostNamed = 3;
const kMostLagSeconds = 30;

export function meshProblems(answers: Answers, mesh: Mesh, nowMs: number): MeshProblem[] {
  return [
    ...proxyProblems(answers),
    ...placeProblems(mesh),
    ...certificateProblems(answers, nowMs),
    ...controlPlaneProblems(answers),
  ].sort((a, b) => Number(a.level === 'warning') - Number(b.level === 'warning'));
}

function proxyProblems({ proxies }: Answers): MeshProblem[] {
  const problems: MeshProblem[] = [];
  const refusing = proxies.filter(proxy => statusOf(proxy) === 'refused');
  for (const proxy of refusing.slice(0, kMostNamed)) {
    const refusal = proxy.refusals[0];
    if (!refusal) continue;
    problems.push({
      level: 'error',
      what: `${proxy.name} does not take ${refusal.type} ${refusal.name}: ${refusal.text}`,
      advice:
        refusal.from.length > 0
          ? `It comes from ${refusal.from.join(', ')}; the proxy goes on with what it had.`
          : 'The proxy goes on with what it had.',
      show: { proxy: `${proxy.mesh}/${proxy.name}` },
    });
  }
  if (refusing.length > kMostNamed) {
    problems.push({
      level: 'error',
      what: `${formatCount(refusing.length)} proxies in all refuse a part of their configuration.`,
      advice: '',
      show: { status: 'refused' },
    });
  }
  const broken = proxies.filter(proxy => proxy.problem !== undefined);
  for (const proxy of broken.slice(0, kMostNamed)) {
    problems.push({
      level: 'error',
      what: `${proxy.name} cannot be configured: ${proxy.problem ?? ''}`,
      advice: 'Correct the resource that this names.',
      show: { proxy: `${proxy.mesh}/${proxy.name}` },
    });
  }
  const offline = proxies.filter(
    proxy => statusOf(proxy) === 'offline' && proxy.elsewhere === undefined,
  );
  if (offline.length > 0) {
    problems.push({
      level: 'warning',
      what: `${named(offline.map(proxy => proxy.name))} ${offline.length === 1 ? 'is' : 'are'} not connected.`,
      advice: 'Look at `clew proxy run` there, or remove the Dataplanes that are gone.',
      show: { status: 'offline' },
    });
  }
  return problems;
}

function placeProblems({ zones, edges, links }: Mesh): MeshProblem[] {
  const problems: MeshProblem[] = [];
  for (const { name } of zones) {
    const ways = links.filter(link => link.zone === name);
    const down = ways.filter(link => !isUp(link));
    if (down.length === 0) continue;
    const all = down.length === ways.length;
    problems.push({
      level: all ? 'error' : 'warning',
      what: all
        ? `Core location ${name} answers no edge: requests go to the others.`
        : `Core location ${name} does not answer ${named(down.map(link => link.edge))}.`,
      advice: all ? 'Is its ingress up?' : 'Look at the network between them.',
      show: { zone: name },
    });
  }
  for (const { name } of edges) {
    const ways = links.filter(link => link.edge === name);
    if (ways.length > 0 && ways.every(link => !isUp(link))) {
      problems.push({
        level: 'error',
        what: `Edge ${name} reaches no core location.`,
        advice: 'Look at its network: it has no say about others meanwhile.',
        show: { edge: name },
      });
    }
  }
  return problems;
}

function certificateProblems({ certificates }: Answers, nowMs: number): MeshProblem[] {
  const failed = certificates.filter(({ problem }) => problem !== '');
  const soon = certificates.filter(
    ({ notAfterNs, problem }) => problem === '' && notAfterNs / 1e6 - nowMs < kSoonMs,
  );
  const problems: MeshProblem[] = failed.slice(0, kMostNamed).map(({ identity, problem }) => ({
    level: 'error',
    what: `No new certificate for ${identity}: ${problem}`,
    advice: 'Proxies keep the one they have until it expires.',
  }));
  if (soon.length > 0) {
    const next = Math.min(...soon.map(({ notAfterNs }) => notAfterNs / 1e6 - nowMs));
    problems.push({
      level: 'warning',
      what: `${named(soon.map(({ identity }) => identity))}: ${next > 0 ? `the certificate expires in ${formatDuration(next * 1e6)}` : 'the certificate has expired'} and was not renewed.`,
      advice: 'A certificate is renewed when its proxy is connected.',
    });
  }
  return problems;
}

function controlPlaneProblems({ controlPlanes }: Answers): MeshProblem[] {
  const problems: MeshProblem[] = [];
  if (controlPlanes.problem !== '') {
    problems.push({ level: 'error', what: controlPlanes.problem, advice: '' });
  }
  for (const { name, url, connected, lagSeconds, lastError } of controlPlanes.items) {
    if (!connected) {
      problems.push({
        level: 'warning',
        what: `Control plane ${name || url} is not connected${lastError === '' ? '' : `: ${lastError}`}.`,
        advice: 'Its proxies go on with what they have.',
      });
    } else if (lagSeconds > kMostLagSeconds) {
      problems.push({
        level: 'warning',
        what: `Control plane ${name} is ${formatDuration(lagSeconds * 1e9)} behind.`,
        advice: '',
      });
    }
  }
  return problems;
}

/** "a, b, c and 4 more". */
function named(names: readonly string[]): string {
  const more = names.length - kMostNamed;
  return names.slice(0, kMostNamed).join(', ') + (more > 0 ? ` and ${formatCount(more)} more` : '');
}
