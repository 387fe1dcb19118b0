import { CheckIcon, ErrorIcon, WarningIcon } from '../parts/icons';
import { linkTo, navigate } from '../router';
import { formatCount } from '../text/quantity';
import type { Proxy, ProxyStatus } from './mesh_types';
import { meshPath, type MeshChoice } from './mesh_url';
import { kStatuses, matching, statusOf } from './model';

/** So many rows are drawn; the filter finds the others. */
const kMostRows = 200;

const kWords: Readonly<Record<ProxyStatus, string>> = {
  online: 'has all it shall have',
  pending: 'has not answered for its newest configuration yet',
  refused: 'does not take a part of its configuration',
  offline: 'is not connected',
};

interface Props {
  proxies: readonly Proxy[];
  choice: MeshChoice;
  findRef: (input: HTMLInputElement | null) => void;
}

/** Every proxy, those that are not well first. */
export function ProxiesTable({ proxies, choice, findRef }: Props) {
  const place = choice.edge || choice.zone;
  const ofPlace = proxies.filter(
    proxy =>
      place === '' || (proxy.place === place && (proxy.kind === 'edge') === (choice.edge !== '')),
  );
  const found = matching(ofPlace, choice.find, choice.status);
  const change = (wanted: Partial<MeshChoice>) => navigate(meshPath(choice, wanted), 'replace');
  return (
    <section>
      <h2>Proxies{place === '' ? '' : ` of ${place}`}</h2>
      <div class="mesh-filter">
        <input
          ref={findRef}
          type="text"
          aria-label="Find proxies by name, service, place or kind"
          placeholder="name, service, place, kind"
          value={choice.find}
          onInput={event => change({ find: event.currentTarget.value })}
        />
        <div role="group" aria-label="Status">
          {kStatuses.map(status => (
            <button
              key={status}
              type="button"
              class="button"
              aria-pressed={choice.status === status}
              title={kWords[status]}
              onClick={() => change({ status: choice.status === status ? '' : status })}
            >
              <StatusIcon status={status} />
              <span>
                {status} {formatCount(ofPlace.filter(proxy => statusOf(proxy) === status).length)}
              </span>
            </button>
          ))}
        </div>
      </div>
      {found.length === 0 ? (
        <p class="dim">{ofPlace.length === 0 ? 'There are none.' : 'None is like that.'}</p>
      ) : (
        <div class="mesh-scroll">
          <table class="mesh-table">
            <thead>
              <tr>
                <th scope="col">proxy</th>
                <th scope="col">status</th>
                <th scope="col">kind</th>
                <th scope="col">service</th>
                <th scope="col">place</th>
                <th scope="col">version it has / shall have</th>
                <th scope="col">Envoy</th>
              </tr>
            </thead>
            <tbody>
              {found.slice(0, kMostRows).map(proxy => (
                <ProxyRow key={`${proxy.mesh}/${proxy.name}`} proxy={proxy} choice={choice} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {found.length > kMostRows && (
        <p class="dim">
          {formatCount(found.length - kMostRows)} more: narrow them by name, service or place.
        </p>
      )}
    </section>
  );
}

function ProxyRow({ proxy, choice }: { proxy: Proxy; choice: MeshChoice }) {
  const id = `${proxy.mesh}/${proxy.name}`;
  const status = statusOf(proxy);
  const refusal = proxy.refusals[0];
  return (
    <tr {...(choice.proxy === id ? { 'aria-current': 'true' } : {})}>
      <th scope="row">
        <a href={linkTo(meshPath(choice, { proxy: id }))}>{proxy.name}</a>
      </th>
      <td>
        <span class="mesh-status" data-status={status} title={kWords[status]}>
          <StatusIcon status={status} /> {status}
        </span>
        {proxy.elsewhere !== undefined && <span class="dim"> at {proxy.elsewhere}</span>}
        {refusal && (
          <p class="mesh-said">
            {refusal.type} {refusal.name}: {refusal.text}
            {proxy.refusals.length > 1 && ` (and ${proxy.refusals.length - 1} more)`}
          </p>
        )}
        {proxy.problem !== undefined && <p class="mesh-said">{proxy.problem}</p>}
      </td>
      <td>{proxy.kind}</td>
      <td>{proxy.service}</td>
      <td>{proxy.place}</td>
      <td>
        {proxy.revision === undefined ? '–' : `${proxy.settledRevision ?? 0} / ${proxy.revision}`}
      </td>
      <td>{proxy.envoy ?? '–'}</td>
    </tr>
  );
}

export function StatusIcon({ status }: { status: ProxyStatus }) {
  if (status === 'online') return <CheckIcon />;
  return status === 'pending' ? <WarningIcon /> : <ErrorIcon />;
}
