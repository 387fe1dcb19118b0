import { useEffect, useState } from 'preact/hooks';
import { formatAgo, formatTime } from '../text/time';

/** "3 min ago", kept true while one looks; the exact time on hover. */
export function When({ timeUs }: { timeUs: bigint }) {
  const now = useNow();
  const exact = formatTime(timeUs);
  return (
    <time dateTime={new Date(Number(timeUs / 1000n)).toISOString()} title={exact}>
      {formatAgo(Number(timeUs / 1000n), now)}
    </time>
  );
}

// One timer for all, however many results there are.
const listeners = new Set<(now: number) => void>();
setInterval(() => listeners.forEach(tell => tell(Date.now())), 15_000);

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    listeners.add(setNow);
    return () => {
      listeners.delete(setNow);
    };
  }, []);
  return now;
}
