import { useEffect, useState } from 'preact/hooks';
import { get } from '../api/client';
import { linkTo } from '../router';
import { parseMetrics } from '../text/prometheus';
import { History } from './history';
import { systemShape, type System } from './system_types';

const kEveryMs = 5000;
/** The first rates need a second reading, and nobody wants to wait for those. */
const kFirstMs = 1000;

// Kept while the app is open, so that the way back to the page finds the last minutes.
const history = new History();

export interface SystemReadings {
  history: History;
  system: System | undefined;
  /** Why the last reading failed; the figures are then those of the one before. */
  problem: string | undefined;
}

/** Reads the store every few seconds while the page is looked at. */
export function useSystem(): SystemReadings {
  const [system, setSystem] = useState<System>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      try {
        if (!document.hidden) await take();
      } catch (cause) {
        if (abort.signal.aborted) return;
        setProblem(cause instanceof Error ? cause.message : String(cause));
      }
      if (abort.signal.aborted) return;
      timer = setTimeout(() => void read(), history.points.length === 0 ? kFirstMs : kEveryMs);
    };
    const take = async () => {
      const [next, metrics] = await Promise.all([
        get('/api/clew/v1/system', systemShape, abort.signal),
        fetchMetrics(abort.signal),
      ]);
      history.take({ atMs: Date.now(), samples: parseMetrics(metrics) });
      setSystem(next);
      setProblem(undefined);
    };
    void read();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, []);
  return { history, system, problem };
}

async function fetchMetrics(signal: AbortSignal): Promise<string> {
  const answer = await fetch(linkTo('/metrics'), { signal });
  if (!answer.ok) throw new Error(`/metrics: HTTP ${answer.status}`);
  return answer.text();
}
