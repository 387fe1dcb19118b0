// What the table of traces shows of each, and in which order.
import type { FoundTrace } from '../api/explore';
import { attributeText } from '../text/attribute';
import type { Sort } from './query';
import { tagOf } from './attribute_names';

export const kOwnColumns = ['start', 'trace', 'duration', 'spans', 'errors', 'matched'] as const;
export type OwnColumn = (typeof kOwnColumns)[number];

/**
 * The values of a column on the spans found in a trace, each once; and whether spans are missing from them. The API names
 * attributes without their scope.
 */
export function valuesOf(trace: FoundTrace, column: string): { values: string[]; cut: boolean } {
  const key = tagOf(column)?.key ?? column;
  const values = new Set<string>();
  for (const span of trace.spans) {
    if (column === 'name') values.add(span.name);
    for (const attribute of span.attributes) {
      if (attribute.key === key) values.add(attributeText(attribute));
    }
  }
  return { values: [...values], cut: trace.matched > trace.spans.length };
}

/** The traces in the order asked for; equal ones as they came, newest first. */
export function sortedTraces(traces: readonly FoundTrace[], sort: Sort | null): FoundTrace[] {
  if (!sort) return [...traces];
  const sign = sort.descending ? -1 : 1;
  const keys = new Map(traces.map(trace => [trace, sortKey(trace, sort.column)]));
  return [...traces].sort((a, b) => {
    const [first, second] = [keys.get(a) ?? null, keys.get(b) ?? null];
    if (first === null || second === null) return Number(first === null) - Number(second === null);
    return sign * compare(first, second);
  });
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

/** Null: nothing there, which stands last in either direction. */
function sortKey(trace: FoundTrace, column: string): number | string | null {
  switch (column) {
    case 'start':
      return trace.startUs;
    case 'trace':
      return `${trace.rootService}\n${trace.rootOperation}`;
    case 'duration':
      return trace.durationUs;
    case 'spans':
      return trace.spanCount;
    case 'errors':
      return trace.errorCount;
    case 'matched':
      return trace.matched;
    default: {
      const [first] = valuesOf(trace, column).values;
      if (first === undefined) return null;
      const number = Number(first);
      return first.trim() !== '' && Number.isFinite(number) ? number : first;
    }
  }
}

/** What a column may show besides attributes. */
export const kIntrinsicColumns = ['name', 'status', 'kind', 'statusMessage'] as const;

/** Whether a text can be a column: an attribute in its scope, or one of the above. */
export function isSelectable(text: string): boolean {
  if (kIntrinsicColumns.some(name => name === text)) return true;
  return /^(?:span|resource|event|link|instrumentation)?\.(?:"(?:\\.|[^"\\])*"|[^\s{}()=~!<>&|^,"])+$/.test(
    text,
  );
}
