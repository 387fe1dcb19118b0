// Differ: which attributes tell some spans (the selection) from the others (the baseline). From the series of
// TraceQL's compare(), which counts every value of every attribute on both sides.
import type { MetricsAnswer, Series } from '../api/metrics';
import { durationsText } from './heat';
import type { Pick } from './query';
import { fieldsIn, kIntrinsics, literalOf, narrowed } from './traceql';

/** Values of an attribute that compare() is asked for, on each side. */
export const kMostValues = 100;

export interface ComparedValue {
  /** Null: spans that do not have the attribute. */
  value: { type: string; text: string; literal: string } | null;
  /** Spans that have the value, of the selection and of the baseline. */
  selected: number;
  others: number;
  /** Share of the selection minus share of the baseline: -1 to 1. */
  effect: number;
  /** The ends of the interval that holds the effect, with 95 % for all values of a comparison together. */
  low: number;
  high: number;
  /** How far the interval is from 0: 0 if chance alone may have made the effect. */
  sure: number;
}

export interface ComparedAttribute {
  /** As TraceQL writes it. */
  field: string;
  /** By their effect, the strongest first. */
  values: ComparedValue[];
  /** Spans on each side whose values are not among `values`: they were too rare to be listed. */
  unlistedSelected: number;
  unlistedOthers: number;
}

export interface Comparison {
  selected: number;
  others: number;
  /** By the effect that is sure, the strongest first. */
  attributes: ComparedAttribute[];
  /** Attributes that the selection itself is made of: of course they differ. */
  setAside: ComparedAttribute[];
  complete: boolean;
}

/** The query of a comparison. */
export function compareQuery(q: string, pick: Pick): string {
  if ('where' in pick) return `${q} | compare({ ${pick.where} }, ${kMostValues})`;
  // compare() has [start, end) in nanoseconds, a box (start, end] in microseconds.
  const ends = [pick.box.startUs, pick.box.endUs].map(us => `${us}001`);
  return `${q} | compare({ ${durationsText(pick.box)} }, ${kMostValues}, ${ends.join(', ')})`;
}

export function readComparison(answer: MetricsAnswer, pick: Pick): Comparison {
  const sides = { selection: new Side(), baseline: new Side() };
  for (const series of answer.series) {
    const meta = series.labels.find(label => label.name === '__meta_type')?.value;
    if (meta === 'selection') sides.selection.add(series);
    else if (meta === 'baseline') sides.baseline.add(series);
    else if (meta === 'selection_total') sides.selection.addTotal(series);
    else if (meta === 'baseline_total') sides.baseline.addTotal(series);
  }
  const { selection, baseline } = sides;
  const fields = [...new Set([...selection.totals.keys(), ...baseline.totals.keys()])];
  const all = [selection.spans(), baseline.spans()] as const;
  const tried = fields.reduce(
    (sum, field) => sum + valuesOf(field, selection, baseline).size + 1,
    0,
  );
  const scale = { all, z: zOf(tried) };
  const compared = fields.map(field => compareAttribute(field, selection, baseline, scale));
  compared.sort(byStrength);
  const own = 'where' in pick ? fieldsIn(pick.where) : new Set<string>();
  const isOwn = ({ field }: ComparedAttribute) =>
    own.has(field) || own.has(`span:${field}`) || own.has(field.replace(/^(span|resource)\./, '.'));
  return {
    selected: selection.spans(),
    others: baseline.spans(),
    attributes: compared.filter(attribute => !isOwn(attribute)),
    setAside: compared.filter(isOwn),
    complete: answer.complete,
  };
}

interface Counted {
  type: string;
  text: string;
  count: number;
}

class Side {
  readonly totals = new Map<string, number>();
  /** Attribute → type and text → count. */
  readonly values = new Map<string, Map<string, Counted>>();

  add(series: Series): void {
    const label = attributeLabel(series);
    if (!label) return;
    const of = this.values.get(label.name) ?? new Map<string, Counted>();
    this.values.set(label.name, of);
    const text = String(label.value);
    of.set(`${label.type} ${text}`, { type: label.type, text, count: sum(series) });
  }

  addTotal(series: Series): void {
    const label = attributeLabel(series);
    if (label) this.totals.set(label.name, sum(series));
  }

  /** All of them: every span has a name. */
  spans(): number {
    return this.totals.get('name') ?? 0;
  }
}

function attributeLabel(series: Series): Series['labels'][number] | undefined {
  return series.labels.find(({ name }) => name !== '__meta_type');
}

function sum(series: Series): number {
  return series.points.reduce<number>((all, point) => all + (point ?? 0), 0);
}

/** What a difference is judged by: spans of both sides, and how many standard deviations are no chance. */
export interface Scale {
  all: readonly [selected: number, others: number];
  z: number;
}

/**
 * Standard deviations that a difference exceeds by chance, one way or the other, in 5 % of comparisons of so many values
 * (Bonferroni): of a thousand users some are always on one side only. Within 0.0005: Abramowitz and Stegun 26.2.23.
 */
export function zOf(values: number): number {
  const t = Math.sqrt(-2 * Math.log(0.025 / Math.max(1, values)));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  return t - above / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

function valuesOf(field: string, selection: Side, baseline: Side): Set<string> {
  const keys = (side: Side) => side.values.get(field)?.keys() ?? [];
  return new Set([...keys(selection), ...keys(baseline)]);
}

function compareAttribute(
  field: string,
  selection: Side,
  baseline: Side,
  scale: Scale,
): ComparedAttribute {
  const selected = selection.values.get(field) ?? new Map<string, Counted>();
  const others = baseline.values.get(field) ?? new Map<string, Counted>();
  const values: ComparedValue[] = [];
  let listedSelected = 0;
  let listedOthers = 0;
  for (const key of valuesOf(field, selection, baseline)) {
    const known = selected.get(key) ?? others.get(key);
    if (!known) continue;
    const a = selected.get(key)?.count ?? 0;
    const b = others.get(key)?.count ?? 0;
    listedSelected += a;
    listedOthers += b;
    const literal = literalIn(field, known);
    values.push(compareShares({ type: known.type, text: known.text, literal }, a, b, scale));
  }
  const has = [selection.totals.get(field) ?? 0, baseline.totals.get(field) ?? 0] as const;
  const lacks = [scale.all[0] - has[0], scale.all[1] - has[1]] as const;
  if (lacks[0] > 0 || lacks[1] > 0) values.push(compareShares(null, lacks[0], lacks[1], scale));
  // Of two that mirror each other, what the selection has says more than what it lacks.
  values.sort((a, b) => b.sure - a.sure || b.effect - a.effect);
  return {
    field,
    values,
    unlistedSelected: has[0] - listedSelected,
    unlistedOthers: has[1] - listedOthers,
  };
}

/** How a query writes the value; statuses and kinds are words, all else is as its type says. */
function literalIn(field: string, { type, text }: Counted): string {
  if (field === 'status' || field === 'kind') return text;
  if (type === 'float64') return literalOf(type, Number(text)) ?? text;
  return literalOf(type, text) ?? text;
}

/**
 * The difference of two shares and its interval by Agresti and Caffo (The American Statistician 54, 2000): as if each side
 * had one more span with the value and one without, which keeps few spans and shares of 0 and 1 from seeming sure.
 */
export function compareShares(
  value: ComparedValue['value'],
  selected: number,
  others: number,
  { all: [allSelected, allOthers], z }: Scale,
): ComparedValue {
  const effect = shareOf(selected, allSelected) - shareOf(others, allOthers);
  const a = (selected + 1) / (allSelected + 2);
  const b = (others + 1) / (allOthers + 2);
  const half = z * Math.sqrt((a * (1 - a)) / (allSelected + 2) + (b * (1 - b)) / (allOthers + 2));
  const low = Math.max(-1, a - b - half);
  const high = Math.min(1, a - b + half);
  const sure = low > 0 ? low : high < 0 ? -high : 0;
  return { value, selected, others, effect, low, high, sure };
}

function shareOf(count: number, all: number): number {
  return all === 0 ? 0 : count / all;
}

function byStrength(a: ComparedAttribute, b: ComparedAttribute): number {
  const [first, second] = [a.values[0], b.values[0]];
  const sure = (second?.sure ?? 0) - (first?.sure ?? 0);
  if (sure !== 0) return sure;
  const effect = Math.abs(second?.effect ?? 0) - Math.abs(first?.effect ?? 0);
  return effect !== 0 ? effect : a.field < b.field ? -1 : 1;
}

/** The condition that a span has, or has not, the value. */
export function conditionOn(field: string, value: ComparedValue['value'], has: boolean): string {
  const written = writtenField(field);
  if (value === null) return `${written} ${has ? '=' : '!='} nil`;
  const same = `${written} = ${value.literal}`;
  return has ? same : `!(${same})`;
}

/** A name as compare() tells it, with quotes where TraceQL wants them. */
function writtenField(field: string): string {
  if (kIntrinsics.some(([name]) => name === field)) return field;
  const dot = field.indexOf('.');
  const [scope, key] = [field.slice(0, dot), field.slice(dot + 1)];
  return /^[^\s{}()=~!<>&|^,"\\]+$/.test(key)
    ? field
    : `${scope}."${key.replace(/["\\]/g, '\\$&')}"`;
}

/** The query with a value included or excluded. */
export function withCondition(q: string, condition: string): string {
  return narrowed(q, condition);
}
