// What the page shows of the edge or proxy that is chosen.
import { CloseIcon } from '../parts/icons';
import { plural } from '../parts/service_pill';
import { useAnswer, type Answer } from '../parts/use_answer';
import { linkTo, navigate } from '../router';
import { formatDuration } from '../text/duration';
import { formatRate } from '../text/quantity';
import { formatAgo, formatTime } from '../text/time';
import {
  proxyDetailShape,
  routesShape,
  type Proxy,
  type ProxyDetail,
  type SentType,
} from './mesh_types';
import { meshPath, tracesPath, type MeshChoice } from './mesh_url';
import { statusOf, type Mesh } from './model';
import { goodFor } from './other_tables';
import { StatusIcon } from './proxies_table';
import { askMesh } from './use_mesh';

interface EdgeProps {
  mesh: Mesh;
  choice: MeshChoice;
  /** Changes when it is time to ask again. */
  round: number;
}

/** In which order an edge uses core locations for a service, and why. */
export function EdgeDetail({ mesh, choice, round }: EdgeProps) {
  const { edge } = choice;
  const service = choice.service || (mesh.destinations[0] ?? '');
  const path = `/edges/${encodeURIComponent(edge)}/routes/${encodeURIComponent(service)}`;
  const answer = useAnswer(`${path}#${round}`, async signal =>
    service === '' ? { zones: [] } : askMesh(path, routesShape, signal),
  );
  return (
    <aside class="mesh-detail" aria-label={`Edge ${edge}`}>
      <Heading title={`Edge ${edge}`} choice={choice} />
      <p>
        <a href={linkTo(tracesPath(['edge', edge]))}>Its traces</a>
      </p>
      <label class="field">
        <span>Which core location serves</span>
        <select
          value={service}
          onChange={event =>
            navigate(meshPath(choice, { service: event.currentTarget.value }), 'replace')
          }
        >
          {mesh.destinations.map(name => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <Problem answer={answer} />
      {mesh.destinations.length === 0 && <p class="dim">No service runs anywhere yet.</p>}
      <ol class="mesh-routes">
        {(answer.value?.zones ?? []).map(route => (
          <li key={route.zone} data-used={route.share > 0}>
            <b>{route.zone}</b> {route.share > 0 && <span>{route.share} % of the requests</span>}
            <p>{route.why}</p>
            <p class="dim">
              {route.reason}; cost {formatDuration(route.costMs * 1e6)};{' '}
              {plural(route.instances, 'instance')}; {formatRate(route.requestsPerSecond)}
              {route.capacity !== null && ` of ${formatRate(route.capacity)}`}; {route.health}
            </p>
          </li>
        ))}
      </ol>
    </aside>
  );
}

/** A proxy: what it was sent, what it has of it, and what it said. */
export function ProxyDetailPanel(props: {
  proxy: Proxy;
  choice: MeshChoice;
  round: number;
  nowMs: number;
}) {
  const { proxy, choice, round, nowMs } = props;
  const path = `/meshes/${encodeURIComponent(proxy.mesh)}/dataplanes/${encodeURIComponent(proxy.name)}/_overview`;
  const answer = useAnswer(`${path}#${round}`, signal => askMesh(path, proxyDetailShape, signal));
  const detail = answer.value;
  const status = statusOf(proxy);
  return (
    <aside class="mesh-detail" aria-label={`Proxy ${proxy.name}`}>
      <Heading title={proxy.name} choice={choice} />
      <p>
        <span class="mesh-status" data-status={status}>
          <StatusIcon status={status} /> {status}
        </span>{' '}
        · {proxy.kind} of {proxy.service || 'no service'} in {proxy.place || 'no place'} ·{' '}
        <a href={linkTo(tracesPath(['node', proxy.name]))}>its traces</a>
      </p>
      {proxy.connectedNs !== undefined && proxy.connectedNs > 0 && (
        <p class="dim">
          Envoy {proxy.envoy ?? '?'}, connected since{' '}
          {formatTime(BigInt(Math.round(proxy.connectedNs / 1000))).slice(0, 19)}; has answered for
          version {proxy.settledRevision ?? 0} of {proxy.revision ?? 0}
        </p>
      )}
      {proxy.refusals.map(refusal => (
        <div key={`${refusal.type} ${refusal.name}`} class="notice failed">
          <div>
            <b>
              Refused: {refusal.type} {refusal.name}
            </b>
            {refusal.timeNs > 0 && (
              <span class="dim">
                {' '}
                at {formatTime(BigInt(Math.round(refusal.timeNs / 1000))).slice(0, 19)}
              </span>
            )}
            <p class="mesh-said">{refusal.text}</p>
            {refusal.from.length > 0 && <p>From {refusal.from.join(', ')}</p>}
          </div>
        </div>
      ))}
      {proxy.problem !== undefined && <p class="notice failed">{proxy.problem}</p>}
      <Problem answer={answer} />
      {detail?.certificate && (
        <p>
          Certificate <code>{detail.certificate.identity}</code>, good for{' '}
          {goodFor(detail.certificate.notAfterNs, nowMs)}
          {detail.certificate.problem !== '' && (
            <span class="mesh-bad">: {detail.certificate.problem}</span>
          )}
        </p>
      )}
      {detail && <Answers types={detail.types} nowMs={nowMs} />}
      {detail && <Versions detail={detail} />}
    </aside>
  );
}

/** When it last took what it was sent, and when it did not, by type. */
function Answers({ types, nowMs }: { types: readonly SentType[]; nowMs: number }) {
  if (types.length === 0) return null;
  return (
    <table class="mesh-table" aria-label="Its answers">
      <thead>
        <tr>
          <th scope="col">type</th>
          <th scope="col">last ACK</th>
          <th scope="col">last NACK</th>
        </tr>
      </thead>
      <tbody>
        {types.map(({ type, acceptedNs, refusedNs }) => (
          <tr key={type} data-bad={(refusedNs ?? 0) > (acceptedNs ?? 0)}>
            <th scope="row">{type}</th>
            <td>
              {acceptedNs === undefined ? 'never' : <Ago timeNs={acceptedNs} nowMs={nowMs} />}
            </td>
            <td>{refusedNs === undefined ? 'never' : <Ago timeNs={refusedNs} nowMs={nowMs} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Ago({ timeNs, nowMs }: { timeNs: number; nowMs: number }) {
  return (
    <time title={formatTime(BigInt(Math.round(timeNs / 1000)))}>
      {formatAgo(timeNs / 1e6, nowMs)}
    </time>
  );
}

/** Which version of each resource was sent, and which is in force. */
function Versions({ detail }: { detail: ProxyDetail }) {
  if (detail.types.length === 0) return <p class="dim">It was sent nothing yet.</p>;
  return (
    <div class="mesh-scroll">
      <table class="mesh-table">
        <thead>
          <tr>
            <th scope="col">resource</th>
            <th scope="col">sent</th>
            <th scope="col">in force</th>
          </tr>
        </thead>
        <tbody>
          {detail.types.flatMap(({ type, resources }) =>
            resources.map(({ name, sent, accepted, refusal }) => (
              <tr key={`${type} ${name}`} data-bad={refusal !== ''}>
                <th scope="row">
                  {type} <span class="mesh-resource">{name}</span>
                </th>
                <td title={sent}>
                  <code>{sent.slice(0, 8) || 'none'}</code>
                </td>
                <td title={accepted}>
                  {refusal !== '' ? (
                    <span class="mesh-bad">
                      refused, has <code>{accepted.slice(0, 8) || 'none'}</code>
                    </span>
                  ) : accepted === sent ? (
                    'the same'
                  ) : (
                    <code>{accepted.slice(0, 8) || 'none yet'}</code>
                  )}
                </td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  );
}

function Heading({ title, choice }: { title: string; choice: MeshChoice }) {
  return (
    <header>
      <h2>{title}</h2>
      <a
        class="icon-button"
        aria-label="Close"
        title="Close (Esc)"
        href={linkTo(meshPath(choice, { edge: '' }))}
      >
        <CloseIcon />
      </a>
    </header>
  );
}

function Problem({ answer }: { answer: Answer<unknown> }) {
  return answer.error ? (
    <p class="notice failed" role="alert">
      {answer.error.message}
    </p>
  ) : null;
}
