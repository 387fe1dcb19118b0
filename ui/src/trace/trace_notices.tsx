import { Flag, type TraceColumns } from '../model/columns';
import { isSkewed, type TraceFacts } from '../model/trace_facts';
import { WarningIcon } from '../parts/icons';
import { plural } from '../parts/service_pill';
import { formatDuration } from '../text/duration';

interface Props {
  columns: TraceColumns;
  facts: TraceFacts;
  /** A span ID the URL asks for and the trace has not; empty: none. */
  missingSpan: string;
  onGoTo: (row: number) => void;
}

const kTexts: readonly {
  name: 'orphans' | 'skewed' | 'startless';
  text: (spans: string, one: boolean) => string;
}[] = [
  {
    name: 'orphans',
    text: (spans, one) =>
      `${spans} whose parent was not received: ${one ? 'it stands' : 'they stand'} at the top level.`,
  },
  {
    name: 'skewed',
    text: (spans, one) =>
      `${spans} starting before ${one ? 'its' : 'their'} parent: clocks differ, nothing was moved.`,
  },
  {
    name: 'startless',
    text: (spans, one) =>
      `${spans} without a start: ${one ? 'it stands' : 'they stand'} at the start of the trace.`,
  },
];

/** What one should know before trusting the picture, each with a way to the first span concerned. */
export function TraceNotices({ columns, facts, missingSpan, onGoTo }: Props) {
  const notices = kTexts.filter(({ name }) => facts[name].length > 0);
  if (columns.complete && notices.length === 0 && missingSpan === '') return null;
  return (
    <ul class="notices">
      {!columns.complete && (
        <li class="notice">
          <WarningIcon />
          <span>This is only a part of the trace: the server reached a limit before its end.</span>
        </li>
      )}
      {missingSpan !== '' && (
        <li class="notice">
          <WarningIcon />
          <span>
            The link names span <code>{missingSpan}</code>, which is not in this trace.
          </span>
        </li>
      )}
      {notices.map(({ name, text }) => (
        <li class="notice" key={name}>
          <WarningIcon />
          <span>{text(plural(facts[name].length, 'span'), facts[name].length === 1)}</span>
          <button type="button" class="link-button" onClick={() => onGoTo(facts[name][0] ?? 0)}>
            Show the first
          </button>
        </li>
      ))}
    </ul>
  );
}

/** What is odd about one span, in words. */
export function oddityTexts(columns: TraceColumns, row: number): string[] {
  const { flags, start, parent, tickNs } = columns;
  const set = flags[row] ?? 0;
  const texts: string[] = [];
  if (set & Flag.orphan) texts.push('Its parent is not among the spans received.');
  if (isSkewed(columns, row)) {
    const early = ((start[parent[row] ?? 0] ?? 0) - (start[row] ?? 0)) * tickNs;
    texts.push(
      `It starts ${formatDuration(early)} before its parent: the clocks of the two differ.`,
    );
  }
  if (set & Flag.noStart) texts.push('It has no start of its own; it stands at that of the trace.');
  return texts;
}
