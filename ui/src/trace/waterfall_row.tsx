import { Flag } from '../model/columns';
import { piecesOf, type PathByRow } from '../model/critical_path';
import { groupFacts } from '../model/group_facts';
import { descendantCount, isGroupLine } from '../model/folds';
import { stretchesIn } from '../model/stretches';
import {
  countWithin,
  hasFailed,
  kindOf,
  nameOf,
  serviceOf,
  type TraceFacts,
} from '../model/trace_facts';
import { ChevronIcon, ErrorIcon, WarningIcon } from '../parts/icons';
import { KindGlyph } from '../parts/kind_glyph';
import { plural } from '../parts/service_pill';
import { serviceColour } from '../parts/service_colour';
import { formatDuration } from '../text/duration';
import type { TimeWindow } from './faces';
import { oddityTexts } from './trace_notices';
import { foldingOf, type Action, type ViewState } from './view_state';

interface Props {
  state: ViewState;
  facts: TraceFacts;
  row: number;
  line: number;
  /** Pixels below the top of the pane; of the line; of the whole time axis. */
  top: number;
  height: number;
  axisWidth: number;
  window: TimeWindow;
  isActive: boolean;
  /** Its details are open. */
  isOpen: boolean;
  isMatch: boolean;
  isDimmed: boolean;
  /** Undefined until it has been worked out. */
  path: PathByRow | undefined;
  act: (action: Action) => void;
}

const kIndentPx = 12;
/** Deeper spans stand no further right: the name would have no room. A number tells their depth. */
const kMostIndents = 18;
/** Lines that are lower than this have no text. */
export const kTextPx = 16;

export function WaterfallRow(props: Props) {
  const { state, row, line, height, isActive, isOpen, act } = props;
  const { columns } = state;
  const failed = hasFailed(columns, row);
  const folding = foldingOf(state, row);
  return (
    <div
      class="row"
      role="row"
      id={`span-${row}`}
      tabIndex={isActive ? 0 : -1}
      aria-level={(columns.depth[row] ?? 0) + 1}
      aria-rowindex={line + 2}
      aria-selected={isOpen}
      {...(folding === 'leaf' ? {} : { 'aria-expanded': folding === 'open' })}
      data-active={isActive}
      data-error={failed}
      data-match={props.isMatch}
      data-dimmed={props.isDimmed}
      data-flat={height < kTextPx}
      style={{
        top: `${props.top}px`,
        height: `${Math.max(3, height)}px`,
        '--service': serviceColour(serviceOf(columns, row)),
      }}
      onClick={() => act({ do: 'goTo', row, detail: true })}
    >
      <NameCell {...props} failed={failed} folding={folding} />
      <TimeCell {...props} />
    </div>
  );
}

function NameCell({
  state,
  facts,
  row,
  failed,
  folding,
  act,
}: Props & { failed: boolean; folding: ReturnType<typeof foldingOf> }) {
  const { columns } = state;
  const name = nameOf(columns, row);
  const oddities = oddityTexts(columns, row);
  return (
    <div class="name-cell" role="gridcell">
      <Indent depth={columns.depth[row] ?? 0} />
      {folding === 'leaf' ? (
        <span class="twist" data-leaf />
      ) : (
        <span
          class="twist"
          data-collapsed={folding === 'closed'}
          title={folding === 'closed' ? 'Open (→)' : 'Close (←)'}
          onClick={event => {
            event.stopPropagation();
            act({ do: 'toggle', row });
          }}
        >
          <ChevronIcon />
        </span>
      )}
      <span class="colour" />
      <KindGlyph kind={kindOf(columns, row)} />
      {failed && (
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
      <span class="service">{serviceOf(columns, row)}</span>
      <span class="operation" title={name}>
        {name}
      </span>
      {((columns.flags[row] ?? 0) & Flag.orphan) !== 0 && (
        <span class="tag-warning">parent missing</span>
      )}
      {folding === 'closed' && <Folded state={state} facts={facts} row={row} />}
    </div>
  );
}

function Indent({ depth }: { depth: number }) {
  const indents = Math.min(depth, kMostIndents);
  return (
    <>
      <span class="indent" style={{ width: `${indents * kIndentPx}px` }} />
      {depth > kMostIndents && (
        <span class="deep" title={`level ${depth + 1}`}>
          {depth + 1}
        </span>
      )}
    </>
  );
}

/** What a line hides: what is below it, or its equal siblings. Errors among it must not go unseen. */
function Folded({ state, facts, row }: { state: ViewState; facts: TraceFacts; row: number }) {
  const { columns, folds } = state;
  const group =
    folds.equal && isGroupLine(folds, row)
      ? groupFacts(columns, folds.equal, facts.failed, row)
      : undefined;
  const below = descendantCount(columns, row);
  const errors = group?.errors ?? countWithin(facts.failed, row + 1, columns.subtreeEnd[row] ?? 0);
  const what = group
    ? `${plural(group.size, 'span')} alike, with all below them`
    : `${plural(below, 'span')} below`;
  const said = `${what}${errors > 0 ? `, ${plural(errors, 'error')}` : ''}`;
  return (
    <span class="folded" title={said} data-group={group !== undefined}>
      <span aria-hidden="true">
        {group ? `×${group.size.toLocaleString('en')}` : `+${below.toLocaleString('en')}`}
      </span>
      {errors > 0 && <ErrorIcon />}
      <span class="hidden">{said}</span>
    </span>
  );
}

/** Gaps of the critical path that are narrower, in percent of the window, are not drawn. */
const kLeastGap = 0.1;

/** The bar is in the picture; here are its length in words and what tells it to those who do not see. */
function TimeCell({ state, row, window, axisWidth, path }: Props) {
  const { columns, folds } = state;
  const start = columns.start[row] ?? 0;
  const ticks = columns.duration[row] ?? 0;
  const duration = formatDuration(ticks * columns.tickNs);
  const pieces = path && piecesOf(path, row);
  const onPath = pieces && pieces.from.length > 0 ? ', on the critical path' : '';
  const said = `after ${formatDuration(start * columns.tickNs)}, takes ${duration}${onPath}`;
  const isGroup = isGroupLine(folds, row);
  const isInWindow = start <= window.to && start + ticks >= window.from;
  return (
    <div class="time-cell" role="gridcell" aria-label={isGroup ? `the first: ${said}` : said}>
      {pieces &&
        !isGroup &&
        stretchesIn(pieces, window, kLeastGap).map(({ left, width }) => (
          <i key={left} class="path-piece" style={{ left: `${left}%`, width: `${width}%` }} />
        ))}
      {!isGroup && isInWindow && (
        <BarLabel end={start + ticks} window={window} width={axisWidth}>
          {duration}
        </BarLabel>
      )}
    </div>
  );
}

interface BarLabelProps {
  end: number;
  window: TimeWindow;
  width: number;
  children: string;
}

/** Behind the bar, or behind the window: the gap after the axis has room for it. */
function BarLabel({ end, window, width, children }: BarLabelProps) {
  const { from, to } = window;
  const left = Math.min(width, ((end - from) / (to - from)) * width) + 5;
  return (
    <span class="bar-label" style={{ left: `${left}px` }}>
      {children}
    </span>
  );
}
