// Points in time, as people read them: in the reader's own time zone, or in UTC and then saying so.

export type TimeZone = 'local' | 'utc';

let zone: TimeZone = 'local';

/** From now on all times are of this zone; what is drawn already is drawn again by who sets it. */
export function setTimeZone(wanted: TimeZone): void {
  zone = wanted;
}

/** "just now", "3 min ago", "in 2 h"; coarse, because the exact time stands beside it. */
export function formatAgo(timeMs: number, nowMs: number): string {
  const seconds = Math.round((nowMs - timeMs) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) return 'just now';
  const text =
    size < 60
      ? `${size} s`
      : size < 3600
        ? `${Math.round(size / 60)} min`
        : size < 48 * 3600
          ? `${Math.round(size / 3600)} h`
          : `${Math.round(size / 86400)} days`;
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

/** "2026-11-23 18:25:03.123456", or "… UTC". */
export function formatTime(timeUs: bigint): string {
  const timeMs = Number(timeUs / 1000n);
  const micros = String(timeUs % 1_000_000n).padStart(6, '0');
  const date = new Date(timeMs);
  return `${dateOf(date)} ${clockOf(date)}.${micros}${zone === 'utc' ? ' UTC' : ''}`;
}

/** "18:25:03". */
export function formatClock(timeMs: number): string {
  return clockOf(new Date(timeMs));
}

/** A time of an axis: "18:25", "18:25:03", and at midnight the day, "11-23". */
export function clockLabel(timeS: number): string {
  const date = new Date(Math.round(timeS * 1000));
  const clock = clockOf(date);
  if (clock === '00:00:00') return dateOf(date).slice(5);
  return clock.endsWith(':00') ? clock.slice(0, 5) : clock;
}

/** The value of an <input type="datetime-local" step="1"> for this time. */
export function toLocalInput(timeMs: number): string {
  const date = new Date(timeMs);
  return `${dateOf(date)}T${clockOf(date)}`;
}

/** Milliseconds of such a value, or null. */
export function fromLocalInput(value: string): number | null {
  const ms = Date.parse(zone === 'utc' && value !== '' ? `${value}Z` : value);
  return Number.isNaN(ms) ? null : ms;
}

function dateOf(date: Date): string {
  return zone === 'utc'
    ? date.toISOString().slice(0, 10)
    : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function clockOf(date: Date): string {
  return zone === 'utc'
    ? date.toISOString().slice(11, 19)
    : `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
