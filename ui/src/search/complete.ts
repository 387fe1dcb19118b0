// What may stand at a place of a TraceQL query: for the completion in the editor. Knows nothing of the data.
import { tokenize, type Token } from './traceql';

export type Expected =
  /** A name: of an attribute or an intrinsic. */
  | { what: 'field'; from: number; typed: string }
  /** A value of `field`, with or without an opening quote. */
  | { what: 'value'; from: number; typed: string; field: string }
  /** Behind `|`: a filter, an aggregate or a metrics function. */
  | { what: 'stage'; from: number; typed: string }
  | { what: 'nothing' };

const kComparisons = new Set(['=', '!=', '=~', '!~', '<', '<=', '>', '>=']);
const kFieldLists = /^(?:by|select|min|max|avg|sum)$|_over_time$/;

/** What belongs at `at`; what stands behind it does not matter. */
export function expectedAt(query: string, at: number): Expected {
  const tokens = tokenize(query.slice(0, at)).filter(({ kind }) => kind !== 'space');
  const last = tokens[tokens.length - 1];
  if (last?.kind === 'comment') return { what: 'nothing' };
  const unfinished = openText(tokens, query.slice(0, at));
  const touches = last !== undefined && last.from + last.text.length === at;
  const typing = unfinished ?? (touches && isWordLike(last) ? last : undefined);
  const before = typing ? tokens.filter(({ from }) => from < typing.from) : tokens;
  const from = typing?.from ?? at;
  const typed = query.slice(from, at);
  const [field, previous] = before.slice(-2);
  const afterComparison = before.length >= 2 && previous && kComparisons.has(previous.text);
  if (afterComparison && field && (field.kind === 'field' || field.kind === 'word')) {
    return { what: 'value', from, typed, field: field.text };
  }
  if (unfinished) return { what: 'nothing' };
  return placeOf(before) === 'fields' ? fieldAt(before, from, typed) : stageAt(before, from, typed);
}

function fieldAt(before: readonly Token[], from: number, typed: string): Expected {
  const previous = before[before.length - 1]?.text ?? '';
  const opens = /^(?:[{(,!]|&&|\|\||[-+*/%^])$/.test(previous) || kComparisons.has(previous);
  return opens ? { what: 'field', from, typed } : { what: 'nothing' };
}

function stageAt(before: readonly Token[], from: number, typed: string): Expected {
  return before[before.length - 1]?.text === '|'
    ? { what: 'stage', from, typed }
    : { what: 'nothing' };
}

function isWordLike({ kind, text }: Token): boolean {
  return (
    kind === 'field' || kind === 'word' || kind === 'number' || kind === 'text' || text === '.'
  );
}

/** A text whose closing quote is not written yet: the tokenizer sees a quote that it does not know. */
function openText(tokens: readonly Token[], query: string): Token | undefined {
  const quote = tokens.find(({ kind, text }) => kind === 'unknown' && /["`]/.test(text));
  return quote && { kind: 'text', from: quote.from, text: query.slice(quote.from) };
}

/** Within braces, or within the parentheses of something that takes fields. */
function placeOf(before: readonly Token[]): 'fields' | 'stages' {
  const open: boolean[] = []; // of each bracket: whether fields stand in it
  before.forEach(({ text }, i) => {
    const outer = open[open.length - 1] ?? false;
    if (text === '{') open.push(true);
    else if (text === '(') open.push(outer || kFieldLists.test(before[i - 1]?.text ?? ''));
    else if (text === '}' || text === ')') open.pop();
  });
  return open[open.length - 1] === true ? 'fields' : 'stages';
}

/** What may follow `|`, and what it does. */
export const kStages: readonly (readonly [string, string])[] = [
  ['count() > 1', 'traces with so many of these spans'],
  ['avg(duration) > 1s', 'traces whose spans take so long'],
  ['max(duration) > 1s', 'traces with a span that takes so long'],
  ['by(resource.service.name)', 'groups of spans'],
  ['select(span.http.route)', 'attributes to show'],
  ['{ status = error }', 'only these of the spans'],
];
