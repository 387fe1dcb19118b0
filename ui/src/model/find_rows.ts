// Finding spans within one trace: by what the columns say of all of them, and by all else once it was fetched.
import { attributeText } from '../text/attribute';
import type { Attribute } from '../api/types';
import type { FullSpan } from '../trace/span_source';
import { Flag, kKinds, type TraceColumns } from './columns';

/**
 * The rows that contain every word of `query` in what is known of them, ascending; none for no words. Names, services
 * and kinds are looked at once for each operation, not for each span. `texts`: what else spans say, by row.
 */
export function findRows(
  columns: TraceColumns,
  query: string,
  texts?: readonly string[],
): Uint32Array {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return new Uint32Array();
  const { count, operation, flags } = columns;
  const wanting = missingWords(columns, words);
  const rows = new Uint32Array(count);
  let found = 0;
  for (let row = 0; row < count; row++) {
    const missing = wanting[2 * operation[row]! + (flags[row]! & Flag.error)]!;
    if (missing.length > 0) {
      const text = texts?.[row];
      if (text === undefined || !missing.every(word => text.includes(word))) continue;
    }
    rows[found++] = row;
  }
  return rows.slice(0, found);
}

/** For 2 * operation, and 1 more for its failed spans: the words that it does not contain itself. */
function missingWords(columns: TraceColumns, words: readonly string[]): string[][] {
  const missing: string[][] = [];
  const { operations, names, services } = columns;
  for (let i = 0; i < operations.name.length; i++) {
    const name = names[operations.name[i]!]!;
    const service = services[operations.service[i]!]!;
    const kind = kKinds[operations.kind[i]!]!;
    const text = `${name}\nservice=${service}\nkind=${kind}`.toLowerCase();
    missing.push(
      words.filter(word => !text.includes(word)),
      words.filter(word => !`${text}\nstatus=error`.includes(word)),
    );
  }
  return missing;
}

/** In lower case: IDs, status, attributes as `key=value`, events and links. */
export function searchText({ span, resource }: FullSpan): string {
  return [
    span.spanId,
    `status=${span.status.code}`,
    span.status.message,
    ...lines(span.attributes),
    ...span.events.flatMap(event => [event.name, ...lines(event.attributes)]),
    ...span.links.flatMap(link => [link.traceId, link.spanId, ...lines(link.attributes)]),
    ...lines(resource.attributes),
  ]
    .join('\n')
    .toLowerCase();
}

function lines(attributes: readonly Attribute[]): string[] {
  return attributes.map(attribute => `${attribute.key}=${attributeText(attribute)}`);
}
