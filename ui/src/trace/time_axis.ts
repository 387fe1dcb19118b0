import type { Span } from '../api/types';
import type { TraceModel } from '../model/trace';
import { formatDuration } from '../text/duration';

export interface Tick {
  /** Percent of the axis. */
  at: number;
  label: string;
}

/** Round times along the trace, at most `most` of them besides the start. */
export function ticksOf(totalNs: number, most: number): Tick[] {
  if (totalNs <= 0) return [{ at: 0, label: formatDuration(0) }];
  const stepNs = roundStep(totalNs / most);
  const ticks: Tick[] = [];
  for (let i = 0; i * stepNs <= totalNs; i++) {
    ticks.push({
      at: ((i * stepNs) / totalNs) * 100,
      label: i === 0 ? '0' : formatDuration(i * stepNs),
    });
  }
  return ticks;
}

/** Where a span's bar lies, in percent of the axis. */
export interface Bar {
  left: number;
  width: number;
}

export function barOf(model: TraceModel, span: Span): Bar {
  const totalNs = Math.max(1, model.endNs - model.startNs);
  return {
    left: ((span.startNs - model.startNs) / totalNs) * 100,
    width: (span.durationNs / totalNs) * 100,
  };
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
