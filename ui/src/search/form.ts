// What the form can say, and the same as TraceQL. Both ways, so that the two can be edited in turns.
import { kSpanKinds, type SpanKind } from '../api/types';
import { parseDuration } from '../text/duration';
import { kIntrinsics, meaningful, quote, soleFilter, unquote, type Token } from './traceql';

/** `other` is `!=`: there with another value. `not` also holds where the attribute is absent. */
export type ConditionOp =
  '=' | 'not' | '!=' | '=~' | '!~' | '>' | '>=' | '<' | '<=' | 'exists' | 'absent';

/**
 * How a value that looks like a number, bool or duration is meant: as any type that reads so (Envoy writes numbers as
 * text), as what it looks like, or as text. Of other values it is always `text`.
 */
export type ValueType = 'any' | 'typed' | 'text';

export interface Condition {
  /** As a query writes it (`span.http.method`, `duration`), but in any scope without the dot. */
  key: string;
  op: ConditionOp;
  value: string;
  type: ValueType;
}

export interface Form {
  /** Empty: any. */
  service: string;
  operation: string;
  status: '' | 'error' | 'ok' | 'unset';
  kind: '' | SpanKind;
  /** Only spans without a parent: what came in from outside. */
  rootsOnly: boolean;
  /** As typed; empty: no bound. */
  minDuration: string;
  maxDuration: string;
  conditions: Condition[];
}

export const kEmptyForm: Form = {
  service: '',
  operation: '',
  status: '',
  kind: '',
  rootsOnly: false,
  minDuration: '',
  maxDuration: '',
  conditions: [],
};

export const kConditionOps: readonly (readonly [ConditionOp, string])[] = [
  ['=', '='],
  ['not', 'is not'],
  ['!=', 'is other than'],
  ['=~', 'matches'],
  ['!~', 'does not match'],
  ['>', '>'],
  ['>=', '≥'],
  ['<', '<'],
  ['<=', '≤'],
  ['exists', 'is there'],
  ['absent', 'is absent'],
];

const kRoots = 'nestedSetParent < 0';
const kScoped = /^(?:span|resource|event|link|instrumentation)?\./;

/** Parts that are not filled in say nothing, so that one can search while a condition is half written. */
export function traceqlOf(form: Form): string {
  const parts: string[] = [];
  if (form.service !== '') parts.push(`resource.service.name = ${quote(form.service)}`);
  if (form.operation !== '') parts.push(`name = ${quote(form.operation)}`);
  if (form.status !== '') parts.push(`status = ${form.status}`);
  if (form.kind !== '') parts.push(`kind = ${form.kind}`);
  if (form.rootsOnly) parts.push(kRoots);
  if (form.minDuration.trim() !== '') parts.push(`duration >= ${form.minDuration.trim()}`);
  if (form.maxDuration.trim() !== '') parts.push(`duration <= ${form.maxDuration.trim()}`);
  for (const condition of form.conditions) {
    const said = conditionText(condition);
    if (said !== '') parts.push(said);
  }
  return parts.length === 0 ? '{}' : `{ ${parts.join(' && ')} }`;
}

/** A condition as TraceQL; empty while it is not complete. */
export function conditionText(condition: Condition): string {
  const { op } = condition;
  const field = fieldText(condition.key);
  if (field === '') return '';
  if (op === 'exists') return `${field} != nil`;
  if (op === 'absent') return `${field} = nil`;
  if (condition.value === '' && op !== '=' && op !== '!=' && op !== 'not') return '';
  const literals = literalsOf(condition);
  const sign = op === 'not' ? '=' : op;
  const each = literals.map(literal => `${field} ${sign} ${literal}`);
  const all = each.length === 1 ? (each[0] ?? '') : `(${each.join(' || ')})`;
  return op !== 'not' ? all : all.startsWith('(') ? `!${all}` : `!(${all})`;
}

function literalsOf({ key, op, value, type }: Condition): string[] {
  if (key === 'status' || key === 'kind') return [value]; // words of the language
  const isPattern = op === '=~' || op === '!~';
  if (isPattern || type === 'text' || !looksTyped(value)) return [quote(value)];
  if (type === 'typed') return [value];
  const isOrder = op !== '=' && op !== '!=' && op !== 'not';
  return isOrder || isIntrinsic(key) ? [value] : [value, quote(value)]; // the order of texts would mislead
}

/** Whether a value may be meant as a number, bool or duration. */
export function looksTyped(value: string): boolean {
  return (
    /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ||
    value === 'true' ||
    value === 'false' ||
    parseDuration(value) !== null
  );
}

function isIntrinsic(key: string): boolean {
  return kIntrinsics.some(([name]) => name === key);
}

function fieldText(key: string): string {
  const trimmed = key.trim();
  if (trimmed === '' || kScoped.test(trimmed)) return trimmed === '.' ? '' : trimmed;
  if (isIntrinsic(trimmed)) return trimmed;
  return /[\s{}()=~!<>&|^,"\\]/.test(trimmed)
    ? `."${trimmed.replace(/["\\]/g, '\\$&')}"`
    : `.${trimmed}`;
}

/** The form that says the same as the query; null if none does: it was written by hand. */
export function formOf(query: string): Form | null {
  const inner = query.trim() === '' ? '' : soleFilter(query);
  if (inner === null) return null;
  const parts = split(meaningful(inner), '&&');
  if (parts === null) return null;
  const form: Form = { ...kEmptyForm, conditions: [] };
  for (const part of parts) {
    const condition = conditionOf(part);
    if (!condition) return null;
    take(form, condition);
  }
  // Only what leads back to the same tokens is the same: `5m0s`, say, or a service that is named twice.
  return sameTokens(traceqlOf(form), query) || sameSet(traceqlOf(form), parts) ? form : null;
}

function take(form: Form, condition: Condition): void {
  const { key, op, value } = condition;
  if (op === '=' && key === 'resource.service.name' && form.service === '') form.service = value;
  else if (op === '=' && key === 'name' && form.operation === '') form.operation = value;
  else if (op === '=' && key === 'status' && form.status === '' && isStatus(value))
    form.status = value;
  else if (op === '=' && key === 'kind' && form.kind === '' && isKind(value)) form.kind = value;
  else if (key === 'nestedSetParent' && op === '<' && value === '0') form.rootsOnly = true;
  else if (key === 'duration' && op === '>=' && form.minDuration === '') form.minDuration = value;
  else if (key === 'duration' && op === '<=' && form.maxDuration === '') form.maxDuration = value;
  else form.conditions.push(condition);
}

const isStatus = (text: string): text is 'error' | 'ok' | 'unset' =>
  text === 'error' || text === 'ok' || text === 'unset';
const isKind = (text: string): text is SpanKind => kSpanKinds.some(kind => kind === text);

/** Parts between `between` outside of parentheses; null if there is `||` beside it or a part is empty. */
function split(tokens: readonly Token[], between: string): Token[][] | null {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.text === '(') depth++;
    if (token.text === ')') depth--;
    if (depth < 0) return null;
    if (depth === 0 && token.kind === 'symbol' && token.text === between) parts.push([]);
    else if (depth === 0 && (token.text === '||' || token.text === '&&')) return null;
    else parts[parts.length - 1]?.push(token);
  }
  if (tokens.length === 0) return [];
  return depth !== 0 || parts.some(part => part.length === 0) ? null : parts;
}

function conditionOf(part: readonly Token[]): Condition | null {
  const [first, second] = part;
  const last = part[part.length - 1];
  const inParentheses = (from: number) => part[from]?.text === '(' && last?.text === ')';
  if (first?.text === '!' && second && inParentheses(1)) {
    const inner = eitherOf(part.slice(2, -1));
    return inner?.op === '=' ? { ...inner, op: 'not' } : null;
  }
  return inParentheses(0) ? eitherOf(part.slice(1, -1)) : comparisonOf(part);
}

/** `k = 503 || k = "503"`, or one comparison. */
function eitherOf(tokens: readonly Token[]): Condition | null {
  const parts = split(tokens, '||');
  const [typed, text] = (parts ?? []).map(comparisonOf);
  if (!typed || parts === null) return null;
  if (parts.length === 1) return typed;
  const fits =
    parts.length === 2 &&
    text &&
    typed.type === 'typed' &&
    text.type === 'text' &&
    (typed.op === '=' || typed.op === '!=');
  if (!fits || typed.key !== text.key || typed.op !== text.op || typed.value !== text.value)
    return null;
  return { ...typed, type: 'any' };
}

function comparisonOf(tokens: readonly Token[]): Condition | null {
  const [field, op, ...rest] = tokens;
  if (!field || !op || (field.kind !== 'field' && field.kind !== 'word')) return null;
  const key = keyOf(field.text);
  if (key === null) return null;
  const negative = rest.length === 2 && rest[0]?.text === '-';
  const value = negative ? rest[1] : rest[0];
  if (!value || rest.length !== (negative ? 2 : 1)) return null;
  if (value.text === 'nil' && !negative) {
    if (op.text !== '=' && op.text !== '!=') return null;
    return { key, op: op.text === '=' ? 'absent' : 'exists', value: '', type: 'text' };
  }
  const known = kConditionOps.find(([name]) => name === op.text && op.kind === 'symbol')?.[0];
  if (!known) return null;
  if (value.kind === 'text') {
    const text = negative ? null : unquote(value.text);
    return text === null ? null : { key, op: known, value: text, type: 'text' };
  }
  const plain = value.kind === 'number' || value.kind === 'duration' || value.kind === 'word';
  if (!plain || (negative && value.kind === 'word')) return null;
  return { key, op: known, value: (negative ? '-' : '') + value.text, type: 'typed' };
}

/** A field as the form shows it; null if the form would write another. */
function keyOf(field: string): string | null {
  const bare = field.startsWith('.') ? field.slice(1) : field;
  if (fieldText(bare) === field) return bare;
  return fieldText(field) === field ? field : null;
}

function textsOf(tokens: readonly Token[]): string {
  return tokens.map(({ text }) => text).join(' ');
}

function sameTokens(a: string, b: string): boolean {
  return textsOf(meaningful(a)) === textsOf(meaningful(b));
}

/** The same conditions in another order. */
function sameSet(query: string, parts: readonly Token[][]): boolean {
  const own = split(meaningful(soleFilter(query) ?? ''), '&&') ?? [];
  const texts = (all: readonly Token[][]) => all.map(textsOf).sort().join('\n');
  return texts(own) === texts(parts);
}
