// Durations as colours: a step of lightness for each part of the range, on a log scale.
import { formatDuration } from '../text/duration';
import type { CallTree, Percentile } from './call_tree';

const kSteps = 7;

export interface Heat {
  leastNs: number;
  mostNs: number;
}

export function heatOf(tree: CallTree, percentile: Percentile): Heat {
  let least = Infinity;
  let most = 1;
  for (const ns of tree.percentileNs[percentile]) {
    least = Math.min(least, Math.max(ns, 1));
    most = Math.max(most, ns);
  }
  return { leastNs: Math.min(least, most), mostNs: most };
}

/** From 0, the shortest, to kSteps - 1. */
export function heatStep({ leastNs, mostNs }: Heat, ns: number): number {
  if (mostNs <= leastNs) return 0;
  const part = Math.log(Math.max(ns, leastNs) / leastNs) / Math.log(mostNs / leastNs);
  return Math.min(kSteps - 1, Math.floor(part * kSteps));
}

export function heatColour(heat: Heat, ns: number): { fill: string; ink: string } {
  const step = heatStep(heat, ns);
  const ink = step >= 3 ? 'var(--text-on-accent)' : 'var(--text)';
  return { fill: `var(--heat-${step})`, ink };
}

export function HeatLegend({ heat }: { heat: Heat }) {
  return (
    <p class="heat-legend">
      <span>{formatDuration(heat.leastNs)}</span>
      {Array.from({ length: kSteps }, (_, step) => (
        <i key={step} style={{ background: `var(--heat-${step})` }} aria-hidden="true" />
      ))}
      <span>{formatDuration(heat.mostNs)}</span>
    </p>
  );
}
