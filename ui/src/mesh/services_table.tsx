import { WarningIcon } from '../parts/icons';
import { linkTo } from '../router';
import { formatCount } from '../text/quantity';
import type { Service } from './mesh_types';
import { meshPath, type MeshChoice } from './mesh_url';
import { groupsOf } from './model';

/** So many services are drawn; a core location narrows them. */
const kMostServices = 100;

interface Props {
  services: readonly Service[];
  choice: MeshChoice;
}

/** Every service with its ports, each of which is a destination of its own, and where it runs. */
export function ServicesTable({ services, choice }: Props) {
  const groups = groupsOf(services, choice.zone);
  return (
    <section>
      <h2>Services{choice.zone === '' ? '' : ` in ${choice.zone}`}</h2>
      {groups.length === 0 ? (
        <p class="dim">There are none.</p>
      ) : (
        <div class="mesh-scroll">
          <table class="mesh-table">
            <thead>
              <tr>
                <th scope="col">service</th>
                <th scope="col">port</th>
                <th scope="col" title="What routes, access logs and Envoy's clusters call it">
                  destination
                </th>
                <th scope="col">protocol</th>
                <th scope="col">ready instances</th>
              </tr>
            </thead>
            <tbody>
              {groups.slice(0, kMostServices).flatMap(ports =>
                ports.map((port, i) => (
                  <tr key={`${port.mesh} ${port.name}`}>
                    {i === 0 && <ServiceCell first={port} rows={ports.length} choice={choice} />}
                    <PortCells port={port} choice={choice} />
                  </tr>
                )),
              )}
            </tbody>
          </table>
        </div>
      )}
      {groups.length > kMostServices && (
        <p class="dim">
          {formatCount(groups.length - kMostServices)} more: choose a core location to see its own.
        </p>
      )}
    </section>
  );
}

function ServiceCell(props: { first: Service; rows: number; choice: MeshChoice }) {
  const { first, rows, choice } = props;
  const { service, external } = first;
  return (
    <th scope="rowgroup" rowSpan={rows}>
      {service}{' '}
      {!external && (
        <a class="mesh-traces" href={linkTo(meshPath(choice, { find: service }))}>
          proxies<span class="hidden"> of {service}</span>
        </a>
      )}
    </th>
  );
}

function PortCells({ port, choice }: { port: Service; choice: MeshChoice }) {
  const number = port.sections.at(-1);
  const name = port.sections.length > 1 ? port.sections[0] : undefined;
  return (
    <>
      <td>
        {number ?? '–'} {name !== undefined && <span class="dim">{name}</span>}
      </td>
      <td>{port.name}</td>
      <td>{port.protocol}</td>
      <td>
        {port.zones.map(({ zone, instances }, i) => (
          <span key={zone}>
            {i > 0 && ', '}
            {formatCount(instances)} in <a href={linkTo(meshPath(choice, { zone }))}>{zone}</a>
          </span>
        ))}
        {port.zones.length === 0 &&
          (port.external ? (
            <span class="dim">outside of the mesh</span>
          ) : (
            <span class="mesh-bad">
              <WarningIcon /> none
            </span>
          ))}
      </td>
    </>
  );
}
