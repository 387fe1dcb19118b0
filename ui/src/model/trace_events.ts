// What happened in a trace, in order of time: the events and logs of all its spans in one list.
import type { SpanEvent } from '../api/types';
import { attributeText } from '../text/attribute';
import type { FullSpan } from '../trace/span_source';

export interface TraceEvent {
  readonly row: number;
  readonly event: SpanEvent;
  /** What its attributes say, in one line. */
  readonly text: string;
  /** It tells of an exception. */
  readonly isError: boolean;
}

/** The events of these spans by their time; at the same time, in order of the rows. */
export function traceEvents(spans: readonly FullSpan[]): TraceEvent[] {
  const events = spans.flatMap(({ row, span }) =>
    span.events.map((event): TraceEvent => ({
      row,
      event,
      text: event.attributes.map(each => `${each.key}=${attributeText(each)}`).join('  '),
      isError: event.name === 'exception' || event.attributes.some(isErrorLevel),
    })),
  );
  return events.sort((a, b) => a.event.timeNs - b.event.timeNs || a.row - b.row);
}

/** A level of a log as senders write it. */
function isErrorLevel({ key, value }: { key: string; value: unknown }): boolean {
  const isLevel = key === 'level' || key === 'log.severity' || key === 'severity';
  return isLevel && typeof value === 'string' && /^(error|fatal|critical)$/i.test(value);
}

/** Those that contain every word of `filter` and lie within [fromNs, toNs]. */
export function shownEvents(
  events: readonly TraceEvent[],
  filter: string,
  fromNs: number,
  toNs: number,
  spanName: (row: number) => string,
): TraceEvent[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return events.filter(({ row, event, text }) => {
    if (event.timeNs < fromNs || event.timeNs > toNs) return false;
    if (words.length === 0) return true;
    const all = `${event.name}\n${text}\n${spanName(row)}`.toLowerCase();
    return words.every(word => all.includes(word));
  });
}
