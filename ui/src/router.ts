// A router as small as the app: the URL is the state, links are plain links.
import { useEffect, useState } from 'preact/hooks';

const kChanged = 'clew:url';

export function navigate(to: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'replace') history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  window.dispatchEvent(new Event(kChanged));
}

/**
 * Writes into the address bar what the page shows anyway, and tells nobody: a page that heard of its
 * own note would take it for a wish, one that may be older than the last key.
 */
export function noteUrl(path: string): void {
  if (location.pathname + location.search !== path) history.replaceState(null, '', path);
}

let lastSearch = '/search';

/** Where the way back to the search leads: to the last one made, not to an empty one. */
export function lastSearchPath(): string {
  if (location.pathname === '/search') lastSearch = location.pathname + location.search;
  return lastSearch;
}

/** The URL last gone to. Each going there is a new object, even to where one is already. */
export function useUrl(): URL {
  const [url, setUrl] = useState(() => new URL(location.href));
  useEffect(() => {
    const update = () => setUrl(new URL(location.href));
    if (location.href !== url.href) update(); // it may have changed since the first draw
    window.addEventListener('popstate', update);
    window.addEventListener(kChanged, update);
    return () => {
      window.removeEventListener('popstate', update);
      window.removeEventListener(kChanged, update);
    };
  }, []);
  return url;
}

/** Makes a click on a link to one of our own pages change the page without loading it. */
export function followOwnLinks(event: MouseEvent): void {
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!plain || event.altKey || event.defaultPrevented || !link) return;
  if (link.target !== '' || link.hasAttribute('download')) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || !isOwnPage(url.pathname)) return;
  event.preventDefault();
  navigate(link.href);
  if (url.hash === '') window.scrollTo(0, 0);
}

export function tracePath(traceId: string, spanId = ''): string {
  return `/trace/${traceId}${spanId === '' ? '' : `?span=${spanId}`}`;
}

function isOwnPage(path: string): boolean {
  return path === '/' || path === '/search' || path.startsWith('/trace/');
}
