import { useMemo } from 'preact/hooks';
import type { TraceAnalysis } from '../../model/analysis';
import { attributeKeys, valuesOf } from '../../model/attribute_values';
import {
  byKind,
  byOperation,
  byService,
  byValue,
  statisticsOf,
  type Grouping,
} from '../../model/statistics';
import { plural } from '../../parts/service_pill';
import '../../styles/faces.css';
import type { FaceProps } from '../faces';
import { choiceOf } from '../face_texts';
import { useAllSpans } from '../use_all_spans';
import { useAnalysis } from '../use_analysis';
import { StatisticsGrid } from './statistics_grid';
import { kGroupings, type GroupBy } from './table_lines';

/** Of larger traces not all attributes are fetched. */
const kMostForAttributes = 10_000;

/** The spans of a trace, counted by what they have in common. */
export function TableFace(props: FaceProps) {
  const analysis = useAnalysis(props.columns);
  const [chosenBy, setBy] = choiceOf(props, 'by', 'operation');
  const by = kGroupings.find(known => known === chosenBy) ?? 'operation';
  const [filter, setFilter] = choiceOf(props, 'filter');
  if (!analysis) {
    return (
      <p class="face-empty" role="status">
        Counting {plural(props.columns.count, 'span')} …
      </p>
    );
  }
  const counted = { ...props, analysis, by, filter };
  return (
    <div class="table-face">
      <div class="face-bar">
        <label class="face-choice">
          <span>By</span>
          <select
            aria-label="Count by"
            value={by}
            onChange={event => setBy(event.currentTarget.value)}
          >
            <option value="service">service</option>
            <option value="operation">operation</option>
            <option value="kind">kind</option>
            <option value="attribute">attribute …</option>
          </select>
        </label>
        <input
          type="text"
          class="face-filter"
          aria-label="Filter the lines"
          placeholder="Filter"
          autocomplete="off"
          spellcheck={false}
          value={filter}
          onInput={event => setFilter(event.currentTarget.value)}
        />
        <p class="dim">
          A click finds a line’s spans in the other faces. Self: while no child ran.
        </p>
      </div>
      {by === 'attribute' ? <AttributeStatistics {...counted} /> : <OwnStatistics {...counted} />}
    </div>
  );
}

interface CountedProps extends FaceProps {
  analysis: TraceAnalysis;
  by: GroupBy;
  filter: string;
}

/** By what the columns say of all spans. */
function OwnStatistics(props: CountedProps) {
  const { columns, by } = props;
  const grouping = useMemo(() => {
    if (by === 'service') return byService(columns);
    return by === 'kind' ? byKind(columns) : byOperation(columns);
  }, [columns, by]);
  return <Counted {...props} grouping={grouping} attribute="" />;
}

/** By the value of an attribute, of as many spans as are fetched. */
function AttributeStatistics(props: CountedProps) {
  const { columns, spans: source } = props;
  const [key, setKey] = choiceOf(props, 'attribute');
  const { spans, error, retry } = useAllSpans(columns, source, kMostForAttributes);
  const keys = useMemo(() => attributeKeys(spans), [spans]);
  const goal = Math.min(columns.count, kMostForAttributes);
  const grouping = useMemo(() => {
    const values = valuesOf(spans, key);
    while (values.length < columns.count) values.push(undefined);
    return byValue(values);
  }, [columns, spans, key]);
  const without =
    columns.count - grouping.groupOf.reduce((sum, group) => sum + (group < 0 ? 0 : 1), 0);
  return (
    <>
      <div class="face-bar">
        <label class="face-choice">
          <span>Attribute</span>
          <select
            aria-label="Attribute"
            value={key}
            onChange={event => setKey(event.currentTarget.value)}
          >
            <option value="">choose one</option>
            {keys.map(each => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
        <p class="dim" role="status">
          {error
            ? `Not all attributes could be read: ${error.message}`
            : attributeText(spans.length, goal, columns.count, key, without)}
        </p>
        {error && (
          <button type="button" class="button" onClick={retry}>
            Try again
          </button>
        )}
      </div>
      {key !== '' && <Counted {...props} grouping={grouping} attribute={key} />}
    </>
  );
}

function attributeText(
  read: number,
  goal: number,
  count: number,
  key: string,
  without: number,
): string {
  if (read < goal) {
    return `Reading attributes: ${read.toLocaleString('en')} of ${goal.toLocaleString('en')} spans …`;
  }
  const part =
    goal < count
      ? `Only the first ${goal.toLocaleString('en')} of ${count.toLocaleString('en')} spans are counted. `
      : '';
  return key === '' ? part : `${part}${plural(without - (count - goal), 'span')} without ${key}.`;
}

function Counted(props: CountedProps & { grouping: Grouping; attribute: string }) {
  const { columns, analysis, grouping } = props;
  const lines = useMemo(
    () => statisticsOf(columns, grouping, analysis.self, analysis.onPath),
    [columns, grouping, analysis],
  );
  return <StatisticsGrid {...props} lines={lines} />;
}
