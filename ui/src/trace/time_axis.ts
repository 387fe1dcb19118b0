import { formatDuration } from '../text/duration';

export interface Tick {
  /** Percent of the axis. */
  at: number;
  label: string;
}

/** Round times between two, at most `most` of them besides the first; nanoseconds. */
export function ticksOf(fromNs: number, toNs: number, most: number): Tick[] {
  const length = toNs - fromNs;
  if (length <= 0) return [{ at: 0, label: formatDuration(0) }];
  const stepNs = roundStep(length / most);
  const ticks: Tick[] = [];
  for (let i = Math.ceil(fromNs / stepNs); i * stepNs <= toNs; i++) {
    ticks.push({
      at: ((i * stepNs - fromNs) / length) * 100,
      label: i === 0 ? '0' : tickLabel(i * stepNs, stepNs),
    });
  }
  return ticks;
}

const kUnits: readonly (readonly [number, string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
];

/** With as many digits as tell it from its neighbours. */
function tickLabel(ns: number, stepNs: number): string {
  if (stepNs >= 20e9 || ns >= 3600e9) return formatDuration(ns);
  const [unit, name] = kUnits.find(([size]) => ns >= size) ?? [1, 'ns'];
  const digits = Math.max(0, Math.ceil(Math.log10(unit / stepNs) - 1e-9));
  return `${(ns / unit).toFixed(digits)} ${name}`;
}

/** The smallest of 1, 2, 5 times a power of ten (and of 60 s, 60 min) that is not below `ns`. */
function roundStep(ns: number): number {
  const kMinute = 60e9;
  if (ns > 20e9) {
    const minutes = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map(m => m * kMinute);
    const found = minutes.find(step => step >= ns);
    return found ?? Math.ceil(ns / (1440 * kMinute)) * 1440 * kMinute;
  }
  const power = 10 ** Math.floor(Math.log10(ns));
  const factor = [1, 2, 5, 10].find(candidate => candidate * power >= ns) ?? 10;
  return Math.max(1, factor * power);
}
