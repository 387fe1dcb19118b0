// The spans of one trace with all they say, fetched by their rows.
import type { Resource, Scope, Span } from '../api/types';

/** A span with its resource and scope beside it. */
export interface FullSpan {
  readonly row: number;
  readonly span: Span;
  readonly resource: Resource;
  readonly scope: Scope;
}

/** As many as one request may ask for. */
export const kMostSpans = 1000;

export interface SpanSource {
  /** Rows [from, from + count), count ≤ 1000; fewer at the end of the trace. Throws an ApiError. */
  fetch(from: number, count: number, signal: AbortSignal): Promise<readonly FullSpan[]>;
  /** The row of the span with this ID; -1 if the trace has none. Throws an ApiError. */
  rowOf(spanId: string, signal: AbortSignal): Promise<number>;
}
