import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { get } from '../../api/client';
import { present } from '../../api/shape';
import { CopyButton } from '../../parts/copy_button';
import { CloseIcon, DownloadIcon } from '../../parts/icons';
import { useAnswer } from '../../parts/use_answer';
import { linkTo } from '../../router';
import '../../styles/raw.css';
import { saveFile } from './save_file';
import { beginningOf, kRawFormats, type RawFormat } from './formats';

interface Props {
  traceId: string;
  spanCount: number;
  onClose: () => void;
}

/** A larger trace is only downloaded: as text it would be hundreds of megabytes. */
const kMostSpans = 20_000;

/** The trace as JSON, to read, copy or download. */
export function RawDialog({ traceId, spanCount, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [format, setFormat] = useState(kRawFormats[0]!);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="raw-dialog"
      aria-labelledby="raw-title"
      onClose={onClose}
      onClick={event => {
        if (event.target === dialog.current) dialog.current?.close(); // the backdrop
      }}
    >
      <header>
        <h2 id="raw-title">The trace as JSON</h2>
        <div class="segmented" role="group" aria-label="Format">
          {kRawFormats.map(each => (
            <button
              key={each.id}
              type="button"
              aria-pressed={each === format}
              title={each.means}
              onClick={() => setFormat(each)}
            >
              {each.label}
            </button>
          ))}
        </div>
        <button
          type="button"
          class="icon-button"
          aria-label="Close"
          onClick={() => dialog.current?.close()}
        >
          <CloseIcon />
        </button>
      </header>
      {spanCount > kMostSpans ? (
        <TooLarge format={format} traceId={traceId} spanCount={spanCount} />
      ) : (
        <Text key={format.id} format={format} traceId={traceId} />
      )}
    </dialog>
  );
}

function Text({ format, traceId }: { format: RawFormat; traceId: string }) {
  const [round, setRound] = useState(0);
  const answer = useAnswer(`${format.id}#${round}`, signal =>
    get(format.path(traceId), present, signal),
  );
  const text = useMemo(
    () =>
      answer.value === undefined ? '' : JSON.stringify(format.unwrap(answer.value), undefined, 2),
    [answer.value, format],
  );
  if (answer.error) {
    return (
      <div class="raw-body">
        <p class="notice failed">{answer.error.message}</p>
        <button type="button" class="button" onClick={() => setRound(round + 1)}>
          Try again
        </button>
      </div>
    );
  }
  if (answer.state !== 'ready') {
    return <div class="progress" role="progressbar" aria-label="Loading the trace" />;
  }
  const shown = beginningOf(text);
  return (
    <div class="raw-body">
      <div class="raw-bar">
        <p class="dim">
          {format.means}.
          {shown.length < text.length &&
            ` Shown are the first ${shown.length.toLocaleString('en')} of ${text.length.toLocaleString('en')} characters; copies have all.`}
        </p>
        <CopyButton text={text} label="Copy the JSON" caption="Copy" />
        <button
          type="button"
          class="button"
          onClick={() => saveFile(`trace-${traceId}.${format.id}.json`, 'application/json', text)}
        >
          <DownloadIcon />
          <span>Download</span>
        </button>
      </div>
      <pre tabIndex={0} aria-label={`The trace as ${format.label} JSON`}>
        {shown}
      </pre>
    </div>
  );
}

function TooLarge({ format, traceId, spanCount }: Omit<Props, 'onClose'> & { format: RawFormat }) {
  return (
    <div class="raw-body">
      <p>
        {spanCount.toLocaleString('en')} spans are too many to show here as text. The download is
        what the server answers at <code>{format.path(traceId)}</code>.
      </p>
      <p>
        <a
          class="button primary"
          href={linkTo(format.path(traceId))}
          download={`trace-${traceId}.${format.id}.json`}
        >
          <DownloadIcon />
          <span>Download</span>
        </a>
      </p>
    </div>
  );
}
