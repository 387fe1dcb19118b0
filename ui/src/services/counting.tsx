import { useState } from 'preact/hooks';
import { WarningIcon } from '../parts/icons';

/** Where the server stops making series. */
export const kMostSeries = 20_000;

/** Asks again when somebody wants to. */
export function useAgain(): { count: number; doIt: () => void } {
  const [count, setCount] = useState(0);
  return { count, doIt: () => setCount(count + 1) };
}

export function Waiting({ again }: { again: boolean }) {
  return (
    <>
      <div class="progress" role="progressbar" aria-label="Counting" />
      {!again && (
        <div class="skeleton rows" aria-hidden="true">
          {Array.from({ length: 12 }, (_, i) => (
            <div key={i} />
          ))}
        </div>
      )}
    </>
  );
}

/** Says that numbers are not of all spans. */
export function Cut({ complete, isFull }: { complete: boolean; isFull: boolean }) {
  if (complete && !isFull) return null;
  return (
    <p class="notice">
      <WarningIcon />
      <span>
        {isFull
          ? 'There are more names than the server counts at once, 20,000: some are missing.'
          : 'The server stopped counting at a limit, or could not read all: the numbers are of a part of the spans. A shorter time makes them whole.'}
      </span>
    </p>
  );
}
