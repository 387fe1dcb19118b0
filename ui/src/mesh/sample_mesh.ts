// A small mesh for tests: two edges, three core locations, one of which is down for one edge.
import type { Certificate, Link, Proxy, Service } from './mesh_types';
import type { Answers } from './model';

export function link(zone: string, change: Partial<Link> = {}): Link {
  return {
    zone,
    costMs: 10,
    measured: true,
    roundTripMs: 10,
    loss: 0,
    health: 'up',
    requestsPerSecond: 0,
    errorsPerSecond: 0,
    ...change,
  };
}

export function proxy(
  name: string,
  kind: string,
  place: string,
  change: Partial<Proxy> = {},
): Proxy {
  return {
    mesh: 'default',
    name,
    kind,
    service: kind === 'sidecar' ? name.replace(/-\d+$/, '') : `clew-${kind}`,
    place,
    status: 'online',
    refusals: [],
    envoy: '1.40.0',
    revision: 7,
    settledRevision: 7,
    connectedNs: 1.7e18,
    problem: undefined,
    elsewhere: undefined,
    ...change,
  };
}

export function certificate(identity: string, notAfterNs: number, problem = ''): Certificate {
  return { identity, serial: 'ab', notBeforeNs: 0, notAfterNs, problem };
}

/** "shop:8081" is a further port of "shop". */
export function service(
  name: string,
  zones: Record<string, number>,
  change: Partial<Service> = {},
): Service {
  return {
    mesh: 'default',
    name,
    service: name.replace(/:\d+$/, ''),
    sections: [],
    protocol: 'http',
    external: false,
    zones: Object.entries(zones).map(([zone, instances]) => ({ zone, instances })),
    ...change,
  };
}

export function sampleAnswers(change: Partial<Answers> = {}): Answers {
  return {
    proxies: [
      proxy('edge-ams-1', 'edge', 'ams'),
      proxy('edge-nyc-1', 'edge', 'nyc'),
      proxy('ingress-fra', 'ingress', 'fra'),
      proxy('shop-1', 'sidecar', 'fra'),
      proxy('cart-1', 'sidecar', 'iad'),
    ],
    services: [
      service('bank', {}, { external: true }),
      service('cart', { iad: 1 }),
      service('shop', { fra: 1 }, { sections: ['web', '80'] }),
      service('shop:8081', { fra: 1 }, { sections: ['admin', '8081'], protocol: 'grpc' }),
    ],
    matrix: [
      {
        edge: 'ams',
        zones: [
          link('fra', { costMs: 8, requestsPerSecond: 120, errorsPerSecond: 1 }),
          link('iad', { costMs: 80, requestsPerSecond: 3 }),
        ],
      },
      {
        edge: 'nyc',
        zones: [link('fra', { costMs: 85 }), link('iad', { costMs: 6 })],
      },
    ],
    zones: [
      { name: 'fra', coordinates: { latitude: 50.1, longitude: 8.7 } },
      { name: 'iad', coordinates: { latitude: 39, longitude: -77.5 } },
      { name: 'syd', coordinates: undefined },
    ],
    edges: [
      { name: 'ams', coordinates: { latitude: 52.4, longitude: 4.9 } },
      { name: 'nyc', coordinates: { latitude: 40.7, longitude: -74 } },
    ],
    certificates: [],
    controlPlanes: { self: { name: '', mode: 'standalone', zone: '' }, items: [], problem: '' },
    ...change,
  };
}
