// The state of the page, as its URL keeps it, and where its links lead.
import { formatTags, type Tag } from '../text/logfmt';

export interface MeshChoice {
  /** What is looked at: at most one of edge, zone and proxy. A proxy is MESH/NAME. */
  edge: string;
  zone: string;
  proxy: string;
  /** Whose order of core locations the chosen edge shows. */
  service: string;
  /** Narrow the table of proxies. */
  find: string;
  status: string;
}

const kNames = ['edge', 'zone', 'proxy', 'service', 'find', 'status'] as const;

export function readChoice(params: URLSearchParams): MeshChoice {
  return Object.fromEntries(
    kNames.map(name => [name, params.get(name) ?? '']),
  ) as unknown as MeshChoice;
}

/** The path of the page with `change`; what is chosen anew takes the place of what was. */
export function meshPath(choice: MeshChoice, change: Partial<MeshChoice>): string {
  const choosesAnew = ['edge', 'zone', 'proxy'].some(name => name in change);
  const cleared = choosesAnew ? { ...choice, edge: '', zone: '', proxy: '' } : choice;
  const next = { ...cleared, ...change };
  const params = new URLSearchParams();
  for (const name of kNames) if (next[name] !== '') params.set(name, next[name]);
  const text = params.toString();
  return text === '' ? '/mesh' : `/mesh?${text}`;
}

/** A search for traces with a span that has these tags. */
export function tracesPath(...tags: Tag[]): string {
  return `/search?${new URLSearchParams({ tags: formatTags(tags) })}`;
}
