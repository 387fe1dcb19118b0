import { useEffect, useRef, useState } from 'preact/hooks';
import type { TraceColumns } from '../model/columns';
import { DownloadIcon } from '../parts/icons';
import { saveFile } from './raw/save_file';
import type { SpanSource } from './span_source';

interface Props {
  columns: TraceColumns;
  spans: SpanSource;
}

type State = { is: 'idle' } | { is: 'saving'; part: number } | { is: 'failed'; why: string };

/** Saves the trace as one HTML file that shows it without a server. */
export function SaveButton({ columns, spans }: Props) {
  const [state, setState] = useState<State>({ is: 'idle' });
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);
  const save = async () => {
    const own = new AbortController();
    abort.current = own;
    setState({ is: 'saving', part: 0 });
    try {
      const { savedHtml } = await import('../saved/save_trace');
      const html = await savedHtml(columns, spans, own.signal, part =>
        setState({ is: 'saving', part }),
      );
      saveFile(`trace-${columns.traceId}.html`, 'text/html', html);
      setState({ is: 'idle' });
    } catch (cause) {
      if (!own.signal.aborted) setState({ is: 'failed', why: String(cause) });
    }
  };
  const said = {
    idle: 'Save as HTML',
    saving: `Saving ${state.is === 'saving' ? Math.round(100 * state.part) : 0} %`,
    failed: 'Not saved: try again',
  }[state.is];
  return (
    <button
      type="button"
      class="button"
      disabled={state.is === 'saving'}
      title={
        state.is === 'failed' ? state.why : 'One file with this page and the trace; needs no server'
      }
      onClick={() => void save()}
    >
      <DownloadIcon />
      <span>{said}</span>
    </button>
  );
}
