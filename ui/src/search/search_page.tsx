import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageProps } from '../pages';
import { useCommands } from '../parts/commands';
import { navigate, tracePath } from '../router';
import { parseTraceId } from '../text/trace_id';
import '../styles/search.css';
import { DifferPanel } from './differ_panel';
import { FoundView } from './found_view';
import { durationsText } from './heat';
import { HeatMap, HeatTable } from './heat_map';
import { OpenedTraces, useFileOpener } from './open_file';
import { PanelFailure } from './panel_failure';
import { asking, explorePath, readExplored, type Explored, type Pick } from './query';
import { QueryBar } from './query_bar';
import { runOf, useFound, useHeat, useSeries, useStrip, type Run, type Strip } from './run';
import { Scatter } from './scatter';
import { SeriesPanel } from './series_panel';
import { StripCharts, StripTable } from './strip_charts';
import { boundsAt, fixedWindow, scaled } from './time_window';
import { narrowed } from './traceql';
import { formOf } from './form';
import type { Answer } from '../parts/use_answer';
import type { Found } from '../api/explore';
import type { MetricsAnswer } from '../api/metrics';

// How often was asked again: the way back from a trace must not count as once more.
let lastRound = 0;

/** Explore: a query, what matches it over time, by duration and trace by trace, and what is different about a part. */
export function SearchPage({ url }: PageProps) {
  const explored = readExplored(url.searchParams);
  const [draft, setDraft] = useState(explored.q);
  const [round, setRound] = useState(lastRound);
  const service = useRef<HTMLInputElement | null>(null);
  const focusQuery = useRef<() => void>(() => undefined);
  const opener = useFileOpener();
  const run = runOf(explored.q, explored.window, round);
  const found = useFound(run, explored);
  const strip = useStrip(run);
  const series = useSeries(run);

  useEffect(() => setDraft(explored.q), [url]);
  useEffect(() => {
    const named = formOf(explored.q)?.service ?? '';
    document.title = named === '' ? 'Explore · Clew' : `${named} · Explore · Clew`;
  }, [explored.q]);

  const again = () => setRound(++lastRound);
  /** What is not named stays; another question forgets the page and what was picked. */
  const go = (change: Partial<Explored>) => {
    const asks = change.q !== undefined || change.window !== undefined;
    const to = explorePath(asks ? asking(explored, change) : { ...explored, ...change });
    if (to === explorePath(explored)) again();
    else navigate(to);
  };
  const search = () => {
    if (!takePasted(draft)) go({ q: draft.trim() === '' ? '{}' : draft });
  };
  useEffect(() => {
    const onPaste = (event: ClipboardEvent) => {
      if (event.target instanceof Element && event.target.closest('input, textarea, [data-typing]'))
        return;
      const text = event.clipboardData?.getData('text/plain') ?? '';
      if (takePasted(text)) event.preventDefault();
      else if (/^\s*[[{]\s*["{[]/.test(text)) void opener.openText('What was pasted', text);
    };
    document.addEventListener('paste', onPaste);
    return () => document.removeEventListener('paste', onPaste);
  }, []);
  useCommands('Explore', [
    {
      label: 'Go to the query form',
      keys: ['/'],
      run: () => (service.current ?? { focus: focusQuery.current }).focus(),
    },
    { label: 'Write TraceQL', keys: ['q'], run: () => focusQuery.current() },
    { label: 'Search again', keys: ['r'], run: again },
    {
      label: 'Look at twice the time',
      keys: ['z'],
      run: () =>
        go({ window: fixedWindow(scaled(boundsAt(explored.window, Date.now()), 2, Date.now())) }),
    },
    {
      label: 'Compare errors with the rest',
      keys: ['e'],
      run: () => go({ pick: { where: 'status = error' } }),
    },
    ...(explored.pick
      ? [{ label: 'Compare nothing', keys: ['Escape'], run: () => go({ pick: null }) }]
      : []),
    { label: 'Open a file with traces', run: opener.choose },
  ]);

  const fault = [found, series].find(({ error }) => error?.status === 400)?.error;
  const problem = draft === explored.q ? fault?.message : undefined;
  return (
    <main id="main" class="explore" data-dropping={opener.dropping}>
      <h1 class="hidden">Explore</h1>
      <QueryBar
        q={draft}
        window={explored.window}
        problem={problem}
        busy={found.state === 'loading'}
        serviceRef={input => {
          service.current = input;
        }}
        focusRef={focus => {
          focusQuery.current = focus;
        }}
        onChange={setDraft}
        onWindow={window => go({ q: draft, window })}
        onSearch={search}
        onPaste={takePasted}
      />
      {opener.input}
      {opener.problem !== '' && (
        <p class="notice failed" role="alert">
          {opener.problem}
        </p>
      )}
      {opener.opened && <OpenedTraces file={opener.opened} />}
      {opener.dropping && <p class="drop-note">Drop the file to open its traces</p>}
      {!fault && <Charts {...{ explored, run, found, strip, series }} onGo={go} onAgain={again} />}
      <FoundView
        explored={explored}
        run={run}
        found={found}
        onChange={go}
        onAgain={again}
        onOpenFile={opener.choose}
      />
    </main>
  );
}

/** Goes to the trace whose ID the text is; false if it is something else. */
function takePasted(text: string): boolean {
  const traceId = parseTraceId(text);
  if (traceId !== null) navigate(tracePath(traceId));
  return traceId !== null;
}

interface ChartsProps {
  explored: Explored;
  run: Run;
  found: Answer<Found>;
  strip: Answer<Strip>;
  series: Answer<MetricsAnswer | undefined>;
  onGo: (change: Partial<Explored>) => void;
  onAgain: () => void;
}

function Charts({ explored, run, found, strip, series, onAgain, ...on }: ChartsProps) {
  const heat = useHeat(run);
  // Other spans, counted in the same way.
  const onGo = ({ q, ...change }: Partial<Explored>) =>
    on.onGo({ ...change, ...(q === undefined ? {} : { q: `${q} ${run.metrics}`.trim() }) });
  const { pick, view, numbers: asTable } = explored;
  const zoomTo = (wanted: Pick) =>
    'where' in wanted
      ? onGo({ q: narrowed(run.q, wanted.where) })
      : onGo({ q: narrowed(run.q, durationsText(wanted.box)), window: fixedWindow(wanted.box) });
  return (
    <>
      {run.metrics !== '' && (
        <SeriesPanel
          metrics={run.metrics}
          answer={series}
          onBrush={bounds => onGo({ window: fixedWindow(bounds) })}
          onRetry={onAgain}
        />
      )}
      <StripCharts
        strip={strip}
        onBrush={bounds => onGo({ window: fixedWindow(bounds) })}
        onRetry={onAgain}
      />
      <section class="durations" aria-labelledby="durations-title">
        <div class="durations-head">
          <h2 id="durations-title">
            {view === 'heat' ? 'Spans by duration' : 'Traces by duration'}
          </h2>
          <div class="switch" role="group" aria-label="Picture">
            {(['heat', 'scatter'] as const).map(name => (
              <button
                key={name}
                type="button"
                class="button quiet"
                aria-pressed={view === name}
                onClick={() => onGo({ view: name })}
              >
                {name === 'heat' ? 'Heat map' : 'Scatter'}
              </button>
            ))}
            <button
              type="button"
              class="button quiet"
              aria-pressed={asTable}
              onClick={() => onGo({ numbers: !asTable })}
            >
              Numbers
            </button>
          </div>
        </div>
        {view === 'heat' && heat.error && (
          <PanelFailure what="The heat map" error={heat.error} onRetry={onAgain} />
        )}
        {view === 'heat' && !heat.error && !heat.value && (
          <div class="heat-wait" aria-busy="true" />
        )}
        {view === 'heat' && heat.value && (
          <HeatMap
            grid={heat.value.grid}
            box={pick && 'box' in pick ? pick.box : null}
            spans={strip.value?.total.spans ?? heat.value.grid.total}
            onPick={box => onGo({ pick: box && { box } })}
          />
        )}
        {view === 'heat' && heat.value && !heat.value.complete && (
          <p class="notice">The heat map stopped early, at a limit: its counts are too low.</p>
        )}
        {view === 'scatter' && found.value && (
          <Scatter
            traces={found.value.traces}
            bounds={run.bounds}
            more={found.value.nextPageToken !== '' || explored.after !== ''}
          />
        )}
        {asTable && (
          <div class="numbers" tabIndex={0} role="region" aria-label="Numbers">
            {heat.value && <HeatTable grid={heat.value.grid} />}
            {strip.value && <StripTable strip={strip.value} />}
          </div>
        )}
      </section>
      <DifferPanel
        run={run}
        pick={pick}
        strip={strip.value}
        onPick={picked => onGo({ pick: picked })}
        onQuery={q => onGo({ q, pick })}
        onZoom={zoomTo}
        onRetry={onAgain}
      />
    </>
  );
}
