import '../styles/services.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageProps } from '../pages';
import { Failure } from '../parts/failure';
import { useCommands } from '../parts/commands';
import { coloursSettled } from '../parts/known_services';
import { plural, Swatch } from '../parts/service_pill';
import { useAnswer } from '../parts/use_answer';
import { currentUrl, forgetNote, linkTo, navigate } from '../router';
import {
  changedAddress,
  nameOf,
  readAddress,
  servicePath,
  servicesPath,
  type Address,
  type View,
} from './address';
import { fetchCalls, fetchRed } from './answers';
import { CallTable } from './call_table';
import { Cut, kMostSeries, useAgain, Waiting } from './counting';
import { NoSpans } from './no_spans';
import { PageHead } from './page_head';
import { kFailed, ofService, spansWith, tracesPath } from './questions';
import { stepSeconds, timesOf, type Times } from './range';
import { namedLike, redRows, sortRows } from './red';
import { RedTable } from './red_table';
import { ServiceMap } from './service_map';

const kBy = 'resource.service.name';
const kSparkPoints = 40;

const kViews: readonly { view: View; label: string }[] = [
  { view: 'list', label: 'List' },
  { view: 'map', label: 'Map' },
  { view: 'calls', label: 'Calls' },
];

/** All services: as a list, as a map of their calls, and those calls as a table. */
export function ServicesPage({ url }: PageProps) {
  const address = readAddress(url);
  const [askedMs, setAskedMs] = useState(Date.now);
  const times = timesOf(address.range, askedMs);
  const filter = useRef<HTMLInputElement>(null);
  const set = (change: Partial<Address>, how: 'push' | 'replace' = 'push') =>
    navigate(servicesPath(changedAddress(readAddress(currentUrl()), change)), how);
  useEffect(() => forgetNote, []);
  useEffect(() => {
    document.title = 'Services · Clew';
  }, []);
  const nextView = () => {
    const at = kViews.findIndex(({ view }) => view === address.view);
    set({ view: kViews[(at + 1) % kViews.length]?.view ?? 'list' });
  };
  useCommands('Services', [
    { label: 'List, map, calls', keys: ['v'], run: nextView },
    { label: 'Filter by name', keys: ['/'], run: () => filter.current?.focus() },
    { label: 'Count again', keys: ['r'], run: () => setAskedMs(Date.now()) },
  ]);
  return (
    <main id="main" class={`services-page services-${address.view}`}>
      <PageHead
        title={<h1>Services</h1>}
        range={address.range}
        onRange={range => set({ range })}
        onAgain={() => setAskedMs(Date.now())}
      >
        <nav class="view-choice" aria-label="Views of services">
          {kViews.map(({ view, label }) => (
            <a
              key={view}
              href={linkTo(servicesPath({ ...address, view, shown: 0 }))}
              {...(view === address.view ? { 'aria-current': 'page' as const } : {})}
            >
              {label}
            </a>
          ))}
        </nav>
        <input
          ref={filter}
          type="text"
          class="services-filter"
          aria-label="Filter by name"
          placeholder="Filter by name"
          autocomplete="off"
          spellcheck={false}
          value={address.filter}
          onInput={event => set({ filter: event.currentTarget.value }, 'replace')}
        />
        {address.view === 'list' && (
          <select
            aria-label="Spans that are counted"
            value={address.counted}
            onChange={event =>
              set({ counted: event.currentTarget.value === 'taken' ? 'taken' : 'all' })
            }
          >
            <option value="all">All spans</option>
            <option value="taken">Calls taken (server, consumer)</option>
          </select>
        )}
      </PageHead>
      {address.view === 'list' ? (
        <List address={address} times={times} set={set} />
      ) : (
        <Graph address={address} times={times} set={set} />
      )}
    </main>
  );
}

interface ViewProps {
  address: Address;
  times: Times;
  set: (change: Partial<Address>, how?: 'push' | 'replace') => void;
}

function List({ address, times, set }: ViewProps) {
  const { counted, filter, sort } = address;
  const again = useAgain();
  const step = stepSeconds(times, kSparkPoints);
  const answer = useAnswer(
    `${counted} ${times.startUs} ${times.endUs} ${again.count}`,
    async signal => {
      const [red] = await Promise.all([
        fetchRed(kBy, [], counted, times, step, signal),
        coloursSettled(),
      ]);
      return red;
    },
  );
  const all = answer.value ? redRows(answer.value, kBy) : [];
  const rows = sortRows(namedLike(all, filter), sort);
  return (
    <div class="services-body" aria-busy={answer.state === 'loading'}>
      {answer.state === 'loading' && <Waiting again={answer.value !== undefined} />}
      {answer.state === 'failed' && answer.error && (
        <Failure title="The spans could not be counted" error={answer.error} onRetry={again.doIt} />
      )}
      {answer.value && (
        <>
          <Cut
            complete={answer.value.rate.complete && answer.value.quantiles.complete}
            isFull={answer.value.rate.series.length >= kMostSeries}
          />
          <p role="status" class="services-count">
            <b>{plural(rows.length, 'service')}</b>
            {rows.length < all.length && <span> of {all.length.toLocaleString('en')}</span>}
          </p>
          {all.length === 0 && <NoSpans onWiden={() => set({ range: { lookback: '7d' } })} />}
          {rows.length > 0 && (
            <RedTable
              label="Services"
              noun="service"
              rows={rows}
              sort={sort}
              onSort={next => set({ sort: next })}
              shown={address.shown}
              onShown={shown => set({ shown }, 'replace')}
              name={row => (
                <>
                  <Swatch service={row.name} />{' '}
                  {row.name === '' ? (
                    <i>{nameOf('')}</i>
                  ) : (
                    <a href={linkTo(servicePath(row.name, address.range))}>{row.name}</a>
                  )}
                </>
              )}
              traces={(row, failed) =>
                linkTo(
                  tracesPath(
                    spansWith(
                      failed ? [ofService(row.name), kFailed] : [ofService(row.name)],
                      counted,
                    ),
                    times,
                  ),
                )
              }
            />
          )}
          {all.length > 0 && rows.length === 0 && (
            <p class="dim">No service has this in its name.</p>
          )}
        </>
      )}
    </div>
  );
}

function Graph({ address, times, set }: ViewProps) {
  const again = useAgain();
  const answer = useAnswer(`${times.startUs} ${times.endUs} ${again.count}`, async signal => {
    const [calls] = await Promise.all([fetchCalls(times, signal), coloursSettled()]);
    return calls;
  });
  const calls = answer.value?.dependencies ?? [];
  const words = address.filter;
  const named =
    words === ''
      ? calls
      : calls.filter(
          call => namedLike([{ name: call.parent }, { name: call.child }], words).length > 0,
        );
  return (
    <div class="services-body" aria-busy={answer.state === 'loading'}>
      {answer.state === 'loading' && <Waiting again={answer.value !== undefined} />}
      {answer.state === 'failed' && answer.error && (
        <Failure title="The calls could not be counted" error={answer.error} onRetry={again.doIt} />
      )}
      {answer.value && <Cut complete={answer.value.complete} isFull={false} />}
      {answer.value && calls.length === 0 && (
        <NoSpans calls onWiden={() => set({ range: { lookback: '7d' } })} />
      )}
      {calls.length > 0 && named.length === 0 && (
        <p class="dim">No service that calls or is called has this in its name.</p>
      )}
      {named.length > 0 && address.view === 'map' && (
        <ServiceMap calls={named} address={address} times={times} set={set} />
      )}
      {named.length > 0 && address.view === 'calls' && (
        <>
          <p role="status" class="services-count">
            <b>{plural(named.length, 'pair')}</b> of services that call each other
            {named.length < calls.length && <span> of {calls.length.toLocaleString('en')}</span>}
          </p>
          <CallTable
            label="Calls"
            calls={named}
            range={address.range}
            times={times}
            sort={address.calls}
            onSort={calls => set({ calls })}
            shown={address.shown}
            onShown={shown => set({ shown }, 'replace')}
          />
        </>
      )}
    </div>
  );
}
