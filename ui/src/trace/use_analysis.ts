import { useEffect, useState } from 'preact/hooks';
import { analyse, type TraceAnalysis } from '../model/analysis';
import type { TraceColumns } from '../model/columns';

/** Below this the page does it itself, in some milliseconds. */
const kSmallTrace = 30_000;

/** Faces come and go, and all ask for the same. */
const known = new WeakMap<TraceColumns, TraceAnalysis>();

/** What analyse() says of a trace; undefined while it is being worked out. */
export function useAnalysis(columns: TraceColumns): TraceAnalysis | undefined {
  const [, setReady] = useState<TraceAnalysis>();
  if (columns.count <= kSmallTrace && !known.has(columns)) known.set(columns, analyse(columns));
  useEffect(() => {
    if (known.has(columns)) return;
    return analyseBeside(columns, analysis => {
      known.set(columns, analysis);
      setReady(analysis);
    });
  }, [columns]);
  return known.get(columns);
}

/** Returns what stops it. */
function analyseBeside(columns: TraceColumns, done: (analysis: TraceAnalysis) => void): () => void {
  const worker = startWorker();
  // Without a worker (a page from a file has none) the page stands still for a moment.
  const here = () => done(analyse(columns));
  if (!worker) {
    here();
    return () => {};
  }
  worker.onmessage = (event: MessageEvent<TraceAnalysis>) => {
    worker.terminate();
    done(event.data);
  };
  worker.onerror = () => {
    worker.terminate();
    here();
  };
  worker.postMessage(columns);
  return () => worker.terminate();
}

function startWorker(): Worker | undefined {
  try {
    return new Worker(new URL('./analysis_worker.ts', import.meta.url), { type: 'module' });
  } catch {
    return undefined;
  }
}
