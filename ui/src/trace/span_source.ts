// The spans of one trace with all they say, fetched by their rows.
import { ApiError, fetchFound, fetchSpans, fetchTrace } from '../api/client';
import type { Resource, Scope, Span } from '../api/types';
import type { TraceColumns } from '../model/columns';
import { nameOf, serviceOf } from '../model/trace_facts';

/** A span with its resource and scope beside it. */
export interface FullSpan {
  readonly row: number;
  readonly span: Span;
  readonly resource: Resource;
  readonly scope: Scope;
}

export interface SpanSource {
  /** Rows [from, from + count), count ≤ 1000; fewer at the end of the trace. Throws an ApiError. */
  fetch(from: number, count: number, signal: AbortSignal): Promise<readonly FullSpan[]>;
  /** The row of the span with this ID; -1 if the trace has none. Throws an ApiError. */
  rowOf(spanId: string, signal: AbortSignal): Promise<number>;
  /** The rows of the spans that have all words of the text in what they say; missing where only fetch() can tell. */
  find?(text: string, signal: AbortSignal): Promise<FoundRows>;
}

export interface FoundRows {
  /** Ascending. */
  readonly rows: Uint32Array;
  /** False: not all spans could be looked at. */
  readonly complete: boolean;
}

/** As many as one request may ask for. */
export const kMostSpans = 1000;

/** A trace of up to so many spans is fetched as a whole; of a larger one, rows. */
const kMostInOne = 20_000;

/** Asks the server; keeps the last answer, which the neighbours of a span are in. */
export class FetchedSpans implements SpanSource {
  private last: readonly FullSpan[] = [];
  private whole: Promise<readonly FullSpan[]> | undefined;

  constructor(private readonly columns: TraceColumns) {}

  async fetch(from: number, count: number, signal: AbortSignal): Promise<readonly FullSpan[]> {
    const { columns } = this;
    const wanted = Math.min(count, columns.count - from);
    if (columns.count <= kMostInOne) {
      return (await this.all(signal)).slice(from, from + wanted);
    }
    const isIn = (row: number) => this.last.some(full => full.row === row);
    if (!isIn(from) || !isIn(from + wanted - 1)) {
      const answer = await fetchSpans(columns.traceId, { from, count }, signal);
      this.last = withParts(answer, span => span.row);
    }
    return this.last.filter(({ row }) => row >= from && row < from + wanted);
  }

  async rowOf(spanId: string, signal: AbortSignal): Promise<number> {
    const { columns } = this;
    if (columns.count <= kMostInOne) {
      const all = await this.all(signal);
      return all.find(({ span }) => span.spanId === spanId)?.row ?? -1;
    }
    try {
      const answer = await fetchSpans(columns.traceId, { span: spanId, count: 1 }, signal);
      return answer.spans[0]?.row ?? -1;
    } catch (cause) {
      if (cause instanceof ApiError && cause.status === 404) return -1;
      throw cause;
    }
  }

  async find(text: string, signal: AbortSignal): Promise<FoundRows> {
    const { rows, complete } = await fetchFound(this.columns.traceId, text, signal);
    return { rows: Uint32Array.from(rows), complete };
  }

  private async all(signal: AbortSignal): Promise<readonly FullSpan[]> {
    // One request for all who ask: that one of them has left must not end it for the others.
    this.whole ??= wholeTrace(this.columns, new AbortController().signal).catch(
      (cause: unknown) => {
        this.whole = undefined; // the next one to ask tries again
        throw cause;
      },
    );
    const rows = await this.whole;
    signal.throwIfAborted();
    return rows;
  }
}

function withParts<T extends Span>(
  trace: { spans: T[]; resources: Resource[]; scopes: Scope[] },
  rowOf: (span: T, place: number) => number,
): FullSpan[] {
  return trace.spans.map((span, place) => ({
    row: rowOf(span, place),
    span,
    // fetchSpans and fetchTrace have checked that there are such.
    resource: trace.resources[span.resource]!,
    scope: trace.scopes[span.scope]!,
  }));
}

/** All spans in one request, put into the order of the columns by what the columns say of them. */
async function wholeTrace(
  columns: TraceColumns,
  signal: AbortSignal,
): Promise<readonly FullSpan[]> {
  const trace = await fetchTrace(columns.traceId, signal);
  const offsetNs = Number(trace.startNs - columns.startNs);
  const keyOf = (start: number, duration: number, service: string, name: string) =>
    JSON.stringify([start, duration, service, name]);
  const waiting = new Map<string, FullSpan[]>();
  for (const full of withParts(trace, (_, place) => place)) {
    const ticks = (ns: number) => Math.round(ns / columns.tickNs);
    const { span, resource } = full;
    const start = ticks(span.startNs + offsetNs);
    const key = keyOf(start, ticks(span.durationNs), resource.service, span.name);
    const list = waiting.get(key);
    if (list) list.push(full);
    else waiting.set(key, [full]);
  }
  const rows: FullSpan[] = [];
  for (let row = 0; row < columns.count; row++) {
    const [start, duration] = [columns.start[row] ?? 0, columns.duration[row] ?? 0];
    const key = keyOf(start, duration, serviceOf(columns, row), nameOf(columns, row));
    const full = waiting.get(key)?.shift();
    if (!full) throw new ApiError(200, 'unexpected_answer', `Span ${row} is not in the answer.`);
    rows.push({ ...full, row });
  }
  return rows;
}
