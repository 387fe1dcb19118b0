import { useEffect, useState } from 'preact/hooks';
import { Help } from './parts/help';
import { usePageKeys } from './parts/keys';
import { TopBar } from './parts/top_bar';
import { followOwnLinks, navigate, useUrl } from './router';
import { SearchPage } from './search/search_page';
import { TracePage } from './trace/trace_page';

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
      <TopBar onHelp={() => setHelping(true)} />
      <Page url={url} />
      {helping && <Help onClose={() => setHelping(false)} />}
    </>
  );
}

function Page({ url }: { url: URL }) {
  const isRoot = url.pathname === '/';
  useEffect(() => {
    if (isRoot) navigate(`/search${url.search}`, 'replace');
  }, [isRoot]);
  const traceId = /^\/trace\/([^/]+)\/?$/.exec(url.pathname)?.[1];
  if (traceId !== undefined) return <TracePage key={traceId} rawId={traceId} url={url} />;
  if (url.pathname === '/search') return <SearchPage url={url} />;
  return isRoot ? null : <NoSuchPage path={url.pathname} />;
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
        <a class="button primary" href="/search">
          Search traces
        </a>
      </p>
    </main>
  );
}
