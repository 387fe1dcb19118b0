// Zooming and panning of a window of ticks. Pure.
import type { TimeWindow } from '../faces';

/** No window is shorter: pixels would be far larger than ticks. */
const kLeastTicks = 4;

/** `window` with the tick at `share` (0 left, 1 right) kept in place, `factor` times as long, within the whole. */
export function zoomed(
  window: TimeWindow,
  share: number,
  factor: number,
  whole: TimeWindow,
): TimeWindow {
  const length = window.to - window.from;
  const wanted = Math.max(kLeastTicks, length * factor);
  const from = window.from + share * (length - wanted);
  return within({ from, to: from + wanted }, whole);
}

export function panned(window: TimeWindow, ticks: number, whole: TimeWindow): TimeWindow {
  return within({ from: window.from + ticks, to: window.to + ticks }, whole);
}

/** A window around a box, with some air. */
export function around(start: number, length: number, whole: TimeWindow): TimeWindow {
  const air = Math.max(kLeastTicks / 2, length * 0.02);
  return within({ from: start - air, to: start + length + air }, whole);
}

/** `window` moved so that a box is in view, if it is not. */
export function reaching(
  window: TimeWindow,
  start: number,
  length: number,
  whole: TimeWindow,
): TimeWindow {
  if (start + length > window.from && start < window.to) return window;
  const middle = start + length / 2;
  const half = (window.to - window.from) / 2;
  return within({ from: middle - half, to: middle + half }, whole);
}

export function isSame(a: TimeWindow, b: TimeWindow): boolean {
  return a.from === b.from && a.to === b.to;
}

/** Empty for the whole. A hundredth of a tick is finer than a pixel of the closest window. */
export function windowText(window: TimeWindow, whole: TimeWindow): string {
  if (isSame(window, whole)) return '';
  return [window.from, window.to].map(tick => Number(tick.toFixed(2))).join('-');
}

/** The whole for what is no part of it. */
export function readWindow(text: string, whole: TimeWindow): TimeWindow {
  if (!/^\d+(\.\d+)?-\d+(\.\d+)?$/.test(text)) return whole;
  const [from = 0, to = 0] = text.split('-').map(Number);
  return to - from < kLeastTicks / 2 ? whole : within({ from, to }, whole);
}

/** Moved, and if it is too long cut, so that it lies in the whole. */
function within(window: TimeWindow, whole: TimeWindow): TimeWindow {
  const length = window.to - window.from;
  if (length >= whole.to - whole.from) return whole;
  const from = Math.min(Math.max(window.from, whole.from), whole.to - length);
  return { from, to: from + length };
}
