// What a control plane answers, as far as the page shows it: docs/mesh.md, its /openapi.json. Times are
// nanoseconds since 1970 as JSON numbers, so they are exact to a quarter of a microsecond only.
import { array, boolean, number, object, optional, string, type Shape } from '../api/shape';

/** Whether there is a control plane to ask. */
export interface MeshAbout {
  configured: boolean;
  url: string | undefined;
}

/** A configuration that an Envoy did not take. */
export interface Refusal {
  type: string;
  name: string;
  /** In Envoy's own words. */
  text: string;
  timeNs: number;
  /** The resources of the mesh that it came from. */
  from: string[];
}

export type ProxyStatus = 'online' | 'pending' | 'refused' | 'offline';

export interface Proxy {
  mesh: string;
  name: string;
  kind: string;
  service: string;
  /** Its core location, or its edge. */
  place: string;
  status: string;
  refusals: Refusal[];
  envoy: string | undefined;
  /** Versions of the mesh: composed for it, and answered for by it. */
  revision: number | undefined;
  settledRevision: number | undefined;
  connectedNs: number | undefined;
  /** Why it cannot be configured. */
  problem: string | undefined;
  /** The control plane that it is connected to, if not this one. */
  elsewhere: string | undefined;
}

/** A destination of requests: a service, or a further port of one. */
export interface Service {
  mesh: string;
  /** As an edge's routes call it: "shop", and "shop:8081" of a further port. */
  name: string;
  /** What it is a port of: "shop". */
  service: string;
  /** The port's name, if it has one, and number; of no declared port nothing. */
  sections: string[];
  protocol: string;
  /** Outside of the mesh. */
  external: boolean;
  /** Where it runs, with the instances that are ready there. */
  zones: { zone: string; instances: number }[];
}

/** From an edge to a core location. */
export interface Link {
  zone: string;
  costMs: number;
  /** Else the cost is guessed from coordinates. */
  measured: boolean;
  roundTripMs: number | null;
  /** Of probes, 0 to 1. */
  loss: number;
  /** up; recovering, 25 %; down; silent. */
  health: string;
  requestsPerSecond: number;
  errorsPerSecond: number;
}

export interface EdgeLinks {
  edge: string;
  zones: Link[];
}

/** A Zone or an Edge. */
export interface Place {
  name: string;
  coordinates: { latitude: number; longitude: number } | undefined;
}

/** A core location in the order in which an edge uses them for a service. */
export interface Route extends Link {
  instances: number;
  capacity: number | null;
  priority: number;
  /** Of the edge's requests, in percent. */
  share: number;
  reason: string;
  why: string;
}

export interface Certificate {
  identity: string;
  serial: string;
  notBeforeNs: number;
  notAfterNs: number;
  problem: string;
}

export interface ControlPlane {
  /** Set instead of a name where one that is called was never reached. */
  url: string;
  name: string;
  mode: string;
  zone: string;
  connected: boolean;
  lagSeconds: number;
  lastError: string;
}

export interface ControlPlanes {
  self: { name: string; mode: string; zone: string };
  items: ControlPlane[];
  problem: string;
}

/** What one proxy was sent. */
export interface SentResource {
  name: string;
  sent: string;
  accepted: string;
  refusal: string;
}

/** What one proxy was sent of a type, and when it last took a response (ACK) and refused one (NACK). */
export interface SentType {
  type: string;
  resources: SentResource[];
  acceptedNs: number | undefined;
  refusedNs: number | undefined;
}

export interface ProxyDetail {
  types: SentType[];
  certificate: Certificate | null;
}

function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, path) => (value === null ? null : shape(value, path));
}

function or<T>(shape: Shape<T>, otherwise: T): Shape<T> {
  return (value, path) => (value === undefined ? otherwise : shape(value, path));
}

/** Reads fields under their names on the wire into fields of ours. */
function renamed<T extends object>(fields: {
  [K in keyof T]: readonly [name: string, shape: Shape<T[K]>];
}): Shape<T> {
  const entries = Object.entries(fields) as [string, readonly [string, Shape<unknown>]][];
  const wire = object<Record<string, unknown>>(
    Object.fromEntries(entries.map(([, [name, shape]]) => [name, shape])),
  );
  return (value, path) => {
    const read = wire(value, path);
    return Object.fromEntries(entries.map(([ours, [name]]) => [ours, read[name]])) as T;
  };
}

export const aboutShape = object<MeshAbout>({ configured: boolean, url: optional(string) });

const refusalShape = renamed<Refusal>({
  type: ['type', string],
  name: ['name', string],
  text: ['text', string],
  timeNs: ['time_unix_nano', or(number, 0)],
  from: ['from', or(texts, [])],
});

/** One text or several. */
function texts(value: unknown, path: string): string[] {
  return typeof value === 'string' ? [value] : array(string)(value, path);
}

export const proxiesShape = object<{ items: Proxy[] }>({
  items: array(
    renamed<Proxy>({
      mesh: ['mesh', string],
      name: ['name', string],
      kind: ['kind', string],
      service: ['service', string],
      place: ['place', string],
      status: ['status', string],
      refusals: ['refusals', array(refusalShape)],
      envoy: ['envoy', optional(string)],
      revision: ['revision', optional(number)],
      settledRevision: ['settled_revision', optional(number)],
      connectedNs: ['connected_unix_nano', optional(number)],
      problem: ['problem', optional(string)],
      elsewhere: ['elsewhere', optional(string)],
    }),
  ),
});

export const servicesShape = object<{ items: Service[] }>({
  items: array(
    object<Service>({
      mesh: string,
      name: string,
      service: string,
      sections: array(string),
      protocol: string,
      external: boolean,
      zones: array(
        object<Service['zones'][number]>({
          zone: string,
          instances: number,
        }),
      ),
    }),
  ),
});

const kLinkFields = {
  zone: ['zone', string],
  costMs: ['cost_ms', number],
  measured: ['measured', boolean],
  roundTripMs: ['round_trip_ms', nullable(number)],
  loss: ['loss', number],
  health: ['health', string],
  requestsPerSecond: ['requests_per_second', number],
  errorsPerSecond: ['errors_per_second', number],
} as const;

export const matrixShape = object<{ items: EdgeLinks[] }>({
  items: array(object<EdgeLinks>({ edge: string, zones: array(renamed<Link>(kLinkFields)) })),
});

export const placesShape = object<{ total: number; items: Place[] }>({
  total: number,
  items: array(
    object<Place>({
      name: string,
      coordinates: optional(
        object<{ latitude: number; longitude: number }>({ latitude: number, longitude: number }),
      ),
    }),
  ),
});

export const routesShape = object<{ zones: Route[] }>({
  zones: array(
    renamed<Route>({
      ...kLinkFields,
      instances: ['instances', number],
      capacity: ['capacity', nullable(number)],
      priority: ['priority', number],
      share: ['share', number],
      reason: ['reason', string],
      why: ['why', string],
    }),
  ),
});

const certificateShape = renamed<Certificate>({
  identity: ['identity', string],
  serial: ['serial', string],
  notBeforeNs: ['not_before_unix_nano', number],
  notAfterNs: ['not_after_unix_nano', number],
  problem: ['problem', or(string, '')],
});

export const certificatesShape = object<{ items: Certificate[] }>({
  items: array(certificateShape),
});

export const controlPlanesShape = object<ControlPlanes>({
  self: object<ControlPlanes['self']>({ name: string, mode: string, zone: string }),
  items: array(
    renamed<ControlPlane>({
      url: ['url', or(string, '')],
      name: ['name', or(string, '')],
      mode: ['mode', or(string, '')],
      zone: ['zone', or(string, '')],
      connected: ['connected', boolean],
      lagSeconds: ['lag_seconds', or(number, 0)],
      lastError: ['last_error', or(string, '')],
    }),
  ),
  problem: string,
});

export const proxyDetailShape = object<ProxyDetail>({
  types: or(
    array(
      renamed<SentType>({
        type: ['type', string],
        resources: [
          'resources',
          array(
            object<SentResource>({ name: string, sent: string, accepted: string, refusal: string }),
          ),
        ],
        acceptedNs: ['accepted_unix_nano', optional(number)],
        refusedNs: ['refused_unix_nano', optional(number)],
      }),
    ),
    [],
  ),
  certificate: or(nullable(certificateShape), null),
});
