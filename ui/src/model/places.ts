// Where the spans of a trace ran, as agents stamp it on resources (docs/configuration.md, `place`) and proxies of the
// mesh on their spans (docs/mesh.md).
import { attributeText } from '../text/attribute';
import type { FullSpan } from '../trace/span_source';
import { Flag, type TraceColumns } from './columns';
import { sortRows } from './sort_rows';

export interface PlaceLevel {
  readonly id: string;
  readonly label: string;
  /** Attributes that say it; the first one found counts. */
  readonly keys: readonly string[];
}

/** From the smallest to the largest. */
export const kPlaceLevels: readonly PlaceLevel[] = [
  { id: 'node', label: 'Node', keys: ['host.name', 'k8s.node.name', 'node'] },
  { id: 'rack', label: 'Rack', keys: ['clew.rack'] },
  { id: 'edge', label: 'Edge', keys: ['clew.edge', 'edge'] },
  { id: 'core', label: 'Core location', keys: ['clew.core_location', 'core_location'] },
  { id: 'datacenter', label: 'Datacenter', keys: ['clew.datacenter', 'datacenter'] },
  { id: 'region', label: 'Region', keys: ['cloud.region'] },
];

/** What ran at one place. Times in ticks. */
export interface PlaceLane {
  /** Empty: spans that do not say. */
  readonly place: string;
  /** The attribute that says it, of the first span. */
  readonly key: string;
  readonly spans: number;
  readonly errors: number;
  /** In which at least one of them ran. */
  readonly busy: number;
  readonly onPath: number;
  /** The stretches of `busy`, in order. */
  readonly from: Uint32Array;
  readonly to: Uint32Array;
}

/** The levels that some of these spans tell. */
export function levelsOf(spans: readonly FullSpan[]): PlaceLevel[] {
  const said = new Set<string>();
  for (const { span, resource } of spans) {
    for (const { key } of resource.attributes) said.add(key);
    for (const { key } of span.attributes) said.add(key);
  }
  return kPlaceLevels.filter(({ keys }) => keys.some(key => said.has(key)));
}

/** The places at a level, in the order in which they come into the trace; those that do not say at the end. */
export function placeLanes(
  columns: TraceColumns,
  spans: readonly FullSpan[],
  level: PlaceLevel,
  onPath: Uint32Array,
): PlaceLane[] {
  const byPlace = new Map<string, { key: string; rows: number[] }>();
  for (const full of spans) {
    const { place, key } = placeOf(full, level);
    const found = byPlace.get(place);
    if (found) found.rows.push(full.row);
    else byPlace.set(place, { key, rows: [full.row] });
  }
  return [...byPlace]
    .map(([place, { key, rows }]) => laneOf(columns, place, key, Uint32Array.from(rows), onPath))
    .sort((a, b) => Number(a.place === '') - Number(b.place === '') || a.from[0]! - b.from[0]!);
}

function placeOf({ span, resource }: FullSpan, { keys }: PlaceLevel) {
  for (const key of keys) {
    const found =
      resource.attributes.find(attribute => attribute.key === key) ??
      span.attributes.find(attribute => attribute.key === key);
    if (found) return { key, place: attributeText(found) };
  }
  return { key: '', place: '' };
}

function laneOf(
  columns: TraceColumns,
  place: string,
  key: string,
  rows: Uint32Array,
  onPath: Uint32Array,
): PlaceLane {
  const { start, duration, flags } = columns;
  sortRows(rows, start);
  const from: number[] = [];
  const to: number[] = [];
  let errors = 0;
  let path = 0;
  for (const row of rows) {
    const end = start[row]! + duration[row]!;
    const last = to.length - 1;
    if (last >= 0 && start[row]! <= to[last]!) to[last] = Math.max(to[last]!, end);
    else {
      from.push(start[row]!);
      to.push(end);
    }
    errors += flags[row]! & Flag.error;
    path += onPath[row]!;
  }
  return {
    place,
    key,
    spans: rows.length,
    errors,
    busy: from.reduce((sum, begin, i) => sum + to[i]! - begin, 0),
    onPath: path,
    from: Uint32Array.from(from),
    to: Uint32Array.from(to),
  };
}
