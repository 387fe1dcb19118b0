import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { findSpans, searchTexts } from '../model/find';
import { serviceOf, spanAt, spanWithId, type TraceModel } from '../model/trace';
import { noteUrl, tracePath } from '../router';
import { DetailPanel } from './detail_panel';
import { FindBar } from './find_bar';
import { TraceHeader } from './trace_header';
import { TraceNotices } from './trace_notices';
import { useTraceKeys } from './use_trace_keys';
import { changeView, firstView, nextOf, type Action } from './view_state';
import { Waterfall } from './waterfall';

interface Props {
  model: TraceModel;
  url: URL;
  onReload: () => void;
}

export function TraceView({ model, url, onReload }: Props) {
  const linked = url.searchParams.get('span') ?? '';
  const [state, dispatch] = useReducer(changeView, undefined, () =>
    firstView(model, linked === '' ? -1 : spanWithId(model, linked)),
  );
  const [query, setQuery] = useState('');
  // True: whoever changes the active span wants the focus to go there as well.
  const focusRow = useRef(false);
  const findInput = useRef<HTMLInputElement>(null);
  const { traceId } = model.trace;

  const texts = useRef<string[]>(undefined);
  const matches = useMemo(() => {
    if (query.trim() === '') return new Int32Array();
    texts.current ??= searchTexts(model);
    return findSpans(model, texts.current, query);
  }, [model, query]);
  const failed = useMemo(() => model.order.filter(span => model.errors[span] === 1), [model]);

  useEffect(() => {
    // A link to another span of this very trace changes only the URL.
    if (linked === '' || (state.detail && spanAt(model, state.active).spanId === linked)) return;
    dispatch({ do: 'goTo', span: spanWithId(model, linked), detail: true });
  }, [url]);

  useTitle(model);
  useSpanInUrl(traceId, state.detail ? spanAt(model, state.active).spanId : '');

  const act = useCallback((action: Action) => {
    focusRow.current = true;
    dispatch(action);
  }, []);
  const step = (spans: Int32Array, by: 1 | -1) =>
    dispatch({ do: 'goTo', span: nextOf(state, spans, by) });
  useTraceKeys({
    act,
    find: () => findInput.current?.select(),
    stepMatch: by => step(matches, by),
    stepError: by => step(failed, by),
    hasDetail: state.detail,
  });

  return (
    <main id="main" class="trace-page">
      <TraceHeader
        model={model}
        spanId={state.detail ? spanAt(model, state.active).spanId : ''}
        onReload={onReload}
        onNextError={() => step(failed, 1)}
        onService={name => setQuery(query === `service=${name}` ? '' : `service=${name}`)}
        chosenService={query.startsWith('service=') ? query.slice('service='.length) : ''}
      />
      <TraceNotices
        model={model}
        missingSpan={linked !== '' && spanWithId(model, linked) === -1 ? linked : ''}
        onGoTo={span => act({ do: 'goTo', span })}
      />
      <FindBar
        inputRef={findInput}
        state={state}
        query={query}
        matches={matches}
        onQuery={setQuery}
        onStep={by => step(matches, by)}
        act={act}
      />
      <div class="trace-body">
        <Waterfall
          state={state}
          matches={matches}
          finding={matches.length > 0}
          focusRow={focusRow}
          act={act}
        />
        {state.detail && (
          <DetailPanel key={state.active} model={model} span={state.active} act={act} />
        )}
      </div>
    </main>
  );
}

function useTitle(model: TraceModel): void {
  useEffect(() => {
    const root = model.order[0];
    const name = root === undefined ? model.trace.traceId : spanAt(model, root).name;
    const service = root === undefined ? '' : `${serviceOf(model, root)} `;
    document.title = `${service}${name} · Clew`;
  }, [model]);
}

/** Keeps `?span=` at the span whose details are open, so that the address bar is always a deep link. */
function useSpanInUrl(traceId: string, spanId: string): void {
  useEffect(() => noteUrl(tracePath(traceId, spanId)), [traceId, spanId]);
}
