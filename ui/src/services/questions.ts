// What the pages of services ask about, in TraceQL.
import type { Times } from './range';

/** Which spans are counted: all, or only those that stand for a call that was taken. */
export type Counted = 'all' | 'taken';

const kTaken = '(kind = server || kind = consumer)';

/** A TraceQL text literal. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

/** A spanset filter that holds all of the conditions. */
export function spansWith(conditions: readonly string[], counted: Counted = 'all'): string {
  const all = counted === 'taken' ? [...conditions, kTaken] : conditions;
  return all.length === 0 ? '{ }' : `{ ${all.join(' && ')} }`;
}

/** Spans that failed, as all of Clew counts them: by their status, or as Envoy and Zipkin say it. */
export const kFailed = '(status = error || span.error = true || span.error = "true")';

export function ofService(service: string): string {
  return service === ''
    ? 'resource.service.name = nil'
    : `resource.service.name = ${quoted(service)}`;
}

/** The path of a search for traces. */
export function tracesPath(q: string, { startUs, endUs }: Times): string {
  const params = new URLSearchParams({ q, start: String(startUs), end: String(endUs) });
  return `/search?${params}`;
}

/** Traces with a call between the two: a span of one directly below a span of the other. */
export function callQuery(parent: string, child: string, failed: boolean): string {
  const below = failed ? [ofService(child), kFailed] : [ofService(child)];
  return `${spansWith([ofService(parent)])} > ${spansWith(below)}`;
}
