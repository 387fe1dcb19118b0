import '../styles/services.css';
import type { ComponentType } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { PageProps } from '../pages';
import { Failure } from '../parts/failure';
import { useCommands } from '../parts/commands';
import { coloursSettled } from '../parts/known_services';
import type { PlotLine } from '../parts/plot';
import { readShown, writeShown } from '../parts/rows_shown';
import { plural, Swatch } from '../parts/service_pill';
import { useAnswer } from '../parts/use_answer';
import { labelOf } from '../api/metrics';
import { linkTo, navigate } from '../router';
import { formatDuration } from '../text/duration';
import { kNewAddress, servicesPath } from './address';
import { fetchCalls, fetchCourse, fetchRed, type Course } from './answers';
import { readCallSort, writeCallSort, type CallSort } from './call_sort';
import { CallTable } from './call_table';
import { Cut, kMostSeries, useAgain, Waiting } from './counting';
import { NoSpans } from './no_spans';
import { PageHead } from './page_head';
import { kFailed, ofService, quoted, spansWith, tracesPath } from './questions';
import { readRange, stepSeconds, timesOf, writeRange, type Range, type Times } from './range';
import {
  formatRate,
  formatShare,
  noZero,
  readSort,
  redRows,
  sortRows,
  writeSort,
  type Sort,
} from './red';
import { RedTable } from './red_table';

const kSparkPoints = 40;
const kChartPoints = 120;

/** What tables are told of how many rows they draw. */
interface ShownRows {
  shown: number;
  onShown: (rows: number) => void;
}

type ChartPart = ComponentType<{
  title: string;
  timesS: readonly number[];
  lines: readonly PlotLine[];
  format: (value: number) => string;
  onSelect: (startS: number, endS: number) => void;
}>;

/** One service: how it does over time, its operations, who calls it and whom it calls. */
export function ServicePage({ url, params }: PageProps) {
  const service = decoded(params[0] ?? '');
  const range = readRange(url.searchParams);
  const sort = readSort(url.searchParams.get('sort'));
  const [askedMs, setAskedMs] = useState(Date.now);
  const times = timesOf(range, askedMs);
  const callers = readCallSort(url.searchParams.get('callers'));
  const callees = readCallSort(url.searchParams.get('callees'));
  const rowsOf = (name: string): ShownRows => ({
    shown: readShown(url.searchParams.get(name)),
    onShown: rows => {
      const next = new URLSearchParams(url.search);
      writeShown(rows, next, name);
      navigate(`/services/${encodeURIComponent(service)}?${next}`, 'replace');
    },
  });
  const go = (change: { range?: Range; sort?: Sort; callers?: CallSort; callees?: CallSort }) => {
    const next = new URLSearchParams(url.search);
    writeRange(change.range ?? range, next);
    if (change.sort) next.set('sort', writeSort(change.sort));
    if (change.callers) next.set('callers', writeCallSort(change.callers));
    if (change.callees) next.set('callees', writeCallSort(change.callees));
    const text = next.toString();
    navigate(`/services/${encodeURIComponent(service)}${text === '' ? '' : `?${text}`}`);
  };
  useEffect(() => {
    document.title = `${service} · Services · Clew`;
  }, [service]);
  useCommands('Service', [
    { label: 'Its part of the map', keys: ['m'], run: () => navigate(mapPath(service, range)) },
    { label: 'Count again', keys: ['r'], run: () => setAskedMs(Date.now()) },
  ]);
  const traces = (failed: boolean) =>
    linkTo(
      tracesPath(spansWith(failed ? [ofService(service), kFailed] : [ofService(service)]), times),
    );
  return (
    <main id="main" class="services-page service-page">
      <PageHead
        title={
          <h1>
            <a href={linkTo(servicesPath({ ...kNewAddress, range }))}>Services</a>
            <span aria-hidden="true"> / </span>
            <Swatch service={service} /> {service}
          </h1>
        }
        range={range}
        onRange={next => go({ range: next })}
        onAgain={() => setAskedMs(Date.now())}
      >
        <span class="links">
          <a class="button" href={traces(false)}>
            Traces
          </a>
          <a class="button" href={traces(true)}>
            Failed traces
          </a>
          <a class="button" title="Its part of the map (m)" href={linkTo(mapPath(service, range))}>
            On the map
          </a>
        </span>
      </PageHead>
      <Charts service={service} times={times} onRange={next => go({ range: next })} />
      <Operations
        {...{ service, times, sort }}
        onSort={next => go({ sort: next })}
        rowsShown={rowsOf('shown')}
      />
      <Neighbours
        {...{ service, range, times, callers, callees }}
        callersShown={rowsOf('shownCallers')}
        calleesShown={rowsOf('shownCallees')}
        onSort={(of, sort) => go({ [of]: sort })}
      />
    </main>
  );
}

interface PartProps {
  service: string;
  times: Times;
}

function Charts({ service, times, onRange }: PartProps & { onRange: (range: Range) => void }) {
  const again = useAgain();
  const step = stepSeconds(times, kChartPoints);
  const answer = useAnswer(
    `${service} ${times.startUs} ${times.endUs} ${again.count}`,
    async signal => {
      const [course] = await Promise.all([
        fetchCourse([ofService(service)], times, step, signal),
        coloursSettled(),
      ]);
      return course;
    },
  );
  const Chart = useChart();
  const shown = useMemo(() => answer.value && linesOf(answer.value), [answer.value]);
  const select = (startS: number, endS: number) =>
    onRange({ startUs: Math.round(startS * 1e6), endUs: Math.round(endS * 1e6) });
  return (
    <section class="services-body" aria-label="Over time" aria-busy={answer.state === 'loading'}>
      {answer.state === 'loading' && <Waiting again={answer.value !== undefined} />}
      {answer.state === 'failed' && answer.error && (
        <Failure title="The spans could not be counted" error={answer.error} onRetry={again.doIt} />
      )}
      {answer.value && <Cut complete={answer.value.rate.complete} isFull={false} />}
      {shown && shown.spans === 0 && <NoSpans onWiden={() => onRange({ lookback: '7d' })} />}
      {shown && shown.spans > 0 && (
        <>
          <dl class="figures">
            <Figure name="Spans" value={shown.spans.toLocaleString('en')} />
            <Figure
              name="Rate"
              value={formatRate((shown.spans * 1e6) / (times.endUs - times.startUs))}
            />
            <Figure name="Errors" value={formatShare(shown.errors / shown.spans)} />
          </dl>
          {Chart && (
            <div class="chart-row">
              <Chart
                title="Spans and errors"
                timesS={shown.timesS}
                lines={shown.rates}
                format={formatRate}
                onSelect={select}
              />
              <Chart
                title="Durations"
                timesS={shown.timesS}
                lines={shown.durations}
                format={seconds => formatDuration(seconds * 1e9)}
                onSelect={select}
              />
            </div>
          )}
        </>
      )}
    </section>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Operations({
  service,
  times,
  sort,
  onSort,
  rowsShown,
}: PartProps & { sort: Sort; onSort: (sort: Sort) => void; rowsShown: ShownRows }) {
  const again = useAgain();
  const step = stepSeconds(times, kSparkPoints);
  const answer = useAnswer(`${service} ${times.startUs} ${times.endUs} ${again.count}`, signal =>
    fetchRed('name', [ofService(service)], 'all', times, step, signal),
  );
  const rows = answer.value ? sortRows(redRows(answer.value, 'name'), sort) : [];
  return (
    <section class="services-body" aria-label="Operations" aria-busy={answer.state === 'loading'}>
      <h2>Operations{answer.value ? ` (${rows.length.toLocaleString('en')})` : ''}</h2>
      {answer.state === 'loading' && <Waiting again={answer.value !== undefined} />}
      {answer.state === 'failed' && answer.error && (
        <Failure
          title="The operations could not be counted"
          error={answer.error}
          onRetry={again.doIt}
        />
      )}
      {answer.value && (
        <Cut
          complete={answer.value.rate.complete && answer.value.quantiles.complete}
          isFull={rows.length >= kMostSeries}
        />
      )}
      {rows.length > 0 && (
        <RedTable
          label={`Operations of ${service}`}
          noun="operation"
          rows={rows}
          sort={sort}
          onSort={onSort}
          {...rowsShown}
          name={row => row.name}
          traces={(row, failed) =>
            linkTo(
              tracesPath(
                spansWith([
                  ofService(service),
                  `name = ${quoted(row.name)}`,
                  ...(failed ? [kFailed] : []),
                ]),
                times,
              ),
            )
          }
        />
      )}
    </section>
  );
}

interface NeighboursProps extends PartProps {
  range: Range;
  callers: CallSort;
  callees: CallSort;
  callersShown: ShownRows;
  calleesShown: ShownRows;
  onSort: (of: 'callers' | 'callees', sort: CallSort) => void;
}

function Neighbours({ service, range, times, ...sorted }: NeighboursProps) {
  const again = useAgain();
  const answer = useAnswer(`${times.startUs} ${times.endUs} ${again.count}`, signal =>
    fetchCalls(times, signal),
  );
  const calls = answer.value?.dependencies ?? [];
  const callers = calls.filter(call => call.child === service);
  const callees = calls.filter(call => call.parent === service);
  return (
    <section class="services-body" aria-label="Calls" aria-busy={answer.state === 'loading'}>
      {answer.state === 'loading' && <Waiting again={answer.value !== undefined} />}
      {answer.state === 'failed' && answer.error && (
        <Failure title="The calls could not be counted" error={answer.error} onRetry={again.doIt} />
      )}
      {answer.value && (
        <>
          <Cut complete={answer.value.complete} isFull={false} />
          <h2>Called by {plural(callers.length, 'service')}</h2>
          {callers.length > 0 && (
            <CallTable
              label="Callers"
              calls={callers}
              range={range}
              times={times}
              without="child"
              sort={sorted.callers}
              onSort={sort => sorted.onSort('callers', sort)}
              {...sorted.callersShown}
            />
          )}
          <h2>Calls {plural(callees.length, 'service')}</h2>
          {callees.length > 0 && (
            <CallTable
              label="Callees"
              calls={callees}
              range={range}
              times={times}
              without="parent"
              sort={sorted.callees}
              onSort={sort => sorted.onSort('callees', sort)}
              {...sorted.calleesShown}
            />
          )}
        </>
      )}
    </section>
  );
}

/** The charts with their library, once it is here. */
function useChart(): ChartPart | undefined {
  const [part, setPart] = useState<{ Chart: ChartPart }>();
  useEffect(() => {
    // Without it the numbers and tables still stand; the browser reports what did not come.
    void import('./chart').then(({ default: Chart }) => setPart({ Chart }));
  }, []);
  return part?.Chart;
}

function linesOf({ rate, errors, quantiles }: Course): {
  timesS: number[];
  rates: PlotLine[];
  durations: PlotLine[];
  spans: number;
  errors: number;
} {
  const calls = rate.series[0]?.points ?? [];
  const failures = errors.series[0]?.points ?? [];
  const points = Math.max(calls.length, ...quantiles.series.map(series => series.points.length));
  const line = (values: readonly (number | null)[], ifNone: number | null) =>
    Array.from({ length: points }, (_, i) => values[i] ?? ifNone);
  const colours = ['var(--accent)', 'var(--warning)', 'var(--error)'];
  const seconds = rate.stepUs / 1e6;
  const total = (values: readonly (number | null)[]) =>
    Math.round(values.reduce<number>((sum, value) => sum + (value ?? 0), 0) * seconds);
  return {
    timesS: Array.from({ length: points }, (_, i) => rate.startUs / 1e6 + (i + 1) * seconds),
    rates: [
      { label: 'spans', colour: 'var(--accent)', values: line(calls, 0) },
      { label: 'errors', colour: 'var(--error)', values: line(failures, 0), dash: [5, 4] },
    ],
    durations: quantiles.series
      .map(series => ({ p: Number(labelOf(series, 'p')), series }))
      .sort((a, b) => a.p - b.p)
      .map(({ p, series }, i) => ({
        label: `p${p * 100}`,
        colour: colours[i] ?? 'var(--text)',
        values: line(series.points.map(noZero), null),
        ...(i > 0 ? { dash: [5, 4] } : {}),
      })),
    spans: total(calls),
    errors: total(failures),
  };
}

function mapPath(service: string, range: Range): string {
  return servicesPath({ ...kNewAddress, range, view: 'map', focus: service, at: service });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // no name of ours; it will have no spans
  }
}
