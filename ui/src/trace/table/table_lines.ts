// The lines of the statistics table: which, in which order, and what a click on one looks for. Pure.
import type { GroupStatistics } from '../../model/statistics';

export const kSortKeys = [
  'label',
  'count',
  'total',
  'average',
  'p50',
  'p95',
  'max',
  'self',
  'onPath',
  'errors',
] as const;
export type SortKey = (typeof kSortKeys)[number];

export interface Sorting {
  readonly key: SortKey;
  readonly descending: boolean;
}

/** `-total`: the largest first. */
export function sortingText({ key, descending }: Sorting): string {
  return `${descending ? '-' : ''}${key}`;
}

/** What makes no sense is by total. */
export function readSorting(text: string): Sorting {
  const key = kSortKeys.find(known => known === text.replace(/^-/, ''));
  return key === undefined
    ? { key: 'total', descending: true }
    : { key, descending: text.startsWith('-') };
}

/** The same column again turns the order; another starts with the largest, names with the first. */
export function sortedBy(sorting: Sorting, key: SortKey): Sorting {
  if (sorting.key === key) return { key, descending: !sorting.descending };
  return { key, descending: key !== 'label' };
}

/** Those whose label or service contains `filter`, in order. */
export function shownLines(
  lines: readonly GroupStatistics[],
  filter: string,
  { key, descending }: Sorting,
): GroupStatistics[] {
  const wanted = filter.trim().toLowerCase();
  const sign = descending ? -1 : 1;
  return lines
    .filter(({ label }) => `${label.service ?? ''} ${label.text}`.toLowerCase().includes(wanted))
    .sort((a, b) => {
      const byKey = key === 'label' ? compareLabels(a, b) : a[key] - b[key];
      return sign * byKey || compareLabels(a, b);
    });
}

function compareLabels({ label: a }: GroupStatistics, { label: b }: GroupStatistics): number {
  return a.text.localeCompare(b.text) || (a.service ?? '').localeCompare(b.service ?? '');
}

export const kGroupings = ['service', 'operation', 'kind', 'attribute'] as const;
export type GroupBy = (typeof kGroupings)[number];

/** What finds the spans of a line in the other faces. */
export function queryFor(by: GroupBy, line: GroupStatistics, attribute: string): string {
  switch (by) {
    case 'service':
      return `service=${line.label.text}`;
    case 'operation':
      return `service=${line.label.service ?? ''} ${line.label.text}`;
    case 'kind':
      return `kind=${line.label.text}`;
    case 'attribute':
      return `${attribute}=${line.label.text}`;
  }
}

/** The longest span of a group: a good one to look at first. */
export function longestOf(groupOf: Int32Array, duration: Uint32Array, group: number): number {
  let best = -1;
  for (let row = 0; row < groupOf.length; row++) {
    if (groupOf[row] === group && (best === -1 || duration[row]! > duration[best]!)) best = row;
  }
  return best;
}
