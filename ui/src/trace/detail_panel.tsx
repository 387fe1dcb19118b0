import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { at, serviceOf, spanAt, type TraceModel } from '../model/trace';
import { CopyButton } from '../parts/copy_button';
import { CloseIcon, ErrorIcon, WarningIcon } from '../parts/icons';
import { KindGlyph } from '../parts/kind_glyph';
import { Swatch } from '../parts/service_pill';
import { linkTo, tracePath } from '../router';
import { formatDuration } from '../text/duration';
import { AttributeTable, shownAttributes } from './attribute_table';
import { EventList } from './event_list';
import { LinkList } from './link_list';
import { Section } from './section';
import { oddityTexts } from './trace_notices';
import type { Action } from './view_state';

interface Props {
  model: TraceModel;
  span: number;
  act: (action: Action) => void;
}

/** Everything one span says. */
export function DetailPanel({ model, span, act }: Props) {
  const [filter, setFilter] = useState('');
  const record = spanAt(model, span);
  const resource = at(model.trace.resources, record.resource);
  const attributes = shownAttributes(record.attributes, filter);
  const ofResource = shownAttributes(resource.attributes, filter);
  return (
    <aside class="detail" aria-label={`Details of ${record.name}`}>
      <header class="detail-head">
        <div>
          <h2>{record.name}</h2>
          <p>
            <Swatch service={serviceOf(model, span)} />
            {serviceOf(model, span)}
            <span class="dim">
              <KindGlyph kind={record.kind} /> {record.kind}
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
        <Troubles model={model} span={span} />
        <Facts model={model} span={span} act={act} />
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
        <Section title="Tags" count={attributes.length} of={record.attributes.length}>
          <AttributeTable attributes={attributes} traceStartNs={model.trace.startNs} />
          <Dropped count={record.droppedAttributes} what="tag" />
        </Section>
        <Section title="Events" count={record.events.length}>
          <EventList model={model} span={record} filter={filter} />
          <Dropped count={record.droppedEvents} what="event" />
        </Section>
        <Section title="Process" count={ofResource.length} of={resource.attributes.length}>
          <AttributeTable attributes={ofResource} traceStartNs={model.trace.startNs} />
        </Section>
        <Section title="Links" count={record.links.length}>
          <LinkList links={record.links} traceStartNs={model.trace.startNs} />
          <Dropped count={record.droppedLinks} what="link" />
        </Section>
      </div>
    </aside>
  );
}

function Troubles({ model, span }: { model: TraceModel; span: number }) {
  const { status } = spanAt(model, span);
  const oddities = oddityTexts(model, span);
  const failed = at(model.errors, span) === 1;
  return (
    <>
      {failed && (
        <p class="notice failed">
          <ErrorIcon />
          <span>{status.message || 'This span failed.'}</span>
        </p>
      )}
      {oddities.map(text => (
        <p class="notice" key={text}>
          <WarningIcon />
          <span>{text}</span>
        </p>
      ))}
    </>
  );
}

function Facts({ model, span, act }: Props) {
  const record = spanAt(model, span);
  const scope = at(model.trace.scopes, record.scope);
  const parent = at(model.parent, span);
  return (
    <dl class="detail-facts">
      <Fact name="Duration">
        <b>{formatDuration(record.durationNs)}</b>
      </Fact>
      <Fact name="Start">+{formatDuration(record.startNs - model.startNs)}</Fact>
      <Fact name="Status">{statusText(record.status.code, at(model.errors, span) === 1)}</Fact>
      <Fact name="Scope">
        {scope.name === '' ? <span class="dim">none</span> : `${scope.name} ${scope.version}`}
      </Fact>
      <Fact name="Span ID">
        <span class="mono">{record.spanId}</span>
        <CopyButton text={record.spanId} label="Copy span ID" />
        <CopyButton
          text={() => location.origin + linkTo(tracePath(model.trace.traceId, record.spanId))}
          label="Copy a link to this span"
          icon="link"
        />
      </Fact>
      <Fact name="Parent">
        {parent !== -1 ? (
          <button
            type="button"
            class="link-button mono"
            onClick={() => act({ do: 'goTo', span: parent })}
          >
            {record.parentId}
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
