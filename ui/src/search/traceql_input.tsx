import { useEffect, useRef, useState } from 'preact/hooks';
import { faultIn, unitsAt } from './traceql';
import type { Editor } from './traceql_editor';

interface Props {
  value: string;
  /** What the server said of the query when it was last asked, if that is the query that is shown. */
  problem: string | undefined;
  onChange: (value: string) => void;
  onSubmit: () => void;
  /** Whether a pasted text was something else than TraceQL, and is dealt with. */
  onPaste: (text: string) => boolean;
  /** Gives what puts the focus here. */
  focusRef: (focus: () => void) => void;
}

const kLabel = 'TraceQL';

/** Who marks the text and writes over it while the editor is still coming must find it marked there. */
function markedIn({ selectionStart, selectionEnd, selectionDirection, value }: HTMLInputElement) {
  const from = selectionStart ?? value.length;
  const to = selectionEnd ?? from;
  return selectionDirection === 'backward' ? ([to, from] as const) : ([from, to] as const);
}

/** The query as text: a plain field until somebody writes in it, then an editor with completion. */
export function TraceqlInput(props: Props) {
  const { value, problem, onChange, onSubmit, onPaste } = props;
  const host = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const editor = useRef<Editor | null>(null);
  const [mounted, setMounted] = useState(false);
  const written = useRef(new Set<string>()); // by the editor, and not yet come back
  const newest = useRef('');
  const latest = useRef(props);
  latest.current = props;
  const fault = problem === undefined ? null : faultIn(problem);
  const at = fault === null ? -1 : unitsAt(value, fault.at);

  useEffect(() => {
    // What comes back of the editor's own texts may be older than its text by now.
    if (written.current.has(value)) {
      if (value === newest.current) written.current.clear();
      return;
    }
    editor.current?.setText(value);
  }, [value]);
  useEffect(() => {
    editor.current?.setFault(fault && at);
  }, [problem, at, mounted]);
  useEffect(() => () => editor.current?.destroy(), []);
  props.focusRef(() => (editor.current ? editor.current.focus() : input.current?.focus()));

  const startEditor = () => {
    import('./traceql_editor').then(
      ({ mountEditor }) => {
        const plain = input.current;
        if (!host.current || !plain || editor.current) return;
        if (document.activeElement !== plain) return; // gone on already: next time
        host.current.hidden = false; // what is hidden cannot have the focus
        editor.current = mountEditor(host.current, {
          text: plain.value,
          marked: markedIn(plain),
          label: kLabel,
          onChange: text => {
            written.current.add(text);
            newest.current = text;
            latest.current.onChange(text);
          },
          onSubmit: () => latest.current.onSubmit(),
          onPaste: text => latest.current.onPaste(text),
        });
        setMounted(true);
      },
      () => undefined, // the plain field does without completion
    );
  };

  return (
    <div class="traceql" data-invalid={problem !== undefined}>
      {!mounted && (
        <input
          ref={input}
          type="text"
          class="mono"
          aria-label={kLabel}
          aria-invalid={problem !== undefined}
          {...(problem !== undefined ? { 'aria-describedby': 'traceql-problem' } : {})}
          autocomplete="off"
          spellcheck={false}
          value={value}
          onFocus={startEditor}
          onInput={event => onChange(event.currentTarget.value)}
          onPaste={event => {
            if (onPaste(event.clipboardData?.getData('text/plain') ?? '')) event.preventDefault();
          }}
          onKeyDown={event => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            onSubmit();
          }}
        />
      )}
      <div ref={host} class="traceql-editor" data-typing hidden={!mounted} />
      {problem !== undefined && (
        <p id="traceql-problem" class="problem" role="alert">
          {fault === null ? (
            problem
          ) : (
            <>
              <span class="fault mono">
                {value.slice(Math.max(0, at - 24), at)}
                <mark>{value.slice(at, at + 1) || ' '}</mark>
                {value.slice(at + 1, at + 16)}
              </span>{' '}
              Column {fault.at + 1}: {fault.what}
            </>
          )}
        </p>
      )}
    </div>
  );
}
