import { ApiError } from '../api/client';
import type { FullSpan, SpanSource } from '../trace/span_source';

/** The spans that a saved page holds; undefined if they were left out. */
export class SavedSpans implements SpanSource {
  constructor(private readonly spans: readonly FullSpan[] | undefined) {}

  async fetch(from: number, count: number): Promise<readonly FullSpan[]> {
    return this.all().slice(from, from + count);
  }

  async rowOf(spanId: string): Promise<number> {
    return this.all().find(({ span }) => span.spanId === spanId)?.row ?? -1;
  }

  private all(): readonly FullSpan[] {
    if (this.spans) return this.spans;
    throw new ApiError(0, 'not_saved', 'The trace was saved without what its spans say in detail.');
  }
}
