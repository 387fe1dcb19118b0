import type { Span } from '../api/types';
import { formatDuration } from '../text/duration';
import { AttributeTable, shownAttributes } from './attribute_table';

interface Props {
  span: Span;
  filter: string;
  traceStartNs: bigint;
}

/** What happened during the span, in order, with times from the span's start. */
export function EventList({ span, filter, traceStartNs }: Props) {
  if (span.events.length === 0) return null;
  const events = [...span.events].sort((a, b) => a.timeNs - b.timeNs);
  return (
    <ol class="events">
      {events.map((event, i) => (
        <li key={i}>
          <p>
            <span class="event-time" title={`${formatDuration(event.timeNs)} into the trace`}>
              +{formatDuration(event.timeNs - span.startNs)}
            </span>
            <span class="event-name">{event.name}</span>
          </p>
          <AttributeTable
            attributes={shownAttributes(event.attributes, filter)}
            traceStartNs={traceStartNs}
          />
        </li>
      ))}
    </ol>
  );
}
