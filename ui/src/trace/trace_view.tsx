import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from 'preact/hooks';
import { factsOf, nameOf, serviceOf } from '../model/trace_facts';
import { onColours } from '../parts/theme';
import { paletteFor } from '../raster/palette';
import type { RasterClient } from '../raster/raster_client';
import { currentUrl, forgetNote, noteUrl, tracePath } from '../router';
import { DetailPanel } from './detail_panel';
import { kChoices, type Choices } from './faces';
import { FaceTabs, kWaterfall, knownFace, OtherFace } from './face_tabs';
import { FindBar } from './find_bar';
import { FoldMenu } from './fold_menu';
import { Minimap } from './minimap';
import type { SpanSource } from './span_source';
import { TraceHeader, type Follow } from './trace_header';
import { TraceNotices } from './trace_notices';
import { useFind } from './use_find';
import { useTraceKeys } from './use_trace_keys';
import { foldsAddress, viewFrom, writePlace } from './view_address';
import { changeView, kHugeSpans, nextOf, type Action } from './view_state';
import { Waterfall } from './waterfall';

interface Props {
  client: RasterClient;
  spans: SpanSource;
  /** The row that the link names; -1: none. */
  linkedRow: number;
  url: URL;
  onReload: () => void;
  /** Absent where no more spans can come. */
  follow?: Follow;
}

/** One trace: what its faces share, and the one that is chosen. */
export function TraceView({ client, spans, linkedRow, url, onReload, follow }: Props) {
  const { columns } = client;
  const facts = useMemo(() => factsOf(columns), [columns]);
  // Of now, not of `url`: a trace that has grown opens again as it was looked at.
  const [first] = useState(() => currentUrl().searchParams);
  const [state, dispatch] = useReducer(changeView, undefined, () =>
    viewFrom(columns, linkedRow, first),
  );
  const [face, setFace] = useState(() => firstFace(first, columns.count));
  const [choices, setChoices] = useState(() => readChoices(first));
  const [isWhole, setWhole] = useState(first.get('fit') === 'true');
  const [inView, setInView] = useState({ top: 0, bottom: 0 });
  const { query, setQuery, matches, texts } = useFind(columns, spans, first.get('find') ?? '');
  // True: whoever changes the active span wants the focus to go there as well.
  const focusRow = useRef(false);
  const findInput = useRef<HTMLInputElement>(null);
  const finding = matches.length > 0;

  const theme = useTheme(client);
  // In a memo, not in an effect: the pictures that children ask for in theirs are to be of these lines.
  const edition = useMemo(
    () => client.show(state.lines, state.folds, finding ? matches : undefined),
    [client, state.lines, state.folds, matches],
  );
  const firstSpan = first.get('span') ?? '';
  const missing = useLinkedSpan(url, linkedRow === -1 ? firstSpan : '', spans, row =>
    dispatch({ do: 'goTo', row, detail: true }),
  );
  const [opened, setOpened] = useState({ row: linkedRow, spanId: firstSpan });
  const isOpened = state.detail && opened.row === state.active;
  const spanId = isOpened ? opened.spanId : '';
  useTitle(columns);
  const folds = useMemo(() => foldsAddress(columns, state.folds), [columns, state.folds]);
  useLayoutEffect(() => {
    // With what is seen, so that an address copied now is right. Until the span's ID has come the address stays as it was.
    if (state.detail && !isOpened) return;
    const params = new URLSearchParams();
    if (spanId !== '') params.set('span', spanId);
    if (face !== knownFace(defaultFace(columns.count))) params.set('face', face);
    if (query !== '') params.set('find', query);
    if (isWhole) params.set('fit', 'true');
    for (const choice of kChoices) {
      if (choices[choice] !== undefined) params.set(choice, choices[choice]);
    }
    for (const [name, value] of folds.params) params.append(name, value);
    writePlace(state, params);
    if (follow?.on) params.set('follow', 'true');
    noteUrl(`${tracePath(columns.traceId)}${params.size === 0 ? '' : `?${params}`}`);
  }, [columns, spanId, face, query, isWhole, choices, folds, state, isOpened, follow?.on]);
  useEffect(() => forgetNote, []);

  const act = useCallback((action: Action) => {
    focusRow.current = true;
    dispatch(action);
  }, []);
  const step = (rows: Uint32Array, by: 1 | -1) =>
    dispatch({ do: 'goTo', row: nextOf(state, rows, by) });
  useTraceKeys({
    act,
    find: () => findInput.current?.select(),
    stepMatch: by => step(matches, by),
    stepError: by => step(facts.failed, by),
    fit: () => setWhole(!isWhole),
    foldEqual: () => act({ do: 'foldEqual', on: state.folds.equal === undefined }),
    hasDetail: state.detail,
    hasQuery: query !== '',
    endFind: () => setQuery(''),
  });

  return (
    <main id="main" class="trace-page">
      <TraceHeader
        columns={columns}
        facts={facts}
        spans={spans}
        spanId={spanId}
        onReload={onReload}
        follow={follow}
        onNextError={() => step(facts.failed, 1)}
        onService={name => setQuery(query === `service=${name}` ? '' : `service=${name}`)}
        chosenService={query.startsWith('service=') ? query.slice('service='.length) : ''}
      />
      <TraceNotices
        columns={columns}
        facts={facts}
        missingSpan={missing}
        onGoTo={row => act({ do: 'goTo', row })}
      />
      <FindBar
        inputRef={findInput}
        state={state}
        query={query}
        matches={matches}
        texts={texts}
        onQuery={setQuery}
        onStep={by => step(matches, by)}
        act={act}
      >
        <FaceTabs chosen={face} onChoose={setFace} />
        {face === kWaterfall && (
          <FoldMenu
            state={state}
            facts={facts}
            isWhole={isWhole}
            isInAddress={folds.complete}
            onWhole={setWhole}
            act={act}
          />
        )}
      </FindBar>
      <Minimap
        state={state}
        client={client}
        edition={edition}
        theme={theme}
        view={face === kWaterfall ? inView : { top: 0, bottom: state.lines.length }}
        act={dispatch}
      />
      <div class="trace-body">
        {face === kWaterfall ? (
          <Waterfall
            state={state}
            facts={facts}
            matches={matches}
            finding={finding}
            client={client}
            edition={edition}
            theme={theme}
            isWhole={isWhole}
            onWhole={setWhole}
            focusRow={focusRow}
            act={act}
            onView={setInView}
          />
        ) : (
          <div class="other-face">
            <OtherFace
              id={face}
              columns={columns}
              view={{ ...state, matches, finding, choices }}
              dispatch={action => {
                if (action.do === 'find') setQuery(action.query);
                else if (action.do === 'choose')
                  setChoices(last => ({ ...last, [action.choice]: action.value }));
                else dispatch(action);
              }}
              spans={spans}
            />
          </div>
        )}
        {state.detail && (
          <DetailPanel
            key={state.active}
            columns={columns}
            row={state.active}
            spans={spans}
            act={act}
            onSpan={id => setOpened({ row: state.active, spanId: id })}
          />
        )}
      </div>
    </main>
  );
}

/** What the address says, or what suits the size. */
function firstFace(params: URLSearchParams, count: number): string {
  return knownFace(params.get('face') ?? defaultFace(count));
}

function readChoices(params: URLSearchParams): Choices {
  const given = kChoices.flatMap(choice => {
    const value = params.get(choice);
    return value === null ? [] : [[choice, value] as const];
  });
  return Object.fromEntries(given);
}

/** A zoomed-out waterfall of a huge trace is a diagonal that tells nothing. */
function defaultFace(count: number): string {
  return count > kHugeSpans ? 'flame' : kWaterfall;
}

/** Colours follow the theme; the number changes with them. */
function useTheme(client: RasterClient): number {
  const [theme, setTheme] = useState(0);
  useEffect(
    () =>
      onColours(() => {
        client.colour(paletteFor(client.columns.services, document.body));
        setTheme(last => last + 1);
      }),
    [client],
  );
  return theme;
}

/** Follows links to other spans of this trace, which change only the URL; gives the ID that is not in the trace. */
function useLinkedSpan(
  url: URL,
  firstMissing: string,
  spans: SpanSource,
  goTo: (row: number) => void,
): string {
  const linked = url.searchParams.get('span') ?? '';
  const [missing, setMissing] = useState(firstMissing);
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current || linked === '') {
      isFirst.current = false;
      return;
    }
    const abort = new AbortController();
    spans.rowOf(linked, abort.signal).then(
      row => {
        setMissing(row === -1 ? linked : '');
        if (row !== -1) goTo(row);
      },
      () => {
        if (!abort.signal.aborted) setMissing(linked);
      },
    );
    return () => abort.abort();
  }, [url]);
  return missing;
}

function useTitle(columns: RasterClient['columns']): void {
  useEffect(() => {
    const name = columns.count === 0 ? columns.traceId : nameOf(columns, 0);
    const service = columns.count === 0 ? '' : `${serviceOf(columns, 0)} `;
    document.title = `${service}${name} · Clew`;
  }, [columns]);
}
