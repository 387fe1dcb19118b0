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

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
