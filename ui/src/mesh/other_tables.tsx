import { linkTo } from '../router';
import { formatDuration } from '../text/duration';
import { formatCount } from '../text/quantity';
import { formatTime } from '../text/time';
import type { Certificate, ControlPlanes } from './mesh_types';
import { tracesPath } from './mesh_url';

const kMostRows = 100;

/** What proxies prove who they are with; what ends first comes first. */
export function Certificates(props: { certificates: readonly Certificate[]; nowMs: number }) {
  const { certificates, nowMs } = props;
  const sorted = [...certificates].sort(
    (a, b) => Number(b.problem !== '') - Number(a.problem !== '') || a.notAfterNs - b.notAfterNs,
  );
  return (
    <section>
      <h2>Certificates</h2>
      {sorted.length === 0 ? (
        <p class="dim">None: no mesh has mTLS, or no proxy was connected yet.</p>
      ) : (
        <div class="mesh-scroll">
          <table class="mesh-table">
            <thead>
              <tr>
                <th scope="col">identity</th>
                <th scope="col">good for</th>
                <th scope="col">serial</th>
                <th scope="col">problem</th>
              </tr>
            </thead>
            <tbody>
              {sorted.slice(0, kMostRows).map(({ identity, serial, notAfterNs, problem }) => (
                <tr key={identity}>
                  <th scope="row">
                    <code>{identity}</code>
                  </th>
                  <td>
                    <span title={`Until ${formatTime(BigInt(Math.round(notAfterNs / 1000)))}`}>
                      {goodFor(notAfterNs, nowMs)}
                    </span>
                  </td>
                  <td>
                    <code>{serial}</code>
                  </td>
                  <td class="mesh-bad">{problem}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {sorted.length > kMostRows && (
        <p class="dim">{formatCount(sorted.length - kMostRows)} more, which end later.</p>
      )}
    </section>
  );
}

export function goodFor(notAfterNs: number, nowMs: number): string {
  const leftMs = notAfterNs / 1e6 - nowMs;
  return leftMs > 0 ? formatDuration(leftMs * 1e6) : 'expired';
}

export function ControlPlanesTable({ planes }: { planes: ControlPlanes }) {
  if (planes.items.length === 0) return null;
  return (
    <section>
      <h2>Control planes</h2>
      <div class="mesh-scroll">
        <table class="mesh-table">
          <thead>
            <tr>
              <th scope="col">name</th>
              <th scope="col">mode</th>
              <th scope="col">zone</th>
              <th scope="col">connected</th>
              <th scope="col">behind</th>
              <th scope="col">last error</th>
            </tr>
          </thead>
          <tbody>
            {planes.items.map(({ name, url, mode, zone, connected, lagSeconds, lastError }) => (
              <tr key={`${name} ${url}`}>
                <th scope="row">{name || url}</th>
                <td>{mode}</td>
                <td>
                  {zone !== '' && <a href={linkTo(tracesPath(['core_location', zone]))}>{zone}</a>}
                </td>
                <td class={connected ? '' : 'mesh-bad'}>{connected ? 'yes' : 'no'}</td>
                <td>{lagSeconds === 0 ? 'no' : formatDuration(lagSeconds * 1e9)}</td>
                <td>{lastError}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
