import { useEffect, useMemo, useState } from 'preact/hooks';
import type { TraceColumns } from '../model/columns';
import { traceFacts, type TraceFacts } from '../model/facts';

/** Below this the page does it itself, in some milliseconds. */
const kSmallTrace = 30_000;

/** The facts of a trace; undefined while they are being worked out. */
export function useFacts(columns: TraceColumns): TraceFacts | undefined {
  const atOnce = useMemo(
    () => (columns.count <= kSmallTrace ? traceFacts(columns) : undefined),
    [columns],
  );
  const [later, setLater] = useState<{ of: TraceColumns; facts: TraceFacts }>();
  useEffect(() => {
    if (atOnce) return;
    const worker = startWorker();
    // Without a worker (a page from a file has none) the page stands still for a moment.
    const here = () => setLater({ of: columns, facts: traceFacts(columns) });
    if (!worker) return here();
    worker.onmessage = (event: MessageEvent<TraceFacts>) => {
      setLater({ of: columns, facts: event.data });
      worker.terminate();
    };
    worker.onerror = () => {
      worker.terminate();
      here();
    };
    worker.postMessage(columns);
    return () => worker.terminate();
  }, [columns, atOnce]);
  return atOnce ?? (later?.of === columns ? later.facts : undefined);
}

function startWorker(): Worker | undefined {
  try {
    return new Worker(new URL('./facts_worker.ts', import.meta.url), { type: 'module' });
  } catch {
    return undefined;
  }
}
