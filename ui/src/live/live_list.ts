// What a live tail has told, as the page shows it: bounded, the newest first.
import type { TraceSummary } from '../api/types';

export interface LiveTrace {
  is: 'trace';
  trace: TraceSummary;
  /** When it came first, and last, by the clock of this browser. */
  firstMs: number;
  lastMs: number;
  /** How many spans it had when it came first. */
  firstSpans: number;
}

/** A time in which the server was not heard. */
export interface Gap {
  is: 'gap';
  fromMs: number;
  /** Unset while it lasts. */
  toMs: number | undefined;
}

export type LiveRow = LiveTrace | Gap;

/** So many rows are kept. */
export const kMostRows = 200;
/** Seconds that the strip of rates shows. */
export const kStripSeconds = 60;

/** Of one second. */
export interface Tick {
  told: number;
  failed: number;
  dropped: number;
}

export class LiveList {
  /** Newest first, at most kMostRows. */
  rows: LiveRow[] = [];
  /** What came while the list is held still, oldest first; at most kMostRows. */
  held: LiveTrace[] = [];
  /** New traces told since the beginning, whether still shown or not. */
  told = 0;
  /** Traces that matched and were not told, since the beginning. */
  dropped = 0;
  /** Traces that have left the list at its end. */
  left = 0;
  private readonly seconds = new Map<number, Tick>();

  /** Takes what the server told. `still`: no row may come or go or change its place. */
  take(trace: TraceSummary, nowMs: number, still: boolean): void {
    const known = this.find(trace.traceId);
    if (known) {
      known.trace = trace;
      known.lastMs = nowMs;
      return;
    }
    ++this.told;
    const tick = this.tick(nowMs);
    ++tick.told;
    if (trace.errorCount > 0) ++tick.failed;
    this.held.push({
      is: 'trace',
      trace,
      firstMs: nowMs,
      lastMs: nowMs,
      firstSpans: trace.spanCount,
    });
    if (!still) return this.release();
    if (this.held.length > kMostRows) {
      this.held.shift();
      ++this.left;
    }
  }

  /** The server says that it left out so many. */
  drop(count: number, nowMs: number): void {
    this.dropped += count;
    this.tick(nowMs).dropped += count;
  }

  /** Shows what was held. */
  release(): void {
    if (this.held.length > 0) this.prepend(this.held.splice(0).reverse());
  }

  /** Forgets the rows; what was counted stays counted. */
  clear(): void {
    this.rows = [];
    this.held = [];
  }

  /** The connection was lost. */
  beginGap(nowMs: number): void {
    if (this.openGap() || (this.rows.length === 0 && this.held.length === 0)) return;
    this.release();
    this.prepend([{ is: 'gap', fromMs: nowMs, toMs: undefined }]);
  }

  /** It is there again. */
  endGap(nowMs: number): void {
    const gap = this.openGap();
    if (gap) gap.toMs = nowMs;
  }

  /** The last kStripSeconds whole seconds before `nowMs`, the oldest first. */
  strip(nowMs: number): Tick[] {
    const now = Math.floor(nowMs / 1000);
    for (const second of this.seconds.keys()) {
      if (second < now - kStripSeconds) this.seconds.delete(second);
    }
    return Array.from(
      { length: kStripSeconds },
      (_, i) => this.seconds.get(now - kStripSeconds + i) ?? { told: 0, failed: 0, dropped: 0 },
    );
  }

  private prepend(rows: LiveRow[]): void {
    const all = [...rows, ...this.rows];
    for (const gone of all.splice(kMostRows)) if (gone.is === 'trace') ++this.left;
    this.rows = all;
  }

  private find(traceId: string): LiveTrace | undefined {
    const isIt = (row: LiveRow): row is LiveTrace =>
      row.is === 'trace' && row.trace.traceId === traceId;
    return this.rows.find(isIt) ?? this.held.find(isIt);
  }

  private openGap(): Gap | undefined {
    return this.rows.find((row): row is Gap => row.is === 'gap' && row.toMs === undefined);
  }

  private tick(nowMs: number): Tick {
    const second = Math.floor(nowMs / 1000);
    let tick = this.seconds.get(second);
    if (!tick) this.seconds.set(second, (tick = { told: 0, failed: 0, dropped: 0 }));
    return tick;
  }
}
