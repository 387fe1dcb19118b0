/** Stretches of time in ticks, in order. */
export interface Stretches {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
}

/** Their parts of a window, in percent of it; those closer together than `leastPercent` are one. */
export function stretchesIn(
  { from, to }: Stretches,
  window: { from: number; to: number },
  leastPercent: number,
): { left: number; width: number }[] {
  const scale = 100 / (window.to - window.from);
  const parts: { left: number; width: number }[] = [];
  for (let i = firstAfter(to, window.from); i < from.length && from[i]! <= window.to; i++) {
    const left = Math.max(0, (from[i]! - window.from) * scale);
    const right = Math.min(100, (to[i]! - window.from) * scale);
    const last = parts[parts.length - 1];
    if (last && left - (last.left + last.width) < leastPercent) last.width = right - last.left;
    else parts.push({ left, width: right - left });
  }
  return parts;
}

/** The place of the first that is not below `tick`. */
function firstAfter(ends: Uint32Array, tick: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends[middle]! < tick) low = middle + 1;
    else high = middle;
  }
  return low;
}
