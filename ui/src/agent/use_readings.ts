import { useEffect, useState } from 'preact/hooks';
import { parseMetrics } from '../text/prometheus';
import type { About, Reading } from './pipeline';

const kEveryMs = 2000;

export interface Readings {
  about: About | undefined;
  before: Reading | undefined;
  now: Reading | undefined;
  /** Why the last reading failed; the figures are then those of the one before. */
  problem: string | undefined;
}

/** Reads the agent every two seconds while the page is looked at. */
export function useReadings(): Readings {
  const [readings, setReadings] = useState<Readings>({
    about: undefined,
    before: undefined,
    now: undefined,
    problem: undefined,
  });
  useEffect(() => {
    const abort = new AbortController();
    const read = async () => {
      if (document.hidden) return;
      try {
        const [about, metrics] = await Promise.all([
          get('/api/clew/v1/agent', abort.signal).then(answer => answer.json() as Promise<About>),
          get('/metrics', abort.signal).then(answer => answer.text()),
        ]);
        const now = { atMs: performance.now(), samples: parseMetrics(metrics) };
        setReadings(last => ({ about, before: last.now ?? now, now, problem: undefined }));
      } catch (cause) {
        if (!abort.signal.aborted) setReadings(last => ({ ...last, problem: String(cause) }));
      }
    };
    void read();
    const timer = setInterval(() => void read(), kEveryMs);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, []);
  return readings;
}

async function get(path: string, signal: AbortSignal): Promise<Response> {
  const answer = await fetch(path, { signal });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${answer.statusText}`);
  return answer;
}
