// Clew's own JSON API, /api/clew/v1, as TypeScript sees it. Times are named with their unit.
import { array, boolean, decimal, number, object, oneOf, present, string } from './shape';

export interface ServiceCount {
  name: string;
  spanCount: number;
  errorCount: number;
}

/** One line of a search result. */
export interface TraceSummary {
  traceId: string;
  rootService: string;
  rootOperation: string;
  startUs: number;
  durationUs: number;
  spanCount: number;
  errorCount: number;
  /** The span that began the trace is not among those received. */
  rootMissing: boolean;
  services: ServiceCount[];
}

export const kSpanKinds = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
] as const;
export type SpanKind = (typeof kSpanKinds)[number];

export interface Operation {
  name: string;
  kind: SpanKind;
}

/**
 * A typed attribute. int64 values are decimal strings, binary ones base64, arrays and maps JSON. The
 * type stays a plain string so that a newer server's type is shown, not refused.
 */
export interface Attribute {
  key: string;
  type: string;
  value: unknown;
}

export interface Resource {
  service: string;
  attributes: Attribute[];
}

export interface Scope {
  name: string;
  version: string;
}

export interface SpanEvent {
  /** Nanoseconds after the start of the trace. */
  timeNs: number;
  name: string;
  attributes: Attribute[];
}

export interface SpanLink {
  traceId: string;
  spanId: string;
  attributes: Attribute[];
}

export interface Status {
  code: 'unset' | 'ok' | 'error';
  message: string;
}

export interface Span {
  spanId: string;
  /** Empty for a root. */
  parentId: string;
  name: string;
  kind: SpanKind;
  /** Nanoseconds after the start of the trace. */
  startNs: number;
  durationNs: number;
  status: Status;
  /** Index into Trace.resources. */
  resource: number;
  /** Index into Trace.scopes. */
  scope: number;
  flags: number;
  traceState: string;
  attributes: Attribute[];
  events: SpanEvent[];
  links: SpanLink[];
  droppedAttributes: number;
  droppedEvents: number;
  droppedLinks: number;
}

export interface Trace {
  traceId: string;
  /** Nanoseconds since 1970. */
  startNs: bigint;
  durationNs: number;
  /** False when the server's limits left some spans out. */
  complete: boolean;
  resources: Resource[];
  scopes: Scope[];
  spans: Span[];
}

const attributes = array(object<Attribute>({ key: string, type: string, value: present }));

export const servicesShape = object<{ services: string[] }>({ services: array(string) });

export const operationsShape = object<{ operations: Operation[] }>({
  operations: array(object<Operation>({ name: string, kind: oneOf(...kSpanKinds) })),
});

export const traceSummaryShape = object<TraceSummary>({
  traceId: string,
  rootService: string,
  rootOperation: string,
  startUs: number,
  durationUs: number,
  spanCount: number,
  errorCount: number,
  rootMissing: boolean,
  services: array(object<ServiceCount>({ name: string, spanCount: number, errorCount: number })),
});

/** Spans of some rows of a trace's columns, with their resources and scopes. */
export interface SomeSpans extends Pick<Trace, 'resources' | 'scopes'> {
  /** In order of `row`; one that could not be read is missing. */
  spans: (Span & { row: number })[];
}

const parts = {
  resources: array(object<Resource>({ service: string, attributes })),
  scopes: array(object<Scope>({ name: string, version: string })),
};

const spanFields = {
  spanId: string,
  parentId: string,
  name: string,
  kind: oneOf(...kSpanKinds),
  startNs: number,
  durationNs: number,
  status: object<Status>({ code: oneOf('unset', 'ok', 'error'), message: string }),
  resource: number,
  scope: number,
  flags: number,
  traceState: string,
  attributes,
  events: array(object<SpanEvent>({ timeNs: number, name: string, attributes })),
  links: array(object<SpanLink>({ traceId: string, spanId: string, attributes })),
  droppedAttributes: number,
  droppedEvents: number,
  droppedLinks: number,
};

export const traceShape = object<Trace>({
  traceId: string,
  startNs: decimal,
  durationNs: number,
  complete: boolean,
  ...parts,
  spans: array(object<Span>(spanFields)),
});

export interface FoundSpans {
  /** Rows of the trace. */
  readonly total: number;
  readonly complete: boolean;
  readonly rows: readonly number[];
}

export const foundSpansShape = object<FoundSpans>({
  total: number,
  complete: boolean,
  rows: array(number),
});

export const someSpansShape = object<SomeSpans>({
  ...parts,
  spans: array(object<Span & { row: number }>({ ...spanFields, row: number })),
});

export const errorShape = object<{ error: { code: string; message: string } }>({
  error: object<{ code: string; message: string }>({ code: string, message: string }),
});
