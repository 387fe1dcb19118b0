import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import type { PageProps } from '../pages';
import { Failure } from '../parts/failure';
import { WarningIcon } from '../parts/icons';
import { useCommands } from '../parts/commands';
import { plural } from '../parts/service_pill';
import { navigate } from '../router';
import '../styles/live.css';
import { LiveForm } from './live_form';
import { kMostRows, type LiveList } from './live_list';
import { liveParams, livePath, readLiveQuery, readPaused } from './live_query';
import { GapRow, LiveTraceRow } from './live_row';
import { LiveStrip } from './live_strip';
import type { TailState } from './tail';
import { useLive } from './use_live';

export function LivePage({ url }: PageProps) {
  const query = readLiveQuery(url.searchParams);
  const path = livePath(query);
  const paused = readPaused(url.searchParams);
  const pause = () => navigate(livePath(query, !paused), 'replace');
  const [looking, setLooking] = useState(false); // the pointer or the focus is on the list
  const filter = useRef<HTMLInputElement | null>(null);
  const rows = useRef<HTMLOListElement>(null);
  const { list, state, unreadable, clear, retry } = useLive(
    liveParams(query).toString(),
    paused || looking,
  );
  useEffect(() => {
    document.title = query.service === '' ? 'Live · Clew' : `${query.service} · Live · Clew`;
  }, [path]);
  useCommands('Live', [
    { label: 'Hold the list still, go on', keys: ['p'], run: pause },
    { label: 'Next trace', keys: ['j'], run: () => goOn(rows.current, 1) },
    { label: 'Previous trace', keys: ['k'], run: () => goOn(rows.current, -1) },
    { label: 'Leave the list, so that it goes on', keys: ['Escape'], run: leave },
    { label: 'Empty the list', keys: ['c'], run: clear },
    { label: 'Go to the filter', keys: ['/'], run: () => filter.current?.focus() },
  ]);
  const refusal = state.is === 'refused' ? state.message : undefined;
  const nowMs = Date.now();
  return (
    <main id="main" class="live-page">
      <h1 class="hidden">Live: traces as they come</h1>
      <LiveForm
        key={path}
        query={query}
        refusal={refusal}
        filterRef={input => {
          filter.current = input;
        }}
        onFollow={wanted =>
          livePath(wanted) === path ? retry() : navigate(livePath(wanted, paused))
        }
      />
      <div class="live-bar">
        <Connection state={state} nowMs={nowMs} />
        <LiveStrip ticks={list.strip(nowMs)} />
        <Counts list={list} rate={query.rate} nowMs={nowMs} />
        <button
          type="button"
          class="button"
          aria-pressed={paused}
          title="Hold the list still (p)"
          onClick={pause}
        >
          {paused ? 'Go on' : 'Pause'}
        </button>
        <button type="button" class="button quiet" title="Empty the list (c)" onClick={clear}>
          Empty
        </button>
      </div>
      {unreadable !== undefined && (
        <p class="notice">
          <WarningIcon />
          <span>An event of the server could not be read and is not shown: {unreadable}</span>
        </p>
      )}
      <Held list={list} paused={paused} looking={looking} />
      {refusal !== undefined && (
        <Failure
          title="This cannot be followed"
          error={new ApiError(state.is === 'refused' ? state.status : 0, 'refused', refusal)}
          onRetry={retry}
        />
      )}
      {list.rows.length === 0 && list.held.length === 0 && refusal === undefined && (
        <Nothing state={state} path={path} />
      )}
      <ol
        class="live-list"
        ref={rows}
        aria-label="Traces, newest first"
        onPointerEnter={() => setLooking(true)}
        onPointerLeave={() => setLooking(rows.current?.contains(document.activeElement) ?? false)}
        onFocusIn={() => setLooking(true)}
        onFocusOut={() => setLooking(rows.current?.matches(':hover') ?? false)}
      >
        {list.rows.map(row =>
          row.is === 'trace' ? (
            <LiveTraceRow key={row.trace.traceId} row={row} nowMs={nowMs} />
          ) : (
            <GapRow key={`gap ${row.fromMs}`} gap={row} nowMs={nowMs} />
          ),
        )}
      </ol>
      {list.left > 0 && (
        <p class="dim live-end">
          The list keeps the newest {kMostRows}: {plural(list.left, 'older trace')} left it. All of
          them are in the store.
        </p>
      )}
    </main>
  );
}

/**
 * Why the list does not move, and what waits. The line is always there: if it came and went, the list would
 * move under the pointer that holds it.
 */
function Held(props: { list: LiveList; paused: boolean; looking: boolean }) {
  const { list, paused, looking } = props;
  const { length } = list.held;
  const waits =
    length === 0
      ? 'nothing new'
      : `${plural(length, 'new trace')}${length === kMostRows ? ' and more' : ''}`;
  return (
    <p class="live-held" data-held={paused || looking}>
      {paused && `Held still: ${waits} (p goes on)`}
      {!paused && looking && `Held still while you look at it: ${waits}`}
    </p>
  );
}

/** Whether it follows; said aloud when that changes, and not with every count. */
function Connection({ state, nowMs }: { state: TailState; nowMs: number }) {
  const words = {
    connecting: 'Connecting…',
    open: 'Following',
    waiting: 'Not connected',
    refused: 'Refused',
  }[state.is];
  return (
    <p class="live-connection" data-state={state.is}>
      <span class="live-lamp" aria-hidden="true" />
      <span role="status">
        <b>{words}</b>
        {state.is === 'waiting' && `: ${state.why}`}
      </span>
      {state.is === 'waiting' && (
        <span class="dim">
          {' '}
          again in {Math.max(0, Math.ceil((state.untilMs - nowMs) / 1000))} s
        </span>
      )}
    </p>
  );
}

function Counts({ list, rate, nowMs }: { list: LiveList; rate: number; nowMs: number }) {
  const recent = list.strip(nowMs).slice(-10);
  const perSecond = recent.reduce((sum, tick) => sum + tick.told + tick.dropped, 0) / 10;
  return (
    <p class="live-counts">
      <span title="New traces that match, over the last ten seconds, told or not">
        {perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s
      </span>
      <span>{plural(list.told, 'trace')}</span>
      {list.dropped > 0 && (
        <span class="live-dropped">
          <WarningIcon />
          <span title={`More than ${rate} a second matched, or more than this page could take`}>
            {list.dropped.toLocaleString('en')} dropped, at most {rate}/s
          </span>
        </span>
      )}
    </p>
  );
}

function Nothing({ state, path }: { state: TailState; path: string }) {
  if (state.is !== 'open') return null;
  return (
    <div class="notice-page">
      <h2>Waiting for {path === '/live' ? 'the first trace' : 'a trace that matches'}</h2>
      <p>
        Traces show here about a second after their spans are stored, and again when more of their
        spans come.
        {path !== '/live' && ' If none comes that you expect, take something out of the filter.'}
      </p>
    </div>
  );
}

/** Moves the focus by one trace. */
function goOn(list: HTMLOListElement | null, step: number): void {
  const links = [...(list?.querySelectorAll<HTMLElement>('a.live-trace') ?? [])];
  const now = links.indexOf(document.activeElement as HTMLElement);
  const next = now === -1 ? 0 : now + step;
  links[Math.max(0, Math.min(links.length - 1, next))]?.focus();
}

function leave(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}
