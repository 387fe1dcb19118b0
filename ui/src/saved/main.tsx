// The page of a saved trace: the same view, over what the file holds.
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ErrorBoundary } from '../parts/error_boundary';
import { giveColours } from '../parts/service_colour';
import { followTheme } from '../parts/theme';
import { readColumns } from '../model/read_columns';
import { paletteFor } from '../raster/palette';
import { RasterClient } from '../raster/raster_client';
import '../styles/base.css';
import '../styles/detail.css';
import '../styles/parts.css';
import '../styles/saved.css';
import '../styles/tokens.css';
import '../styles/trace.css';
import { formatTime } from '../text/time';
import { TraceView } from '../trace/trace_view';
import { fromText, unpackSpans, type PackedSpans, type SavedTrace } from './packed';
import { SavedSpans } from './saved_spans';
import { currentUrl, linkTo, tracePath } from './saved_router';

interface Opened {
  client: RasterClient;
  spans: SavedSpans;
}

function SavedPage({ trace }: { trace: SavedTrace }) {
  const [opened, setOpened] = useState<Opened>();
  const [failed, setFailed] = useState('');
  useEffect(() => {
    openSaved(trace).then(setOpened, (cause: unknown) => setFailed(String(cause)));
  }, [trace]);
  return (
    <>
      <p class="saved-bar">
        Saved {formatTime(BigInt(trace.savedAtMs) * 1000n)} from{' '}
        <a href={linkTo(tracePath(trace.traceId))}>{linkTo('')}</a>
        {trace.spans === '' && ', without attributes and events: it has too many spans'}
      </p>
      {failed !== '' && (
        <main id="main" class="notice-page">
          <h1>This file could not be read</h1>
          <p class="said">{failed}</p>
        </main>
      )}
      {opened && (
        <TraceView
          client={opened.client}
          spans={opened.spans}
          linkedRow={-1}
          url={currentUrl()}
          onReload={() => {}}
        />
      )}
    </>
  );
}

async function openSaved(trace: SavedTrace): Promise<Opened> {
  const columns = readColumns(await fromText(trace.columns));
  const client = await RasterClient.open(columns, new AbortController().signal);
  giveColours(client.columns.services);
  client.colour(paletteFor(client.columns.services, document.body));
  return { client, spans: new SavedSpans(await spansOf(trace)) };
}

async function spansOf(trace: SavedTrace) {
  if (trace.spans === '') return undefined;
  const text = new TextDecoder().decode(await fromText(trace.spans));
  return unpackSpans(JSON.parse(text) as PackedSpans);
}

function savedTrace(): SavedTrace {
  const text = document.getElementById('saved-trace')?.textContent;
  if (!text) throw new Error('this file holds no trace');
  return JSON.parse(text) as SavedTrace;
}

followTheme();
const root = document.getElementById('app');
if (!root) throw new Error('this file has no #app');
render(
  <ErrorBoundary of="saved">
    <SavedPage trace={savedTrace()} />
  </ErrorBoundary>,
  root,
);
