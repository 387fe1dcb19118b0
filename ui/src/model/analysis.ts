// What the faces of a trace ask besides its columns. Takes some tenths of a second for a million spans, so a worker
// does it for large ones; see trace/use_analysis.ts.
import type { TraceColumns } from './columns';
import { criticalPath, ticksOnPath, type CriticalPath } from './critical_path';
import { packFlame, type Flame } from './flame';
import { selfTicks } from './self_time';

export interface TraceAnalysis {
  readonly path: CriticalPath;
  /** row → ticks on the critical path. */
  readonly onPath: Uint32Array;
  /** row → ticks without children. */
  readonly self: Uint32Array;
  readonly flame: Flame;
}

export function analyse(columns: TraceColumns): TraceAnalysis {
  const path = criticalPath(columns);
  return {
    path,
    onPath: ticksOnPath(path, columns.count),
    self: selfTicks(columns),
    flame: packFlame(columns),
  };
}
