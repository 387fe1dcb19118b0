import type { Found } from '../api/explore';
import { CopyButton } from '../parts/copy_button';
import { Failure } from '../parts/failure';
import { DownloadIcon, LinkIcon, RefreshIcon, WarningIcon } from '../parts/icons';
import { plural } from '../parts/service_pill';
import type { Answer } from '../parts/use_answer';
import { linkTo } from '../router';
import { ColumnsMenu } from './columns_menu';
import { NothingFound } from './nothing_found';
import { explorePath, kLimits, type Explored } from './query';
import type { Run } from './run';
import { SavedMenu } from './saved_menu';
import { fixedWindow } from './time_window';
import { TraceTable } from './trace_table';

interface Props {
  explored: Explored;
  run: Run;
  found: Answer<Found>;
  onChange: (change: Partial<Explored>) => void;
  onAgain: () => void;
  onOpenFile: () => void;
}

/** The traces that match, page by page, and what one can do with them. */
export function FoundView({ explored, run, found, onChange, onAgain, onOpenFile }: Props) {
  const { value, error, state } = found;
  // The query's own faults are told where it is written.
  const isFault = error?.status === 400;
  return (
    <section class="found" aria-labelledby="found-title" aria-busy={state === 'loading'}>
      <h2 id="found-title" class="hidden">
        Traces
      </h2>
      {state === 'loading' && <div class="progress" role="progressbar" aria-label="Searching" />}
      <Toolbar {...{ explored, run, onChange, onAgain, onOpenFile }} found={value} />
      {error && !isFault && <Failure title="The search failed" error={error} onRetry={onAgain} />}
      {isFault && (
        <p class="dim">Nothing was searched: the query above has to be corrected first.</p>
      )}
      {state === 'loading' && !value && <Skeleton />}
      {value && !value.complete && (
        <p class="notice">
          <WarningIcon />
          <span>
            The search stopped early, at its time limit: there may be more traces than these. A
            service, a shorter time or an attribute makes it complete.
          </span>
        </p>
      )}
      {value && value.traces.length === 0 && explored.after === '' && (
        <NothingFound explored={explored} onChange={onChange} />
      )}
      {value && value.traces.length > 0 && (
        <>
          <TraceTable
            traces={value.traces}
            columns={explored.columns}
            sort={explored.sort}
            onSort={sort => onChange({ sort })}
            onRemoveColumn={removed =>
              onChange({ columns: explored.columns.filter(column => column !== removed) })
            }
          />
          <Paging explored={explored} found={value} onChange={onChange} />
        </>
      )}
    </section>
  );
}

/** The same traces merged; that page reads the same question. */
function populationPath(q: string, run: Run): string {
  return explorePath({ q, window: fixedWindow(run.bounds) }).replace('/search', '/population');
}

interface ToolbarProps extends Omit<Props, 'found'> {
  found: Found | undefined;
}

function Toolbar({ explored, run, found, onChange, onAgain, onOpenFile }: ToolbarProps) {
  const withErrors = found?.traces.filter(trace => trace.errorCount > 0).length ?? 0;
  const link = () =>
    location.origin + linkTo(explorePath({ ...explored, window: fixedWindow(run.bounds) }));
  return (
    <div class="results-bar">
      <p role="status">
        {found && (
          <>
            <b>{plural(found.traces.length, 'trace')}</b>
            {explored.after !== '' && ' on this page'}
            {found.nextPageToken !== '' && <span class="dim">, there are more</span>}
            {withErrors > 0 && <span>, {withErrors} with errors</span>}
            <span class="dim">
              {explored.sort && found.nextPageToken !== ''
                ? ' · sorted within this page'
                : explored.sort
                  ? ''
                  : ' · newest first'}{' '}
              · {found.elapsedMs} ms
            </span>
          </>
        )}
      </p>
      <ColumnsMenu columns={explored.columns} onChange={columns => onChange({ columns })} />
      <SavedMenu path={explorePath(explored)} />
      <a
        class="button"
        href={linkTo(populationPath(run.q, run))}
        title="All traces that match as one flame graph"
      >
        Merge
      </a>
      <CopyButton
        text={link}
        label="Copy a link to this search, with its times fixed"
        caption="Copy link"
        icon="link"
      />
      <button
        type="button"
        class="button"
        disabled={!found || found.traces.length === 0}
        title="The traces of this page as JSON"
        onClick={() => found && download(explored, run, found)}
      >
        <DownloadIcon />
        <span>Download</span>
      </button>
      <button
        type="button"
        class="button"
        title="Open traces of a file: OTLP, Jaeger or Zipkin JSON. It stays in this browser."
        onClick={onOpenFile}
      >
        <LinkIcon />
        <span>Open file</span>
      </button>
      <button type="button" class="button" title="Search again (r)" onClick={onAgain}>
        <RefreshIcon />
        <span>Refresh</span>
      </button>
    </div>
  );
}

/** As a file: the question and what was found. */
function download(explored: Explored, run: Run, found: Found): void {
  const { startUs, endUs } = run.bounds;
  const content = { q: explored.q, startUs, endUs, ...found };
  const url = URL.createObjectURL(
    new Blob([JSON.stringify(content, null, 1)], { type: 'application/json' }),
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = `traces-${new Date(run.atMs).toISOString().slice(0, 19).replace(/:/g, '')}.json`;
  link.click();
  URL.revokeObjectURL(url);
}

interface PagingProps {
  explored: Explored;
  found: Found;
  onChange: (change: Partial<Explored>) => void;
}

function Paging({ explored, found, onChange }: PagingProps) {
  const limits = kLimits.includes(explored.limit) ? kLimits : [explored.limit, ...kLimits];
  return (
    <div class="paging">
      {explored.after !== '' && (
        <button type="button" class="button" onClick={() => onChange({ after: '' })}>
          Newest
        </button>
      )}
      {found.nextPageToken !== '' && (
        <button
          type="button"
          class="button"
          onClick={() => onChange({ after: found.nextPageToken })}
        >
          Older
        </button>
      )}
      <label class="field inline">
        <span>Traces on a page</span>
        <select
          value={String(explored.limit)}
          onChange={event => onChange({ limit: Number(event.currentTarget.value), after: '' })}
        >
          {limits.map(limit => (
            <option key={limit} value={String(limit)}>
              {limit}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** Grey bars where the results will be, so that nothing jumps when they come. */
function Skeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: 7 }, (_, i) => (
        <div key={i} />
      ))}
    </div>
  );
}
