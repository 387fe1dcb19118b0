// In which time zone times are shown, on all pages; remembered in this browser.
import { setTimeZone, type TimeZone } from '../text/time';
import { Setting } from './setting';

export const timeZone = new Setting<TimeZone>('clew.timeZone', ['local', 'utc'], 'local');

setTimeZone(timeZone.get());
timeZone.onChange(setTimeZone);

/** "Local time, Europe/Berlin", "UTC". */
export function timeZoneLabel(zone: TimeZone): string {
  if (zone === 'utc') return 'UTC';
  return `local time, ${Intl.DateTimeFormat().resolvedOptions().timeZone}`;
}
