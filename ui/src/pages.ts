// Which page an address shows. Each is a chunk of its own with its own styles, loaded when it is first needed.
import type { ComponentType } from 'preact';

export interface PageProps {
  url: URL;
  /** What the parentheses of the page's path matched. */
  params: readonly string[];
}

interface Page {
  path: RegExp;
  load: () => Promise<ComponentType<PageProps>>;
}

export interface NavEntry {
  href: string;
  label: string;
}

/** What the bar at the top shows, in its order. */
export const kNav: readonly NavEntry[] = [
  { href: '/search', label: 'Explore' },
  { href: '/population', label: 'Population' },
  { href: '/compare', label: 'Compare' },
  { href: '/services', label: 'Services' },
  { href: '/mesh', label: 'Mesh' },
  { href: '/live', label: 'Live' },
  { href: '/system', label: 'System' },
];

export const kPages: readonly Page[] = [
  {
    path: /^\/search\/?$/,
    load: async () => (await import('./search/search_page')).SearchPage,
  },
  {
    path: /^\/population\/?$/,
    load: async () => (await import('./population/population_page')).PopulationPage,
  },
  {
    path: /^\/compare\/?$/,
    load: async () => (await import('./compare/compare_page')).ComparePage,
  },
  {
    path: /^\/trace\/([^/]+)\/?$/,
    load: async () => (await import('./trace/trace_page')).TracePage,
  },
  {
    path: /^\/services\/?$/,
    load: async () => (await import('./services/services_page')).ServicesPage,
  },
  {
    path: /^\/services\/([^/]+)\/?$/,
    load: async () => (await import('./services/service_page')).ServicePage,
  },
  {
    path: /^\/mesh\/?$/,
    load: async () => (await import('./mesh/mesh_page')).MeshPage,
  },
  {
    path: /^\/live\/?$/,
    load: async () => (await import('./live/live_page')).LivePage,
  },
  {
    path: /^\/system\/?$/,
    load: async () => (await import('./system/system_page')).SystemPage,
  },
];

/** The page at a path below the base, or undefined. */
export function pageAt(path: string): { page: Page; params: string[] } | undefined {
  for (const page of kPages) {
    const match = page.path.exec(path);
    if (match) return { page, params: match.slice(1) };
  }
  return undefined;
}
