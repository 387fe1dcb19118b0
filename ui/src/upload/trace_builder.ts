// Spans with absolute times, from whatever format, to traces as the API has them.
import type { Attribute, Resource, Scope, Span, SpanKind, Trace } from '../api/types';

export interface LooseEvent {
  timeNs: bigint;
  name: string;
  attributes: Attribute[];
}

export interface LooseSpan extends Omit<
  Span,
  'startNs' | 'durationNs' | 'resource' | 'scope' | 'events'
> {
  traceId: string;
  startNs: bigint;
  durationNs: number;
  resource: Resource;
  scope: Scope;
  events: LooseEvent[];
}

export const kBareSpan: Omit<LooseSpan, 'traceId' | 'spanId' | 'resource' | 'startNs'> = {
  parentId: '',
  name: '',
  kind: 'unspecified',
  durationNs: 0,
  status: { code: 'unset', message: '' },
  scope: { name: '', version: '' },
  flags: 0,
  traceState: '',
  attributes: [],
  events: [],
  links: [],
  droppedAttributes: 0,
  droppedEvents: 0,
  droppedLinks: 0,
};

/** A trace for each trace ID, in the order in which they come; spans in the order of their start. */
export function tracesOf(spans: readonly LooseSpan[]): Trace[] {
  const byTrace = new Map<string, LooseSpan[]>();
  for (const span of spans) {
    const of = byTrace.get(span.traceId);
    if (of) of.push(span);
    else byTrace.set(span.traceId, [span]);
  }
  return [...byTrace].map(([traceId, of]) => traceOf(traceId, of));
}

function traceOf(traceId: string, spans: readonly LooseSpan[]): Trace {
  let startNs = spans[0]?.startNs ?? 0n;
  let endNs = startNs;
  for (const span of spans) {
    const end = span.startNs + BigInt(Math.round(span.durationNs));
    if (span.startNs < startNs) startNs = span.startNs;
    if (end > endNs) endNs = end;
  }
  const resources = new Places<Resource>();
  const scopes = new Places<Scope>();
  const placed = spans.map((span): Span => {
    const { traceId: _, ...rest } = span;
    return {
      ...rest,
      startNs: Number(span.startNs - startNs),
      resource: resources.of(span.resource),
      scope: scopes.of(span.scope),
      events: span.events.map(event => ({ ...event, timeNs: Number(event.timeNs - startNs) })),
    };
  });
  placed.sort((a, b) => a.startNs - b.startNs);
  return {
    traceId,
    startNs,
    durationNs: Number(endNs - startNs),
    complete: true,
    resources: resources.all,
    scopes: scopes.all,
    spans: placed,
  };
}

/** Equal things once. */
class Places<T> {
  readonly all: T[] = [];
  private readonly known = new Map<string, number>();
  private readonly same = new Map<T, number>();

  of(thing: T): number {
    const seen = this.same.get(thing);
    if (seen !== undefined) return seen;
    const key = JSON.stringify(thing);
    const place = this.known.get(key) ?? this.all.push(thing) - 1;
    this.known.set(key, place);
    this.same.set(thing, place);
    return place;
  }
}

export function kindOf(name: string): SpanKind {
  const kinds = ['internal', 'server', 'client', 'producer', 'consumer'] as const;
  return kinds.find(kind => kind === name.toLowerCase()) ?? 'unspecified';
}

export function serviceOf(attributes: readonly Attribute[]): string {
  const named = attributes.find(({ key }) => key === 'service.name')?.value;
  return typeof named === 'string' ? named : '';
}
