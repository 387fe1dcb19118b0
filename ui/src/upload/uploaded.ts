// Traces that somebody opened from a file: in this page's memory only, nothing is sent or stored. Pages ask for them
// as for any trace (src/api/client.ts).
import type { Trace } from '../api/types';

const opened = new Map<string, Trace>();

export function keepUploaded(traces: readonly Trace[]): void {
  for (const trace of traces) opened.set(trace.traceId, trace);
}

export function uploadedTrace(traceId: string): Trace | undefined {
  return opened.get(traceId);
}
