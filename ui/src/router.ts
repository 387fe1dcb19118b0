// A router as small as the app: the URL is the state, links are plain links. All paths in the code begin at
// the root of the app; only linkTo() and the address bar know where a reverse proxy has put that.
import { useEffect, useState } from 'preact/hooks';
import { pageAt } from './pages';

const kChanged = 'clew:url';

/** Where the app is: '' or for example '/clew', as the server says in index.html. */
export const kBase = (
  document.querySelector<HTMLMetaElement>('meta[name="clew-base"]')?.content ?? ''
).replace(/\/+$/, '');

/** What a link or a request to a path of the app has to name. */
export function linkTo(path: string): string {
  return kBase + path;
}

/** The whole address of a path, to be passed on. */
export function urlOf(path: string): string {
  return new URL(linkTo(path), location.href).href;
}

export function navigate(path: string, how: 'push' | 'replace' = 'push'): void {
  forgetNote();
  if (how === 'replace') history.replaceState(null, '', linkTo(path));
  else history.pushState(null, '', linkTo(path));
  window.dispatchEvent(new Event(kChanged));
}

/**
 * Writes into the address bar what the page shows anyway, and tells nobody: a page that heard of its
 * own note would take it for a wish, one that may be older than the last key.
 */
export function noteUrl(path: string): void {
  note.wanted = linkTo(path);
  const waitMs = note.nextMs - performance.now();
  if (waitMs <= 0) writeNote();
  else note.timer ??= setTimeout(writeNote, waitMs);
}

/** Who leaves a page takes along the note that it has not yet written. */
export function forgetNote(): void {
  clearTimeout(note.timer);
  note.timer = note.wanted = undefined;
}

/** Browsers refuse more than about a hundred changes in half a minute; zooming makes one for each frame. */
const kNoteMs = 350;
const note: {
  wanted: string | undefined;
  nextMs: number;
  timer: ReturnType<typeof setTimeout> | undefined;
} = { wanted: undefined, nextMs: 0, timer: undefined };

function writeNote(): void {
  const { wanted } = note;
  forgetNote();
  if (wanted === undefined || location.pathname + location.search === wanted) return;
  history.replaceState(null, '', wanted);
  note.nextMs = performance.now() + kNoteMs;
}

/** The address without the base, as it is or is about to be. */
export function currentUrl(): URL {
  return withoutBase(new URL(note.wanted ?? location.href, location.href));
}

let lastSearch = '/search';

/** Where the way back to the search leads: to the last one made, not to an empty one. */
export function lastSearchPath(): string {
  const url = currentUrl();
  if (url.pathname === '/search') lastSearch = url.pathname + url.search;
  return lastSearch;
}

/** The URL last gone to, without the base. Each going there is a new object, even to where one is already. */
export function useUrl(): URL {
  const [url, setUrl] = useState(currentUrl);
  useEffect(() => {
    const update = () => setUrl(currentUrl());
    const goBack = () => {
      forgetNote();
      update();
    };
    if (currentUrl().href !== url.href) update(); // it may have changed since the first draw
    window.addEventListener('popstate', goBack);
    window.addEventListener(kChanged, update);
    return () => {
      window.removeEventListener('popstate', goBack);
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
  const whole = new URL(link.href);
  if (whole.origin !== location.origin || !whole.pathname.startsWith(`${kBase}/`)) return;
  const url = withoutBase(whole);
  if (url.pathname !== '/' && !pageAt(url.pathname)) return;
  event.preventDefault();
  navigate(url.pathname + url.search + url.hash);
  if (url.hash === '') window.scrollTo(0, 0);
}

/** The path of a trace's page. */
export function tracePath(traceId: string, spanId = ''): string {
  return `/trace/${traceId}${spanId === '' ? '' : `?span=${spanId}`}`;
}

function withoutBase(url: URL): URL {
  if (kBase !== '' && url.pathname.startsWith(kBase)) {
    url.pathname = url.pathname.slice(kBase.length) || '/';
  }
  return url;
}
