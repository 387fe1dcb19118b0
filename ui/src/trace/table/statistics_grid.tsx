import { useMemo, useState } from 'preact/hooks';
import type { TraceAnalysis } from '../../model/analysis';
import type { TraceColumns } from '../../model/columns';
import type { GroupStatistics, Grouping } from '../../model/statistics';
import { ErrorIcon } from '../../parts/icons';
import { Swatch } from '../../parts/service_pill';
import { VirtualGrid } from '../../parts/virtual_grid';
import { choiceOf, exactTicks, ticksText } from '../face_texts';
import type { FaceProps } from '../faces';
import {
  longestOf,
  queryFor,
  readSorting,
  shownLines,
  sortedBy,
  sortingText,
  type GroupBy,
  type SortKey,
  type Sorting,
} from './table_lines';

const kRowPx = 28;

const kColumns: readonly { key: SortKey; title: string; means: string }[] = [
  { key: 'count', title: 'Spans', means: 'how many' },
  { key: 'total', title: 'Total', means: 'all durations added up' },
  { key: 'average', title: 'Average', means: 'total by spans' },
  { key: 'p50', title: 'p50', means: 'half of them took no longer' },
  { key: 'p95', title: 'p95', means: '95 of 100 took no longer' },
  { key: 'max', title: 'Max', means: 'the longest' },
  { key: 'self', title: 'Self', means: 'time in which no child ran, added up' },
  { key: 'onPath', title: 'Critical path', means: 'share of the critical path' },
  { key: 'errors', title: 'Errors', means: 'spans that failed' },
];

interface Props extends FaceProps {
  analysis: TraceAnalysis;
  grouping: Grouping;
  lines: readonly GroupStatistics[];
  by: GroupBy;
  attribute: string;
  filter: string;
}

/** The table itself: sorted, filtered, walked with the keyboard. */
export function StatisticsGrid(props: Props) {
  const { columns, analysis, grouping, lines, by, attribute, filter, dispatch } = props;
  const [order, setOrder] = choiceOf(props, 'sort', '-total');
  const sorting = useMemo(() => readSorting(order), [order]);
  const setSorting = (next: Sorting) => setOrder(sortingText(next));
  const [active, setActive] = useState(-1);
  const shown = useMemo(() => shownLines(lines, filter, sorting), [lines, filter, sorting]);
  const pathTicks = useMemo(
    () =>
      analysis.path.row.reduce(
        (sum, _, i) => sum + analysis.path.to[i]! - analysis.path.from[i]!,
        0,
      ),
    [analysis],
  );
  const open = (index: number) => {
    const line = shown[index];
    if (!line) return;
    setActive(index);
    dispatch({ do: 'find', query: queryFor(by, line, attribute) });
    const longest = longestOf(grouping.groupOf, columns.duration, line.group);
    if (longest !== -1) dispatch({ do: 'goTo', row: longest });
  };
  if (shown.length === 0) {
    return (
      <p class="face-empty">
        {lines.length === 0 ? 'No span has this.' : `No line contains “${filter.trim()}”.`}
      </p>
    );
  }
  return (
    <VirtualGrid
      label={`Statistics by ${by}`}
      count={shown.length}
      rowPx={kRowPx}
      template="minmax(200px, 1fr) repeat(9, minmax(72px, 104px))"
      leastPx={1020}
      columnCount={kColumns.length + 1}
      active={Math.min(active, shown.length - 1)}
      onActive={setActive}
      onOpen={open}
      head={
        <>
          <Head
            sorting={sorting}
            onSort={setSorting}
            column={{ key: 'label', title: titleOf(by), means: '' }}
          />
          {kColumns.map(column => (
            <Head key={column.key} sorting={sorting} onSort={setSorting} column={column} />
          ))}
        </>
      }
      row={index => <Line columns={columns} line={shown[index]!} pathTicks={pathTicks} />}
    />
  );
}

function titleOf(by: GroupBy): string {
  return { service: 'Service', operation: 'Operation', kind: 'Kind', attribute: 'Value' }[by];
}

interface HeadProps {
  sorting: Sorting;
  onSort: (sorting: Sorting) => void;
  column: { key: SortKey; title: string; means: string };
}

function Head({ sorting, onSort, column: { key, title, means } }: HeadProps) {
  const isSorted = sorting.key === key;
  const order = sorting.descending ? 'descending' : 'ascending';
  return (
    <div role="columnheader" aria-sort={isSorted ? order : 'none'} data-number={key !== 'label'}>
      <button
        type="button"
        class="sort-button"
        title={means}
        onClick={() => onSort(sortedBy(sorting, key))}
      >
        {title}
        <span aria-hidden="true">{isSorted ? (sorting.descending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </div>
  );
}

interface LineProps {
  columns: TraceColumns;
  line: GroupStatistics;
  pathTicks: number;
}

function Line({ columns, line, pathTicks }: LineProps) {
  const { label } = line;
  const time = (ticks: number) => (
    <div role="gridcell" data-number title={exactTicks(columns, ticks)}>
      {ticksText(columns, ticks)}
    </div>
  );
  return (
    <>
      <div
        role="rowheader"
        class="line-label"
        title={`${label.service ?? ''} ${label.text}`.trim()}
      >
        {label.service !== undefined && <Swatch service={label.service} />}
        {label.service !== undefined && label.service !== label.text && <b>{label.service}</b>}
        <span>{label.text === '' ? <i class="dim">empty</i> : label.text}</span>
      </div>
      <div role="gridcell" data-number>
        {line.count.toLocaleString('en')}
      </div>
      {time(line.total)}
      {time(line.average)}
      {time(line.p50)}
      {time(line.p95)}
      {time(line.max)}
      {time(line.self)}
      <div role="gridcell" data-number title={exactTicks(columns, line.onPath)}>
        {percent(line.onPath, pathTicks)}
      </div>
      <div role="gridcell" data-number data-errors={line.errors > 0}>
        {line.errors > 0 && <ErrorIcon />}
        {line.errors.toLocaleString('en')}
      </div>
    </>
  );
}

function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '0 %';
  const share = (100 * part) / whole;
  return share < 0.1 ? '< 0.1 %' : `${share.toFixed(1)} %`;
}
