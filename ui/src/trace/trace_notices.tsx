import { at, Oddity, spanAt, type TraceModel } from '../model/trace';
import { WarningIcon } from '../parts/icons';
import { plural } from '../parts/service_pill';
import { formatDuration } from '../text/duration';

interface Props {
  model: TraceModel;
  /** A span ID the URL asks for and the trace has not; empty: none. */
  missingSpan: string;
  onGoTo: (span: number) => void;
}

const kTexts: readonly {
  name: keyof typeof Oddity;
  text: (spans: string, one: boolean) => string;
}[] = [
  {
    name: 'orphan',
    text: (spans, one) =>
      `${spans} whose parent was not received: ${one ? 'it stands' : 'they stand'} at the top level.`,
  },
  {
    name: 'skewed',
    text: (spans, one) =>
      `${spans} starting before ${one ? 'its' : 'their'} parent: clocks differ, nothing was moved.`,
  },
  { name: 'duplicate', text: spans => `${spans} with the ID of an earlier span; all are shown.` },
  {
    name: 'cycle',
    text: spans => `${spans} whose parents lead round in a circle, cut open at the earliest.`,
  },
];

/** What one should know before trusting the picture, each with a way to the first span concerned. */
export function TraceNotices({ model, missingSpan, onGoTo }: Props) {
  const notices = kTexts.filter(({ name }) => model.oddityCounts[name] > 0);
  const { complete } = model.trace;
  if (complete && notices.length === 0 && missingSpan === '') return null;
  return (
    <ul class="notices">
      {!complete && (
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
          <span>
            {text(plural(model.oddityCounts[name], 'span'), model.oddityCounts[name] === 1)}
          </span>
          <button
            type="button"
            class="link-button"
            onClick={() => onGoTo(firstWith(model, Oddity[name]))}
          >
            Show the first
          </button>
        </li>
      ))}
    </ul>
  );
}

/** What is odd about one span, in words. */
export function oddityTexts(model: TraceModel, span: number): string[] {
  const set = at(model.oddities, span);
  const texts: string[] = [];
  if (set & Oddity.orphan) {
    texts.push(`Its parent ${spanAt(model, span).parentId} is not among the spans received.`);
  }
  if (set & Oddity.skewed) {
    const parent = spanAt(model, at(model.parent, span));
    const early = formatDuration(parent.startNs - spanAt(model, span).startNs);
    texts.push(`It starts ${early} before its parent: the clocks of the two differ.`);
  }
  if (set & Oddity.duplicate) texts.push('An earlier span has the same ID.');
  if (set & Oddity.cycle) texts.push('Its parents lead back to itself; it is shown as a root.');
  return texts;
}

function firstWith(model: TraceModel, bit: number): number {
  return model.order.find(span => (at(model.oddities, span) & bit) !== 0) ?? -1;
}
