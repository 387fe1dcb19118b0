// A trace that was opened from a file, as the pages of a trace want it.
import type { Trace } from '../api/types';
import type { FullSpan, SpanSource } from '../trace/span_source';
import { columnsOfTrace, type PlacedColumns } from './trace_columns';

/** Its spans by row; nothing is asked of the server. */
export class OpenedSpans implements SpanSource {
  readonly placed: PlacedColumns;

  constructor(private readonly trace: Trace) {
    this.placed = columnsOfTrace(trace);
  }

  fetch(from: number, count: number): Promise<readonly FullSpan[]> {
    const rows = [...this.placed.spanOf.subarray(from, from + count)];
    return Promise.resolve(rows.flatMap((place, i) => this.full(place, from + i)));
  }

  rowOf(spanId: string): Promise<number> {
    const { spans } = this.trace;
    return Promise.resolve(this.placed.spanOf.findIndex(place => spans[place]?.spanId === spanId));
  }

  private full(place: number, row: number): FullSpan[] {
    const span = this.trace.spans[place];
    const resource = span && this.trace.resources[span.resource];
    const scope = span && this.trace.scopes[span.scope];
    return span && resource && scope ? [{ row, span, resource, scope }] : [];
  }
}
