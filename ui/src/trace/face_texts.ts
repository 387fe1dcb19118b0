// What faces say of a trace, and ask of their view, alike.
import { useMemo } from 'preact/hooks';
import type { TraceColumns } from '../model/columns';
import { exactDuration, formatDuration } from '../text/duration';
import type { Choice, FaceProps, SharedView, TimeWindow } from './faces';

/** All of the trace. */
export function wholeWindow(columns: TraceColumns): TimeWindow {
  return { from: 0, to: Math.max(1, columns.durationTicks) };
}

/** "12.3 ms" */
export function ticksText(columns: TraceColumns, ticks: number): string {
  return formatDuration(ticks * columns.tickNs);
}

/** "12.3 ms (12,345 µs)" */
export function exactTicks(columns: TraceColumns, ticks: number): string {
  return exactDuration(ticks * columns.tickNs);
}

export function serviceOfOperation(columns: TraceColumns, operation: number): string {
  return columns.services[columns.operations.service[operation] ?? -1] ?? '';
}

export function nameOfOperation(columns: TraceColumns, operation: number): string {
  return columns.names[columns.operations.name[operation] ?? -1] ?? '';
}

/** What is chosen, kept in the address of the page; what is `usual` is not written there. */
export function choiceOf(
  { view, dispatch }: Pick<FaceProps, 'view' | 'dispatch'>,
  choice: Choice,
  usual = '',
): [string, (value: string) => void] {
  const choose = (value: string) =>
    dispatch({ do: 'choose', choice, value: value === usual ? undefined : value });
  return [view.choices[choice] ?? usual, choose];
}

/** row → 1 if it matches; undefined while nothing is searched for. */
export function useMatching(columns: TraceColumns, view: SharedView): Uint8Array | undefined {
  return useMemo(() => {
    if (!view.finding) return undefined;
    const matching = new Uint8Array(columns.count);
    for (const row of view.matches) matching[row] = 1;
    return matching;
  }, [columns, view.finding, view.matches]);
}
