import { useEffect, useRef, useState } from 'preact/hooks';
import type { Trace } from '../api/types';
import { plural } from '../parts/service_pill';
import { linkTo, navigate, tracePath } from '../router';
import { formatDuration } from '../text/duration';
import { formatTime } from '../text/time';
import type { ReadTraces } from '../upload/read_traces';
import { keepUploaded } from '../upload/uploaded';

const kMostBytes = 256 << 20;

export interface OpenedFile {
  name: string;
  format: string;
  traces: readonly Trace[];
}

export interface FileOpener {
  /** Lets somebody choose a file. */
  choose: () => void;
  /** Opens what was dropped or pasted as text. */
  openText: (name: string, text: string) => Promise<void>;
  problem: string;
  /** The traces of a file that has several. */
  opened: OpenedFile | null;
  /** A file is over the page. */
  dropping: boolean;
  input: preact.JSX.Element;
}

/** Opens traces from a file: chosen, or dropped anywhere on the page. Nothing is sent to the server. */
export function useFileOpener(): FileOpener {
  const input = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState('');
  const [opened, setOpened] = useState<OpenedFile | null>(null);
  const [dropping, setDropping] = useState(false);
  const openText = async (name: string, text: string) => {
    const read = await readText(text);
    if (!read.ok) return setProblem(`${name}: ${read.message}`);
    setProblem('');
    keepUploaded(read.traces);
    const [first] = read.traces;
    if (first && read.traces.length === 1) navigate(tracePath(first.traceId));
    else setOpened({ name, format: read.format, traces: read.traces });
  };
  const openFile = async (file: File) => {
    if (file.size > kMostBytes) {
      setProblem(
        `${file.name}: it has more than ${kMostBytes >> 20} MiB, which is too large here.`,
      );
      return;
    }
    try {
      await openText(file.name, await file.text());
    } catch (cause) {
      setProblem(`${file.name}: it could not be read: ${String(cause)}`);
    }
  };
  useEffect(() => {
    const hasFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const over = (event: DragEvent) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      setDropping(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setDropping(false);
    };
    const drop = (event: DragEvent) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      setDropping(false);
      const file = event.dataTransfer?.files[0];
      if (file) void openFile(file);
    };
    document.addEventListener('dragover', over);
    document.addEventListener('dragleave', leave);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('dragover', over);
      document.removeEventListener('dragleave', leave);
      document.removeEventListener('drop', drop);
    };
  }, []);
  return {
    choose: () => input.current?.click(),
    openText,
    problem,
    opened,
    dropping,
    input: (
      <input
        ref={input}
        type="file"
        class="hidden"
        tabIndex={-1}
        aria-label="File with traces"
        accept=".json,.jsonl,.txt,application/json"
        onChange={event => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file) void openFile(file);
        }}
      />
    ),
  };
}

/** The readers are a chunk of their own: few visits need them. */
async function readText(text: string): Promise<ReadTraces> {
  const { readTraces } = await import('../upload/read_traces');
  return readTraces(text);
}

/** What a file with several traces holds, each a link. */
export function OpenedTraces({ file }: { file: OpenedFile }) {
  return (
    <section class="opened" aria-labelledby="opened-title">
      <h2 id="opened-title">
        {plural(file.traces.length, 'trace')} of {file.name}
        <span class="dim">
          {' '}
          ({file.format}; in this browser only, until the page is loaded again)
        </span>
      </h2>
      <ul class="saved-list">
        {file.traces.map(trace => {
          const [first] = trace.spans;
          const service = first ? trace.resources[first.resource]?.service : '';
          return (
            <li key={trace.traceId}>
              <a href={linkTo(tracePath(trace.traceId))}>
                {service || 'unknown service'} {first?.name}
              </a>
              <span class="dim">
                {formatTime(trace.startNs / 1000n)} · {formatDuration(trace.durationNs)} ·{' '}
                {plural(trace.spans.length, 'span')}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
