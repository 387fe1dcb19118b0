// What the command palette offers: what the present page can do, where one can go, and settings.
import { commandsNow, keyName } from '../parts/commands';
import { recentTraces } from '../parts/recent_traces';
import { kThemeLabels, theme } from '../parts/theme';
import { timeZone, timeZoneLabel } from '../parts/time_zone';
import { kNav, pageAt } from '../pages';
import { navigate, tracePath } from '../router';
import { savedSearches } from '../search/saved';
import { formatAgo } from '../text/time';
import { parseTraceId } from '../text/trace_id';
import { matchScore } from './match';

export interface Entry {
  section: string;
  label: string;
  /** Stands small beside it: a key, a time. */
  hint: string;
  run: () => void;
}

/** Everything there is to offer; `services` are those known so far. */
export function allEntries(services: readonly string[]): Entry[] {
  const can = possible();
  return [
    ...can.filter(({ section }) => section !== 'Everywhere'),
    ...kNav.map(({ href, label }) => goTo('Pages', label, '', href)),
    ...recentTraces().map(({ traceId, title, atMs }) =>
      goTo('Recent traces', title, formatAgo(atMs, Date.now()), tracePath(traceId)),
    ),
    ...savedSearches().map(({ name, path }) => goTo('Saved searches', name, '', path)),
    ...services.map(service => goTo('Services', service, '', servicePath(service))),
    ...can.filter(({ section }) => section === 'Everywhere'),
    ...settings(),
  ];
}

/** What fits, best first within each section, and the sections in the order of their best. */
export function fittingEntries(entries: readonly Entry[], typed: string): Entry[] {
  const scored = entries.flatMap(entry => {
    const score = matchScore(typed, `${entry.label} ${entry.section}`);
    return score === null ? [] : [{ entry, score }];
  });
  const bestOf = new Map<string, number>();
  for (const { entry, score } of scored) {
    bestOf.set(entry.section, Math.max(score, bestOf.get(entry.section) ?? 0));
  }
  const order = [...bestOf.keys()];
  scored.sort(
    (a, b) =>
      (bestOf.get(b.entry.section) ?? 0) - (bestOf.get(a.entry.section) ?? 0) ||
      order.indexOf(a.entry.section) - order.indexOf(b.entry.section) ||
      b.score - a.score,
  );
  return [...pasted(typed), ...scored.map(({ entry }) => entry)];
}

/** A trace ID or a traceparent that was typed or pasted. */
function pasted(typed: string): Entry[] {
  const traceId = parseTraceId(typed);
  return traceId === null ? [] : [goTo('Trace', `Open trace ${traceId}`, '', tracePath(traceId))];
}

/** What can be done here. */
function possible(): Entry[] {
  return commandsNow().flatMap(({ title, commands }) =>
    commands.flatMap(({ label, keys = [], run }) =>
      run ? [{ section: title, label, hint: keys.map(keyName).join(' '), run }] : [],
    ),
  );
}

function settings(): Entry[] {
  const of = (label: string, isNow: boolean, run: () => void): Entry => ({
    section: 'Settings',
    label,
    hint: isNow ? 'now' : '',
    run,
  });
  return [
    ...theme.choices.map(choice =>
      of(`Theme: ${kThemeLabels[choice]}`, theme.get() === choice, () => theme.set(choice)),
    ),
    ...timeZone.choices.map(zone =>
      of(`Times: ${timeZoneLabel(zone)}`, timeZone.get() === zone, () => timeZone.set(zone)),
    ),
  ];
}

function goTo(section: string, label: string, hint: string, path: string): Entry {
  return { section, label, hint, run: () => navigate(path) };
}

function servicePath(service: string): string {
  const own = `/services/${encodeURIComponent(service)}`;
  return pageAt(own) ? own : `/search?${new URLSearchParams({ service })}`;
}
