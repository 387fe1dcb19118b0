// What the population page shows, as its URL keeps it.
import { at } from '../model/at';
import { kMeasures, kPercentiles, type CallTree, type Measure, type Percentile } from './call_tree';
import { readWindow, windowText, type FlameWindow } from '../parts/flame_layout';
import { readShown, writeShown } from '../parts/rows_shown';
import { readAsked, writeAsked, type Asked } from './asked';

export const kShades = ['service', 'duration'] as const;
export type Shade = (typeof kShades)[number];

export interface PageState {
  asked: Asked;
  /** The traces themselves, instead of a query. */
  traceIds: readonly string[];
  measure: Measure;
  percentile: Percentile;
  /** What the colour of a frame says. */
  shade: Shade;
  find: string;
  /** frameKey() of the chosen frame; empty: none. */
  frame: string;
  /** The part of the flame graph's width that is in view. */
  window: FlameWindow;
  /** The column by which the table is sorted; empty: as a tree. */
  sort: string;
  /** Rows of the table that were wished for; 0: as many as at first. */
  shown: number;
}

export function readState(params: URLSearchParams): PageState {
  return {
    asked: readAsked(params),
    traceIds: params.getAll('traceId'),
    measure: isMeasure(params.get('by')) ?? 'critical',
    percentile: kPercentiles.find(known => known === params.get('p')) ?? 'p50',
    shade: kShades.find(known => known === params.get('shade')) ?? 'service',
    find: params.get('find') ?? '',
    frame: params.get('frame') ?? '',
    window: readWindow(params.get('zoom')),
    sort: params.get('sort') ?? '',
    shown: readShown(params.get('shown')),
  };
}

export function statePath(state: PageState): string {
  const params = new URLSearchParams();
  for (const id of state.traceIds) params.append('traceId', id);
  if (state.traceIds.length === 0) writeAsked(state.asked, params);
  if (state.measure !== 'critical') params.set('by', state.measure);
  if (state.percentile !== 'p50') params.set('p', state.percentile);
  if (state.shade !== 'service') params.set('shade', state.shade);
  if (state.find !== '') params.set('find', state.find);
  if (state.frame !== '') params.set('frame', state.frame);
  const zoom = windowText(state.window);
  if (zoom !== '') params.set('zoom', zoom);
  if (state.sort !== '') params.set('sort', state.sort);
  writeShown(state.shown, params);
  return params.size === 0 ? '/population' : `/population?${params}`;
}

function isMeasure(text: string | null): Measure | undefined {
  return (Object.keys(kMeasures) as Measure[]).find(known => known === text);
}

/** A short name for each frame that follows from its path alone, so that a link to it outlives the answer. */
export function frameKeys(
  tree: Pick<CallTree, 'count' | 'parent' | 'service' | 'name' | 'kind'>,
): string[] {
  const hashes = new Uint32Array(tree.count);
  const keys: string[] = [];
  for (let i = 0; i < tree.count; i++) {
    const above = at(tree.parent, i);
    let hash = above < 0 ? 0x811c9dc5 : at(hashes, above);
    // FNV-1a.
    for (const text of [at(tree.service, i), at(tree.name, i), at(tree.kind, i)]) {
      for (let c = 0; c < text.length; c++) hash = Math.imul(hash ^ text.charCodeAt(c), 0x01000193);
      hash = Math.imul(hash ^ 0xffff, 0x01000193);
    }
    hashes[i] = hash >>> 0;
    keys.push((hash >>> 0).toString(36));
  }
  return keys;
}
