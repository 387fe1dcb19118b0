// The mesh as the page shows it, put together from what the control plane says of its parts.
import type {
  Certificate,
  ControlPlanes,
  EdgeLinks,
  Link,
  Place,
  Proxy,
  ProxyStatus,
  Service,
} from './mesh_types';

/** What the control plane was asked for, at one moment. */
export interface Answers {
  proxies: Proxy[];
  /** Nothing of a control plane that is older than this answer. */
  services: Service[] | undefined;
  matrix: EdgeLinks[];
  zones: Place[];
  edges: Place[];
  certificates: Certificate[];
  controlPlanes: ControlPlanes;
}

export const kStatuses: readonly ProxyStatus[] = ['refused', 'pending', 'offline', 'online'];

export interface Site {
  name: string;
  kind: 'edge' | 'zone';
  coordinates: Place['coordinates'];
  proxies: Proxy[];
  /** How many of them are in each state. */
  states: Record<ProxyStatus, number>;
  /** From it, or to it. */
  requestsPerSecond: number;
  errorsPerSecond: number;
}

export interface EdgeToZone extends Link {
  edge: string;
  /** It is the one that the edge sends most requests to; without requests the cheapest that is up. */
  isFirst: boolean;
}

export interface Mesh {
  edges: Site[];
  zones: Site[];
  links: EdgeToZone[];
  /** What an edge may send requests to in the mesh: services and further ports, sorted. */
  destinations: string[];
}

export function meshOf(answers: Answers): Mesh {
  const links = answers.matrix.flatMap(({ edge, zones }) => {
    const first = firstOf(zones);
    return zones.map(link => ({ ...link, edge, isFirst: link === first }));
  });
  const site = (kind: Site['kind']) => (name: string) => siteOf(kind, name, answers, links);
  const edges = names(answers.edges, links, 'edge', placesOf(answers.proxies, 'edge'));
  const zones = names(answers.zones, links, 'zone', placesOf(answers.proxies, 'zone'));
  return {
    edges: edges.map(site('edge')),
    zones: zones.map(site('zone')),
    links,
    destinations: [...new Set(destinationsOf(answers))].sort(),
  };
}

function destinationsOf({ services, proxies }: Answers): string[] {
  if (services) return services.filter(each => !each.external).map(each => each.name);
  const sidecars = proxies.filter(proxy => proxy.kind === 'sidecar' && proxy.service !== '');
  return sidecars.map(proxy => proxy.service);
}

function firstOf(zones: readonly Link[]): Link | undefined {
  const usable = zones.filter(isUp);
  const busy = usable.filter(link => link.requestsPerSecond > 0);
  if (busy.length > 0) {
    return busy.reduce((a, b) => (b.requestsPerSecond > a.requestsPerSecond ? b : a));
  }
  return usable.length === 0 ? undefined : usable.reduce((a, b) => (b.costMs < a.costMs ? b : a));
}

/** Whether requests go there; one that recovers gets some. */
export function isUp(link: Link): boolean {
  return link.health !== 'down' && link.health !== 'silent';
}

function placesOf(proxies: readonly Proxy[], kind: Site['kind']): string[] {
  return proxies
    .filter(proxy => (proxy.kind === 'edge') === (kind === 'edge') && proxy.place !== '')
    .map(proxy => proxy.place);
}

function names(
  places: readonly Place[],
  links: readonly EdgeToZone[],
  field: 'edge' | 'zone',
  others: readonly string[],
): string[] {
  const all = [...places.map(place => place.name), ...links.map(link => link[field]), ...others];
  return [...new Set(all)].sort();
}

function siteOf(
  kind: Site['kind'],
  name: string,
  answers: Answers,
  links: readonly EdgeToZone[],
): Site {
  const proxies = answers.proxies.filter(
    proxy => proxy.place === name && (proxy.kind === 'edge') === (kind === 'edge'),
  );
  const states = { online: 0, pending: 0, refused: 0, offline: 0 };
  for (const proxy of proxies) ++states[statusOf(proxy)];
  const own = links.filter(link => link[kind] === name);
  return {
    name,
    kind,
    coordinates: (kind === 'edge' ? answers.edges : answers.zones).find(p => p.name === name)
      ?.coordinates,
    proxies,
    states,
    requestsPerSecond: own.reduce((sum, link) => sum + link.requestsPerSecond, 0),
    errorsPerSecond: own.reduce((sum, link) => sum + link.errorsPerSecond, 0),
  };
}

/** Destinations that run in `zone` (any, if that is empty), with those of one service together. */
export function groupsOf(services: readonly Service[], zone: string): Service[][] {
  const groups = new Map<string, Service[]>();
  for (const each of services) {
    if (zone !== '' && !each.zones.some(at => at.zone === zone)) continue;
    const key = `${each.mesh} ${each.service}`;
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  return [...groups.values()];
}

export function statusOf(proxy: Proxy): ProxyStatus {
  return kStatuses.find(status => status === proxy.status) ?? 'offline';
}

/** What of the proxies `wanted` asks for: words that must all be in name, service, place or kind. */
export function matching(proxies: readonly Proxy[], wanted: string, status: string): Proxy[] {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  return proxies
    .filter(proxy => status === '' || statusOf(proxy) === status)
    .filter(({ name, service, place, kind, mesh }) => {
      const text = `${name} ${service} ${place} ${kind} ${mesh}`.toLowerCase();
      return words.every(word => text.includes(word));
    })
    .sort(
      (a, b) =>
        kStatuses.indexOf(statusOf(a)) - kStatuses.indexOf(statusOf(b)) ||
        a.name.localeCompare(b.name),
    );
}
