import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { landingPath } from './landing';
import { pageAt, type PageProps } from './pages';
import { useCommands } from './parts/commands';
import { ErrorBoundary } from './parts/error_boundary';
import { Help } from './parts/help';
import { usePageKeys } from './parts/keys';
import { noteTrace } from './parts/recent_traces';
import { useSetting } from './parts/setting';
import { timeZone } from './parts/time_zone';
import { TopBar } from './parts/top_bar';
import { currentUrl, followOwnLinks, linkTo, navigate, useUrl } from './router';

export function App() {
  const url = useUrl();
  const [open, setOpen] = useState<'help' | 'palette'>();
  useSetting(timeZone); // every time on the page is drawn again
  useEffect(() => {
    document.addEventListener('click', followOwnLinks);
    return () => document.removeEventListener('click', followOwnLinks);
  }, []);
  usePaletteKey(() => setOpen('palette'));
  useCommands('Everywhere', [
    { label: 'This help', keys: ['?'], run: () => setOpen('help') },
    { label: 'All commands', keys: [':', 'Ctrl+K'] },
  ]);
  const close = () => setOpen(undefined);
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <TopBar
        path={url.pathname}
        onHelp={() => setOpen('help')}
        onPalette={() => setOpen('palette')}
      />
      <ErrorBoundary of={url.pathname}>
        <Page url={url} />
      </ErrorBoundary>
      {open === 'help' && <Help onClose={close} />}
      {open === 'palette' && <LazyPalette onClose={close} />}
      <TitleReader />
    </>
  );
}

/** `:`, and Ctrl+K or ⌘K also while somebody is typing. */
function usePaletteKey(open: () => void): void {
  usePageKeys(event => {
    if (event.key !== ':') return;
    event.preventDefault();
    open();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || event.altKey || event.shiftKey) return;
      if (!(event.ctrlKey || event.metaKey) || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      open();
    };
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, []);
}

/** The palette is a chunk of its own: most visits do without it. */
function LazyPalette({ onClose }: { onClose: () => void }) {
  const [Palette, setPalette] = useState<ComponentType<{ onClose: () => void }>>();
  useEffect(() => {
    import('./palette/palette').then(
      module => setPalette(() => module.Palette),
      () => onClose(), // the server is away; the page that is open says so when it asks for more
    );
  }, []);
  return Palette ? <Palette onClose={onClose} /> : null;
}

/** Says a new page's title to screen readers, and remembers which traces were looked at. */
function TitleReader() {
  const [said, setSaid] = useState('');
  useEffect(() => {
    const title = document.querySelector('title');
    if (!title) return;
    const read = () => {
      const [, traceId] = /^\/trace\/([0-9a-f]{32})\/?$/.exec(currentUrl().pathname) ?? [];
      if (traceId !== undefined) noteTrace(traceId, document.title.replace(/ · Clew$/, ''));
      setSaid(document.title);
    };
    const observer = new MutationObserver(read);
    observer.observe(title, { childList: true });
    return () => observer.disconnect();
  }, []);
  return (
    <p class="hidden" role="status">
      {said}
    </p>
  );
}

type Loaded = { of: object; Shown: ComponentType<PageProps> } | { of: object; failed: string };

function Page({ url }: { url: URL }) {
  const landing = url.pathname === '/' ? `/search${url.search}` : landingPath(url);
  useEffect(() => {
    if (landing !== undefined) navigate(landing, 'replace');
  }, [landing]);
  const found = pageAt(url.pathname);
  const page = found?.page;
  const [loaded, setLoaded] = useState<Loaded>();
  useEffect(() => {
    if (!page || loaded?.of === page) return;
    let isLeft = false; // who goes back at once is not brought here after all
    page.load().then(
      Shown => isLeft || setLoaded({ of: page, Shown }),
      (cause: unknown) => isLeft || setLoaded({ of: page, failed: String(cause) }),
    );
    return () => {
      isLeft = true;
    };
  }, [page]);
  useFocusOnPage(url.pathname);
  if (landing !== undefined) return null;
  if (!found) return <NoSuchPage path={url.pathname} />;
  if (loaded?.of !== page || !loaded) return <main id="main" aria-busy="true" />;
  if ('failed' in loaded) return <NotLoaded why={loaded.failed} />;
  return <loaded.Shown key={found.params.join('/')} url={url} params={found.params} />;
}

/**
 * After going to another page the focus is at its main part, as if it had been loaded, unless the page
 * has put it somewhere itself: the next Tab then leads into the page and not out of a link that is gone.
 */
function useFocusOnPage(path: string): void {
  const first = useRef(path);
  useEffect(() => {
    if (first.current === path) return;
    first.current = '';
    const left = document.activeElement;
    const focusMain = () => {
      const main = document.getElementById('main');
      const focused = document.activeElement;
      if (!main || (focused !== left && focused !== document.body)) return;
      main.tabIndex = -1;
      main.focus({ preventScroll: true });
    };
    // A page may replace what it shows while it loads, and the focus would be gone with that.
    const observer = new MutationObserver(focusMain);
    const stop = () => observer.disconnect();
    observer.observe(document.body, { childList: true, subtree: true });
    focusMain();
    document.addEventListener('keydown', stop);
    document.addEventListener('pointerdown', stop);
    return () => {
      stop();
      document.removeEventListener('keydown', stop);
      document.removeEventListener('pointerdown', stop);
    };
  }, [path]);
}

/** A part of the app did not come: the server is away, or has another version by now. */
function NotLoaded({ why }: { why: string }) {
  return (
    <main id="main" class="notice-page">
      <h1>This page could not be loaded</h1>
      <p class="said">{why}</p>
      <p>
        <button type="button" class="button primary" onClick={() => location.reload()}>
          Load it again
        </button>
      </p>
    </main>
  );
}

function NoSuchPage({ path }: { path: string }) {
  useEffect(() => {
    document.title = 'Not found · Clew';
  }, []);
  return (
    <main id="main" class="notice-page">
      <h1>There is no page here</h1>
      <p class="said">{path}</p>
      <p>
        <a class="button primary" href={linkTo('/search')}>
          Search traces
        </a>
      </p>
    </main>
  );
}
