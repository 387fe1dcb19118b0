import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import type { TraceColumns } from '../model/columns';
import { hasFailed, kindOf, nameOf, serviceOf } from '../model/trace_facts';
import { CopyButton } from '../parts/copy_button';
import { Failure } from '../parts/failure';
import { CloseIcon, ErrorIcon, WarningIcon } from '../parts/icons';
import { KindGlyph } from '../parts/kind_glyph';
import { Swatch } from '../parts/service_pill';
import { useAnswer } from '../parts/use_answer';
import { tracePath, urlOf } from '../router';
import { kIsSaved } from '../saved/is_saved';
import { formatDuration } from '../text/duration';
import { AttributeTable, shownAttributes } from './attribute_table';
import { EventList } from './event_list';
import { LinkList } from './link_list';
import { LinkedFrom } from './linked_from';
import { Section } from './section';
import type { FullSpan, SpanSource } from './span_source';
import { oddityTexts } from './trace_notices';
import type { Action } from './view_state';

/** Fetched with a span on both sides, so that going on to the next one needs no waiting. */
const kNeighbours = 50;

interface Props {
  columns: TraceColumns;
  row: number;
  spans: SpanSource;
  act: (action: Action) => void;
  /** Told the ID of the span once it is known. */
  onSpan: (spanId: string) => void;
}

/** Everything one span says. What the columns know of it is there at once, the rest is fetched. */
export function DetailPanel({ columns, row, spans, act, onSpan }: Props) {
  const [round, setRound] = useState(0);
  const answer = useAnswer(`${row}#${round}`, async signal => {
    const from = Math.max(0, row - kNeighbours);
    const found = await spans.fetch(from, 2 * kNeighbours + 1, signal);
    const full = found.find(candidate => candidate.row === row);
    if (!full) throw new ApiError(200, 'unexpected_answer', 'The server did not send this span.');
    onSpan(full.span.spanId);
    return full;
  });
  const name = nameOf(columns, row);
  const kind = kindOf(columns, row);
  return (
    <aside class="detail" aria-label={`Details of ${name}`}>
      <header class="detail-head">
        <div>
          <h2>{name}</h2>
          <p>
            <Swatch service={serviceOf(columns, row)} />
            {serviceOf(columns, row)}
            <span class="dim">
              <KindGlyph kind={kind} /> {kind}
            </span>
          </p>
        </div>
        <button
          type="button"
          class="icon-button"
          title="Close (Esc)"
          aria-label="Close the details"
          onClick={() => act({ do: 'closeDetail' })}
        >
          <CloseIcon />
        </button>
      </header>
      <div class="detail-body" tabIndex={0} role="group" aria-label="Details">
        <Troubles columns={columns} row={row} full={answer.value} />
        {answer.state === 'ready' && answer.value && (
          <Contents columns={columns} full={answer.value} act={act} />
        )}
        {answer.state === 'loading' && (
          <div class="progress" role="progressbar" aria-label="Loading the span" />
        )}
        {answer.error && (
          <Failure
            title="The span could not be loaded"
            error={answer.error}
            onRetry={() => setRound(round + 1)}
          />
        )}
      </div>
    </aside>
  );
}

interface ContentsProps {
  columns: TraceColumns;
  full: FullSpan;
  act: (action: Action) => void;
}

function Contents({ columns, full, act }: ContentsProps) {
  const [filter, setFilter] = useState('');
  const { span, resource } = full;
  const attributes = shownAttributes(span.attributes, filter);
  const ofResource = shownAttributes(resource.attributes, filter);
  const { startNs } = columns;
  return (
    <>
      <Facts columns={columns} full={full} act={act} />
      <input
        class="detail-filter"
        type="text"
        aria-label="Filter the tags"
        placeholder="Filter tags"
        autocomplete="off"
        spellcheck={false}
        value={filter}
        onInput={event => setFilter(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          if (filter === '') event.currentTarget.blur();
          else setFilter('');
        }}
      />
      <Section title="Tags" count={attributes.length} of={span.attributes.length}>
        <AttributeTable attributes={attributes} traceStartNs={startNs} />
        <Dropped count={span.droppedAttributes} what="tag" />
      </Section>
      <Section title="Events" count={span.events.length}>
        <EventList span={span} filter={filter} traceStartNs={startNs} />
        <Dropped count={span.droppedEvents} what="event" />
      </Section>
      <Section title="Process" count={ofResource.length} of={resource.attributes.length}>
        <AttributeTable attributes={ofResource} traceStartNs={startNs} />
      </Section>
      <Section title="Links" count={span.links.length}>
        <LinkList links={span.links} traceStartNs={startNs} />
        <Dropped count={span.droppedLinks} what="link" />
      </Section>
      {!kIsSaved && (
        <LinkedFrom traceId={columns.traceId} spanId={span.spanId} traceStartNs={startNs} />
      )}
    </>
  );
}

function Troubles({
  columns,
  row,
  full,
}: {
  columns: TraceColumns;
  row: number;
  full: FullSpan | undefined;
}) {
  return (
    <>
      {hasFailed(columns, row) && (
        <p class="notice failed">
          <ErrorIcon />
          <span>{full?.span.status.message || 'This span failed.'}</span>
        </p>
      )}
      {oddityTexts(columns, row).map(text => (
        <p class="notice" key={text}>
          <WarningIcon />
          <span>{text}</span>
        </p>
      ))}
    </>
  );
}

function Facts({ columns, full, act }: ContentsProps) {
  const { span: record, scope, row } = full;
  const parent = columns.parent[row] ?? -1;
  return (
    <dl class="detail-facts">
      <Fact name="Duration">
        <b>{formatDuration(record.durationNs)}</b>
      </Fact>
      <Fact name="Start">+{formatDuration(record.startNs)}</Fact>
      <Fact name="Status">{statusText(record.status.code, hasFailed(columns, row))}</Fact>
      <Fact name="Scope">
        {scope.name === '' ? <span class="dim">none</span> : `${scope.name} ${scope.version}`}
      </Fact>
      <Fact name="Span ID">
        <span class="mono">{record.spanId}</span>
        <CopyButton text={record.spanId} label="Copy span ID" />
        <CopyButton
          text={() => urlOf(tracePath(columns.traceId, record.spanId))}
          label="Copy a link to this span"
          icon="link"
        />
      </Fact>
      <Fact name="Parent">
        {parent !== -1 ? (
          <button
            type="button"
            class="link-button mono"
            onClick={() => act({ do: 'goTo', row: parent })}
          >
            {record.parentId || nameOf(columns, parent)}
          </button>
        ) : (
          <span class="mono">{record.parentId || <span class="dim">none: a root</span>}</span>
        )}
      </Fact>
      {record.traceState !== '' && (
        <Fact name="Trace state">
          <span class="mono">{record.traceState}</span>
        </Fact>
      )}
      {record.parentId !== '' && remoteText(record.flags) !== '' && (
        <Fact name="Parent is in">{remoteText(record.flags)}</Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Dropped({ count, what }: { count: number; what: string }) {
  if (count === 0) return null;
  return (
    <p class="notice">
      <WarningIcon />
      <span>
        The sender dropped {count} {what}
        {count === 1 ? '' : 's'} at its own limit.
      </span>
    </p>
  );
}

function statusText(code: 'unset' | 'ok' | 'error', failed: boolean): string {
  return code === 'unset' && failed ? 'unset, but tagged error=true' : code;
}

/** OTLP flags: bit 8 says whether it is known, bit 9 whether the parent was in another process. */
function remoteText(flags: number): string {
  if ((flags & 0x100) === 0) return '';
  return (flags & 0x200) === 0 ? 'this process' : 'another process';
}
