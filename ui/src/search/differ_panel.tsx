import { useState } from 'preact/hooks';
import { CloseIcon } from '../parts/icons';
import { plural } from '../parts/service_pill';
import { durationLiteral } from './heat';
import {
  conditionOn,
  kMostValues,
  withCondition,
  type ComparedAttribute,
  type ComparedValue,
  type Comparison,
} from './differ';
import { boxText } from './heat_map';
import { PanelFailure } from './panel_failure';
import type { Pick } from './query';
import { useComparison, type Run, type Strip } from './run';

interface Props {
  run: Run;
  pick: Pick | null;
  /** For what is slow here; undefined until it is known. */
  strip: Strip | undefined;
  onPick: (pick: Pick | null) => void;
  /** To look at the same with another query. The pick stays. */
  onQuery: (q: string) => void;
  /** To look at the picked spans only. */
  onZoom: (pick: Pick) => void;
  onRetry: () => void;
}

/** What tells some of the spans from the others: first what to compare, then the attributes that differ. */
export function DifferPanel(props: Props) {
  const { run, pick, strip, onPick } = props;
  const slow =
    strip && strip.total.p95 > 0 ? durationLiteral(Math.round(strip.total.p95 * 1e9)) : '';
  return (
    <section class="differ" aria-labelledby="differ-title">
      <div class="differ-head">
        <h2 id="differ-title">What is different about</h2>
        <button
          type="button"
          class="button"
          aria-pressed={isWhere(pick, 'status = error')}
          onClick={() => onPick({ where: 'status = error' })}
        >
          errors
        </button>
        <button
          type="button"
          class="button"
          disabled={slow === ''}
          title={slow === '' ? '' : `duration > ${slow}`}
          onClick={() => onPick({ where: `duration > ${slow}` })}
        >
          the slowest 5 %
        </button>
        <WherePick
          key={pick && 'where' in pick ? pick.where : ''}
          where={pick && 'where' in pick ? pick.where : ''}
          onPick={onPick}
        />
        {pick && (
          <>
            {'box' in pick && <span class="picked">the box {boxText(pick.box)}</span>}
            <button type="button" class="button" onClick={() => props.onZoom(pick)}>
              Only these
            </button>
            <button
              type="button"
              class="icon-button"
              title="Compare nothing (Esc)"
              aria-label="Compare nothing"
              onClick={() => onPick(null)}
            >
              <CloseIcon />
            </button>
          </>
        )}
      </div>
      {pick && <Compared {...props} pick={pick} key={run.id + JSON.stringify(pick)} />}
    </section>
  );
}

const isWhere = (pick: Pick | null, where: string) =>
  pick !== null && 'where' in pick && pick.where === where;

function WherePick({ where, onPick }: { where: string; onPick: (pick: Pick | null) => void }) {
  const [text, setText] = useState(where);
  return (
    <input
      type="text"
      class="mono pick-where"
      aria-label="Spans that satisfy a condition of TraceQL"
      placeholder="spans where …"
      autocomplete="off"
      spellcheck={false}
      value={text}
      onInput={event => setText(event.currentTarget.value)}
      onKeyDown={event => {
        if (event.key !== 'Enter') return;
        event.preventDefault();
        onPick(text.trim() === '' ? null : { where: text.trim() });
      }}
    />
  );
}

const kFirstAttributes = 8;

function Compared({ run, pick, onQuery, onRetry }: Props & { pick: Pick }) {
  const { value, error } = useComparison(run, pick);
  const [all, setAll] = useState(false);
  if (error) return <PanelFailure what="The comparison" error={error} onRetry={onRetry} />;
  if (!value) {
    return (
      <p class="dim differ-wait" role="status">
        Counting every attribute on both sides …
      </p>
    );
  }
  const { selected, others } = value;
  if (selected === 0 || others === 0) {
    return (
      <p class="differ-wait" role="status">
        {selected === 0
          ? 'No span is picked: there is nothing to compare.'
          : `All ${plural(selected, 'span')} are picked: there is nothing to compare them with. A wider query has others.`}
      </p>
    );
  }
  const telling = value.attributes.filter(({ values }) => (values[0]?.sure ?? 0) > 0);
  const shown = all ? value.attributes : telling.slice(0, kFirstAttributes);
  const hidden = value.attributes.length - shown.length;
  return (
    <>
      <p class="differ-sides" role="status">
        <span class="key selected" aria-hidden="true" /> {plural(selected, 'span')} picked
        <span class="key others" aria-hidden="true" /> {plural(others, 'other span')}
        {telling.length === 0 && '. No attribute tells them apart: what differs may be chance.'}
        <span
          class="dim"
          title="Where agents keep a share of the traces, a span that was kept counts once, whatever it stands for."
        >
          {' '}
          · of the spans that are stored; what sampling left out is not weighed in
        </span>
      </p>
      {!value.complete && (
        <p class="notice">
          The counting stopped early, at a limit: the counts are too low. A shorter time or a
          narrower query is counted wholly.
        </p>
      )}
      <ol class="differ-list">
        {shown.map(attribute => (
          <Attribute key={attribute.field} {...{ attribute, comparison: value, run, onQuery }} />
        ))}
      </ol>
      {hidden > 0 && (
        <button type="button" class="button" onClick={() => setAll(true)}>
          Show {hidden} more attributes
        </button>
      )}
      {value.setAside.length > 0 && (
        <p class="dim differ-aside">
          Not ranked, since the pick is made of them:{' '}
          {value.setAside.map(({ field }) => field).join(', ')}.
        </p>
      )}
    </>
  );
}

interface AttributeProps {
  attribute: ComparedAttribute;
  comparison: Comparison;
  run: Run;
  onQuery: (q: string) => void;
}

const kFirstValues = 3;

function Attribute({ attribute, comparison, run, onQuery }: AttributeProps) {
  const [all, setAll] = useState(false);
  const { field, values, unlistedSelected, unlistedOthers } = attribute;
  const shown = all ? values : values.slice(0, kFirstValues);
  return (
    <li>
      <h3 class="mono">{field}</h3>
      <ul>
        {shown.map(value => (
          <Value key={keyOf(value)} {...{ field, value, comparison, run, onQuery }} />
        ))}
      </ul>
      {values.length > kFirstValues && (
        <button type="button" class="link-button" onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `All ${values.length} values`}
        </button>
      )}
      {all && (unlistedSelected > 0 || unlistedOthers > 0) && (
        <p class="dim">
          Not listed: values that are not among the {kMostValues} most frequent of either side, on{' '}
          {unlistedSelected.toLocaleString('en')} picked and {unlistedOthers.toLocaleString('en')}{' '}
          other spans.
        </p>
      )}
    </li>
  );
}

const keyOf = ({ value }: ComparedValue) => (value === null ? 'absent' : value.literal);

interface ValueProps {
  field: string;
  value: ComparedValue;
  comparison: Comparison;
  run: Run;
  onQuery: (q: string) => void;
}

function Value({ field, value: compared, comparison, run, onQuery }: ValueProps) {
  const { value, selected, others, effect, low, high, sure } = compared;
  const name = value === null ? 'absent' : value.text === '' ? 'empty text' : value.text;
  const shareSelected = (selected / comparison.selected) * 100;
  const shareOthers = (others / comparison.others) * 100;
  const points = (share: number) =>
    `${share > 0 ? '+' : share < 0 ? '−' : ''}${percent(Math.abs(share) * 100)}`;
  const go = (has: boolean) => onQuery(withCondition(run.q, conditionOn(field, value, has)));
  return (
    <li class="differ-value" data-sure={sure > 0}>
      <span
        class={value === null || value.text === '' ? 'value-name dim' : 'value-name mono'}
        title={name}
      >
        {name}
      </span>
      <span class="bars">
        <span class="bar selected" style={{ width: `${shareSelected}%` }} aria-hidden="true" />
        <span class="bar others" style={{ width: `${shareOthers}%` }} aria-hidden="true" />
      </span>
      <span class="share">
        <span
          title={`${selected.toLocaleString('en')} of ${comparison.selected.toLocaleString('en')} picked spans`}
        >
          {percent(shareSelected)} <span class="dim">({selected.toLocaleString('en')})</span>
        </span>
        <span
          title={`${others.toLocaleString('en')} of ${comparison.others.toLocaleString('en')} other spans`}
        >
          {percent(shareOthers)} <span class="dim">({others.toLocaleString('en')})</span>
        </span>
      </span>
      <span
        class="effect"
        title={`From ${points(low)} to ${points(high)}: 95 % sure, of all values listed here together`}
      >
        {points(effect)}
        {sure === 0 && <span class="dim"> may be chance</span>}
      </span>
      <span class="differ-actions">
        <button
          type="button"
          class="button quiet"
          aria-label={`Include ${field} ${name}`}
          title="Only spans with this value"
          onClick={() => go(true)}
        >
          Include
        </button>
        <button
          type="button"
          class="button quiet"
          aria-label={`Exclude ${field} ${name}`}
          title="Only spans without this value"
          onClick={() => go(false)}
        >
          Exclude
        </button>
      </span>
    </li>
  );
}

/** Never 0 % or 100 % of what is only nearly so. */
function percent(share: number): string {
  if (share > 0 && share < 0.1) return '<0.1 %';
  if (share > 99.9 && share < 100) return '>99.9 %';
  return `${Number(share.toFixed(1))} %`;
}
