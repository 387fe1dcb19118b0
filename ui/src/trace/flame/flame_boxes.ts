// What the boxes of a flame graph are: spans, or paths of spans. All that the canvas and the panel beside it ask.
import type { TraceColumns } from '../../model/columns';
import { Flag } from '../../model/columns';
import type { CriticalPath } from '../../model/critical_path';
import type { TraceAnalysis } from '../../model/analysis';
import type { Flame } from '../../model/flame';
import type { MergedFlame } from '../../model/merged_flame';
import { plural } from '../../parts/service_pill';
import { exactTicks, ticksText } from '../face_texts';
import { countBefore, type FlameMarks } from './flame_raster';

export interface FlameBoxes {
  readonly flame: Flame;
  readonly marks: FlameMarks;
  /** Where the critical path goes exactly; undefined if only shares of boxes are known. */
  readonly path: CriticalPath | undefined;
  hasFailed(box: number): boolean;
  /** What is known of a box, as name and value, most important first. */
  factsOf(box: number): [name: string, value: string][];
  /** Its length in few words, for a table. */
  lengthOf(box: number): string;
  /** The span that is chosen in the other faces when this box is. */
  rowOf(box: number): number;
  boxOf(row: number): number;
}

export function spanBoxes(
  columns: TraceColumns,
  analysis: TraceAnalysis,
  matching: Uint8Array | undefined,
): FlameBoxes {
  const { flame, path, self, onPath } = analysis;
  const hasFailed = (row: number) => (columns.flags[row]! & Flag.error) !== 0;
  const time = (ticks: number) => exactTicks(columns, ticks);
  return {
    flame,
    path,
    marks: {
      failedBefore: countBefore(flame.byLane, hasFailed),
      matchedBefore: matching && countBefore(flame.byLane, row => matching[row] === 1),
      pathShare: undefined,
      failedShare: undefined,
    },
    hasFailed,
    factsOf: row => [
      ['Duration', time(columns.duration[row]!)],
      ['Start', `+${time(columns.start[row]!)}`],
      ['Self', time(self[row]!)],
      ['Critical path', time(onPath[row]!)],
      ['Spans below', (columns.subtreeEnd[row]! - row - 1).toLocaleString('en')],
      ...(hasFailed(row) ? ([['Status', 'failed']] as [string, string][]) : []),
    ],
    lengthOf: row => ticksText(columns, columns.duration[row]!),
    rowOf: row => row,
    boxOf: row => row,
  };
}

export function pathBoxes(
  columns: TraceColumns,
  merged: MergedFlame,
  matching: Uint8Array | undefined,
): FlameBoxes {
  const matched = matching && new Uint32Array(merged.spans.length);
  if (matched) merged.boxOf.forEach((box, row) => (matched[box]! += matching[row]!));
  const hasFailed = (box: number) => merged.errors[box]! > 0;
  const time = (ticks: number) => exactTicks(columns, ticks);
  return {
    flame: merged,
    path: undefined,
    marks: {
      failedBefore: countBefore(merged.byLane, hasFailed),
      matchedBefore: matched && countBefore(merged.byLane, box => matched[box]! > 0),
      pathShare: merged.total.map((total, box) => (total > 0 ? merged.onPath[box]! / total : 0)),
      failedShare: Float64Array.from(merged.errors, (errors, box) => errors / merged.spans[box]!),
    },
    hasFailed,
    factsOf: box => [
      ['Spans', merged.spans[box]!.toLocaleString('en')],
      ['Total', time(merged.total[box]!)],
      ['Average', time(merged.total[box]! / merged.spans[box]!)],
      ['Longest', time(columns.duration[merged.longest[box]!]!)],
      ['Self', time(merged.self[box]!)],
      ['Self with all below', time(merged.length[box]!)],
      ['Critical path', time(merged.onPath[box]!)],
      ...(hasFailed(box)
        ? ([['Failed', plural(merged.errors[box]!, 'span')]] as [string, string][])
        : []),
      ...(matched ? ([['Found', plural(matched[box]!, 'span')]] as [string, string][]) : []),
    ],
    lengthOf: box =>
      `${ticksText(columns, merged.total[box]!)} in ${merged.spans[box]!.toLocaleString('en')}`,
    rowOf: box => merged.longest[box]!,
    boxOf: row => merged.boxOf[row]!,
  };
}
