import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { pageAt, type PageProps } from './pages';
import { Help } from './parts/help';
import { usePageKeys } from './parts/keys';
import { TopBar } from './parts/top_bar';
import { followOwnLinks, linkTo, navigate, useUrl } from './router';

export function App() {
  const url = useUrl();
  const [helping, setHelping] = useState(false);
  useEffect(() => {
    document.addEventListener('click', followOwnLinks);
    return () => document.removeEventListener('click', followOwnLinks);
  }, []);
  usePageKeys(event => {
    if (event.key !== '?') return;
    event.preventDefault();
    setHelping(true);
  });
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <TopBar onHelp={() => setHelping(true)} path={url.pathname} />
      <Page url={url} />
      {helping && <Help onClose={() => setHelping(false)} />}
    </>
  );
}

type Loaded = { of: object; Shown: ComponentType<PageProps> } | { of: object; failed: string };

function Page({ url }: { url: URL }) {
  const isRoot = url.pathname === '/';
  useEffect(() => {
    if (isRoot) navigate(`/search${url.search}`, 'replace');
  }, [isRoot]);
  const found = pageAt(url.pathname);
  const page = found?.page;
  const [loaded, setLoaded] = useState<Loaded>();
  useEffect(() => {
    if (!page || loaded?.of === page) return;
    page.load().then(
      Shown => setLoaded({ of: page, Shown }),
      (cause: unknown) => setLoaded({ of: page, failed: String(cause) }),
    );
  }, [page]);
  if (!found) return isRoot ? null : <NoSuchPage path={url.pathname} />;
  if (loaded?.of !== page || !loaded) return <main id="main" aria-busy="true" />;
  if ('failed' in loaded) return <NotLoaded why={loaded.failed} />;
  return <loaded.Shown key={found.params.join('/')} url={url} params={found.params} />;
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
