import { descendantCount, errorsBelow } from '../model/rows';
import { at, Oddity, serviceOf, spanAt, type TraceModel } from '../model/trace';
import { ChevronIcon, ErrorIcon, WarningIcon } from '../parts/icons';
import { KindGlyph } from '../parts/kind_glyph';
import { plural } from '../parts/service_pill';
import { serviceColour } from '../parts/service_colour';
import { formatDuration } from '../text/duration';
import { barOf } from './time_axis';
import { oddityTexts } from './trace_notices';
import type { Action } from './view_state';
import { kRowHeightPx } from './waterfall';

interface Props {
  model: TraceModel;
  span: number;
  row: number;
  isActive: boolean;
  /** Its details are open. */
  isOpen: boolean;
  isCollapsed: boolean;
  isMatch: boolean;
  isDimmed: boolean;
  act: (action: Action) => void;
}

const kIndentPx = 12;
/** Deeper spans stand no further right: the name would have no room. A number tells their depth. */
const kMostIndents = 18;

export function WaterfallRow(props: Props) {
  const { model, span, row, isActive, isOpen, isCollapsed, act } = props;
  const hasError = at(model.errors, span) === 1;
  const below = descendantCount(model, span);
  return (
    <div
      class="row"
      role="row"
      id={`span-${span}`}
      tabIndex={isActive ? 0 : -1}
      aria-level={at(model.depth, span) + 1}
      aria-rowindex={row + 2}
      aria-selected={isOpen}
      {...(below > 0 ? { 'aria-expanded': !isCollapsed } : {})}
      data-active={isActive}
      data-error={hasError}
      data-match={props.isMatch}
      data-dimmed={props.isDimmed}
      style={{ top: `${row * kRowHeightPx}px`, '--service': serviceColour(serviceOf(model, span)) }}
      onClick={() => act({ do: 'goTo', span, detail: true })}
    >
      <NameCell {...props} hasError={hasError} below={below} />
      <TimeCell model={model} span={span} hasError={hasError} />
    </div>
  );
}

function NameCell({
  model,
  span,
  isCollapsed,
  hasError,
  below,
  act,
}: Props & { hasError: boolean; below: number }) {
  const depth = at(model.depth, span);
  const indents = Math.min(depth, kMostIndents);
  const oddities = at(model.oddities, span) === 0 ? [] : oddityTexts(model, span);
  const isOrphan = (at(model.oddities, span) & Oddity.orphan) !== 0;
  const { kind, name } = spanAt(model, span);
  return (
    <div class="name-cell" role="gridcell">
      <span class="indent" style={{ width: `${indents * kIndentPx}px` }} />
      {depth > kMostIndents && (
        <span class="deep" title={`level ${depth + 1}`}>
          {depth + 1}
        </span>
      )}
      {below > 0 ? (
        <span
          class="twist"
          data-collapsed={isCollapsed}
          title={isCollapsed ? 'Open (→)' : 'Close (←)'}
          onClick={event => {
            event.stopPropagation();
            act({ do: 'toggle', span });
          }}
        >
          <ChevronIcon />
        </span>
      ) : (
        <span class="twist" data-leaf />
      )}
      <span class="colour" />
      <KindGlyph kind={kind} />
      {hasError && (
        <span class="mark" title="This span failed">
          <ErrorIcon />
          <span class="hidden">error</span>
        </span>
      )}
      {oddities.length > 0 && (
        <span class="mark" title={oddities.join('\n')}>
          <WarningIcon />
          <span class="hidden">{oddities.join(' ')}</span>
        </span>
      )}
      <span class="service">{serviceOf(model, span)}</span>
      <span class="operation" title={name}>
        {name}
      </span>
      {isOrphan && <span class="tag-warning">parent missing</span>}
      {isCollapsed && <Folded count={below} errors={errorsBelow(model, span)} />}
    </div>
  );
}

/** What a collapsed row hides. Errors among it must not go unseen. */
function Folded({ count, errors }: { count: number; errors: number }) {
  const said = `${plural(count, 'span')} below${errors > 0 ? `, ${plural(errors, 'error')}` : ''}`;
  return (
    <span class="folded" title={said}>
      <span aria-hidden="true">+{count.toLocaleString('en')}</span>
      {errors > 0 && <ErrorIcon />}
      <span class="hidden">{said}</span>
    </span>
  );
}

function TimeCell({
  model,
  span,
  hasError,
}: {
  model: TraceModel;
  span: number;
  hasError: boolean;
}) {
  const record = spanAt(model, span);
  const bar = barOf(model, record);
  const duration = formatDuration(record.durationNs);
  const offset = formatDuration(record.startNs - model.startNs);
  return (
    <div class="time-cell" role="gridcell" aria-label={`after ${offset}, takes ${duration}`}>
      <div
        class="bar"
        data-error={hasError}
        style={{ left: `${bar.left}%`, width: `${bar.width}%` }}
      >
        <span class="bar-label">{duration}</span>
      </div>
    </div>
  );
}
