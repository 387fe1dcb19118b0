// What the list and the map of services show, as their URL keeps it.
import { kMostCalls, readCallSort, writeCallSort, type CallSort } from './call_sort';
import { readShown, writeShown } from '../parts/rows_shown';
import type { Counted } from './questions';
import { readRange, writeRange, type Range } from './range';
import { kDefaultSort, readSort, writeSort, type Sort } from './red';

export type View = 'list' | 'map' | 'calls';
export type MapLayout = 'layered' | 'force';

export interface Address {
  view: View;
  range: Range;
  /** Words that names must have. */
  filter: string;
  sort: Sort;
  counted: Counted;
  layout: MapLayout;
  /** The service whose neighbourhood is shown; empty: all. */
  focus: string;
  depth: number;
  /** Calls an edge must have; null: as many as leave a readable map. */
  least: number | null;
  /** The service that is chosen in the map, or with `to` the edge. */
  at: string;
  to: string;
  /** Where the map was moved to, as placeText() says it; empty: all of it is in view. */
  map: string;
  /** The order of the table of calls. */
  calls: CallSort;
  /** Rows of the table that were wished for; 0: as many as at first. */
  shown: number;
}

export const kMostDepth = 5;

/** `service` is what Jaeger's Monitor tab calls the service it is about. */
export function readAddress(url: URL): Address {
  const params = url.searchParams;
  const view = params.get('view');
  const least = Number(params.get('least') ?? NaN);
  const depth = Math.round(Number(params.get('depth') ?? 1));
  return {
    view: view === 'map' || view === 'calls' ? view : 'list',
    range: readRange(params),
    filter: params.get('filter') ?? params.get('service') ?? '',
    sort: readSort(params.get('sort')),
    counted: params.get('spans') === 'taken' ? 'taken' : 'all',
    layout: params.get('layout') === 'force' ? 'force' : 'layered',
    focus: params.get('focus') ?? '',
    depth: depth >= 1 && depth <= kMostDepth ? depth : 1,
    least: least >= 1 ? least : null,
    at: params.get('at') ?? '',
    to: params.get('to') ?? '',
    map: params.get('map') ?? '',
    calls: readCallSort(params.get('calls')),
    shown: readShown(params.get('shown')),
  };
}

export function servicesPath(address: Address): string {
  const params = new URLSearchParams();
  const set = (name: string, value: string, usual: string) => {
    if (value !== usual) params.set(name, value);
  };
  set('view', address.view, 'list');
  writeRange(address.range, params);
  set('filter', address.filter.trim(), '');
  set('sort', writeSort(address.sort), writeSort(kDefaultSort));
  set('spans', address.counted, 'all');
  set('layout', address.layout, 'layered');
  set('focus', address.focus, '');
  set('depth', String(address.depth), '1');
  set('least', String(address.least ?? ''), '');
  set('at', address.at, '');
  set('to', address.to, '');
  set('map', address.map, '');
  set('calls', writeCallSort(address.calls), writeCallSort(kMostCalls));
  writeShown(address.shown, params);
  const text = params.toString();
  return text === '' ? '/services' : `/services?${text}`;
}

/**
 * Another map is seen as a whole at first; to choose something on it does not move it. Another table
 * begins with as many rows as usual.
 */
export function changedAddress(address: Address, change: Partial<Address>): Address {
  const isSameMap = Object.keys(change).every(name => ['at', 'to', 'shown'].includes(name));
  const isOtherTable = 'view' in change;
  return {
    ...address,
    ...(isSameMap ? {} : { map: '' }),
    ...(isOtherTable ? { shown: 0 } : {}),
    ...change,
  };
}

/** The page of one service, about the same time. */
export function servicePath(service: string, range: Range): string {
  const params = new URLSearchParams();
  writeRange(range, params);
  const text = params.toString();
  return `/services/${encodeURIComponent(service)}${text === '' ? '' : `?${text}`}`;
}

export const kNoName = 'unknown service';

/** Spans may come without service.name. */
export function nameOf(service: string): string {
  return service === '' ? kNoName : service;
}

/** What /services by itself shows. */
export const kNewAddress: Address = readAddress(new URL('http://here/services'));
