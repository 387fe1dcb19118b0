// What all faces of a trace get and say: they share one state, so that what is chosen in one is chosen in all.
import type { TraceColumns } from '../model/columns';
import type { TraceFacts } from '../model/facts';

/** A stretch of time in ticks; `from` < `to`. */
export interface TickWindow {
  readonly from: number;
  readonly to: number;
}

export interface FaceProps {
  columns: TraceColumns;
  facts: TraceFacts;
  /** What is zoomed to, in every face that has an axis of time. */
  window: TickWindow;
  onWindow: (window: TickWindow) => void;
  /** The row the keyboard is at; -1 only in a trace without spans. */
  active: number;
  onActive: (row: number, how?: { detail: boolean }) => void;
  /** row → 1 if it was found; undefined while nothing is looked for. */
  matching: Uint8Array | undefined;
}

/** All of the trace. */
export function wholeWindow(columns: TraceColumns): TickWindow {
  return { from: 0, to: Math.max(1, columns.durationTicks) };
}

/** `ticks` of a trace in nanoseconds. */
export function toNs(columns: TraceColumns, ticks: number): number {
  return ticks * columns.tickNs;
}

export function serviceOfOperation(columns: TraceColumns, operation: number): string {
  return columns.services[columns.operations.service[operation] ?? -1] ?? '';
}

export function nameOfOperation(columns: TraceColumns, operation: number): string {
  return columns.names[columns.operations.name[operation] ?? -1] ?? '';
}
