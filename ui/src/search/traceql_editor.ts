// The editor for TraceQL: CodeMirror in one line. A chunk of its own, loaded when somebody begins to write.
//
// It lives in a shadow root, where CodeMirror adopts its styles as objects; in the document it would add <style>
// elements, which the content security policy forbids.
import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  completionStatus,
  startCompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { Annotation, EditorState, StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView, keymap, type DecorationSet } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { expectedAt, kStages } from './complete';
import { knownFields, knownValues } from './known_names';
import { kIntrinsics, literalOf, tokenAt, type TokenKind } from './traceql';

/** Marks a change that is not the writer's, so that it is not told back. */
const fromOutside = Annotation.define<true>();

/** The place of a fault; null: none. */
const faultAt = StateEffect.define<number | null>();

/** Underlines the character at fault until something is written. */
const faultMark = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    const told = transaction.effects.find(effect => effect.is(faultAt));
    if (!told) return transaction.docChanged ? Decoration.none : marks;
    const length = transaction.newDoc.length;
    if (told.value === null || length === 0) return Decoration.none;
    const from = Math.min(told.value, length - 1);
    return Decoration.set([Decoration.mark({ class: 'cm-fault' }).range(from, from + 1)]);
  },
  provide: field => EditorView.decorations.from(field),
});

export interface Editor {
  setText(text: string): void;
  /** Marks the character at `at`; null: nothing is wrong. */
  setFault(at: number | null): void;
  focus(): void;
  destroy(): void;
}

export interface EditorOptions {
  text: string;
  /** What is marked of the text, from where the marking began to where the cursor is; the same twice: nothing, only a cursor. */
  marked: readonly [anchor: number, head: number];
  label: string;
  onChange: (text: string) => void;
  onSubmit: () => void;
  /** A paste that was something else, say a trace ID, and has been dealt with. */
  onPaste: (text: string) => boolean;
}

const kHighlights: Readonly<Record<TokenKind, string | null>> = {
  space: null,
  comment: 'comment',
  text: 'string',
  duration: 'number',
  number: 'number',
  field: 'propertyName',
  word: 'keyword',
  symbol: 'operator',
  unknown: 'invalid',
};

const language = StreamLanguage.define({
  name: 'traceql',
  token: stream => {
    const token = tokenAt(stream.string, stream.pos);
    stream.pos += token.text.length;
    return kHighlights[token.kind];
  },
});

const highlights = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--text-dim)' },
  { tag: tags.string, color: 'var(--code-text)' },
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: tags.propertyName, color: 'var(--accent)' },
  { tag: tags.keyword, color: 'var(--code-word)' },
  { tag: tags.operator, color: 'var(--text-dim)' },
  { tag: tags.invalid, color: 'var(--error)' },
]);

const theme = EditorView.theme({
  '&': { fontFamily: 'var(--mono)', fontSize: 'var(--size)', color: 'var(--text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'inherit', lineHeight: '22px', overflowX: 'hidden' },
  '.cm-content': { padding: '4px 0', caretColor: 'var(--text)' },
  '.cm-line': { padding: '0 9px' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-fault': {
    borderBottom: '2px solid var(--error)',
    backgroundColor: 'var(--error-soft)',
  },
  '.cm-tooltip': {
    border: '1px solid var(--line)',
    borderRadius: 'var(--radius)',
    backgroundColor: 'var(--raised)',
    color: 'var(--text)',
    boxShadow: '0 8px 28px var(--shadow)',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '16em' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--chosen)',
    color: 'var(--text)',
  },
  '.cm-completionDetail': {
    color: 'var(--text-dim)',
    fontFamily: 'var(--font)',
    fontStyle: 'normal',
  },
});

/** Puts the editor into `host`, which must be empty, and gives it the focus. */
export function mountEditor(host: HTMLElement, options: EditorOptions): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: options.text,
      selection: { anchor: options.marked[0], head: options.marked[1] },
      extensions: extensions(options),
    }),
  });
  view.focus();
  return {
    setText: text => {
      if (text === view.state.doc.toString()) return;
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: text },
        annotations: fromOutside.of(true),
      });
    },
    setFault: at => view.dispatch({ effects: faultAt.of(at) }),
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

function extensions(options: EditorOptions) {
  const submit = (view: EditorView) => {
    // Enter takes what is offered; only then does the next one search.
    if (completionStatus(view.state) === 'active' && acceptCompletion(view)) return true;
    options.onSubmit();
    return true;
  };
  return [
    keymap.of([
      { key: 'Enter', run: submit },
      { key: 'Tab', run: acceptCompletion },
    ]),
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
    history(),
    closeBrackets(),
    faultMark,
    language,
    syntaxHighlighting(highlights),
    autocompletion({ override: [complete], icons: false, maxRenderedOptions: 100 }),
    EditorView.lineWrapping,
    theme,
    EditorView.contentAttributes.of({ 'aria-label': options.label, spellcheck: 'false' }),
    EditorView.updateListener.of(update => {
      const own = update.transactions.every(change => !change.annotation(fromOutside));
      if (update.docChanged && own) options.onChange(update.state.doc.toString());
    }),
    EditorView.domEventHandlers({
      paste: event => {
        const taken = options.onPaste(event.clipboardData?.getData('text/plain') ?? '');
        if (taken) event.preventDefault();
        return taken;
      },
    }),
    // One line: what is pasted with line breaks becomes spaces.
    EditorState.transactionFilter.of(transaction =>
      transaction.newDoc.lines === 1
        ? transaction
        : [
            {
              changes: {
                from: 0,
                to: transaction.startState.doc.length,
                insert: transaction.newDoc.toString().replace(/\s*\n\s*/g, ' '),
              },
            },
          ],
    ),
  ];
}

async function complete(context: CompletionContext): Promise<CompletionResult | null> {
  const expected = expectedAt(context.state.doc.toString(), context.pos);
  try {
    if (expected.what === 'field') return await fieldsAt(expected.from);
    if (expected.what === 'value') return await valuesAt(expected);
  } catch {
    return null; // no list now; what is written is not less right for it
  }
  if (expected.what !== 'stage') return null;
  const options = kStages.map(([label, detail]) => ({ label, detail }));
  return { from: expected.from, options, validFor: /^\w*$/ };
}

async function fieldsAt(from: number): Promise<CompletionResult> {
  const fields = await knownFields();
  const intrinsics = kIntrinsics.map(([label, detail]): Completion => ({
    label,
    detail,
    boost: 1,
  }));
  const options = [...intrinsics, ...fields.map(label => ({ label, apply: applyField }))];
  return { from, options, validFor: /^[\w.:-]*$/ };
}

/** After a name comes a comparison, and then the values are offered at once. */
function applyField(view: EditorView, { label }: Completion, from: number, to: number): void {
  const rest = view.state.doc.sliceString(to);
  const insert = /^\s*[=!<>]/.test(rest) || /^\s*[,)]/.test(rest) ? label : `${label} = `;
  view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length } });
  if (insert !== label) startCompletion(view);
}

async function valuesAt(expected: {
  from: number;
  typed: string;
  field: string;
}): Promise<CompletionResult> {
  const { from, typed, field } = expected;
  const prefix = typed.replace(/^["`]/, '');
  const values = await knownValues(field, prefix);
  const options = values.flatMap(({ type, value }): Completion[] => {
    const label = type === 'word' ? String(value) : literalOf(type, value);
    if (label === null) return [];
    const detail = type === 'string' || type === 'word' ? '' : type;
    return [{ label, detail, apply: applyValue(label) }];
  });
  return { from, options, filter: false };
}

/** Takes the quote with it that closeBrackets() has put behind the cursor. */
function applyValue(label: string) {
  return (view: EditorView, _: Completion, from: number, to: number) => {
    const quoted = /^["`]/.test(view.state.doc.sliceString(from, to));
    const next = view.state.doc.sliceString(to, to + 1);
    const end = quoted && /["`]/.test(next) ? to + 1 : to;
    view.dispatch({
      changes: { from, to: end, insert: label },
      selection: { anchor: from + label.length },
    });
  };
}
