// Differences in words. Each verdict has a sign of its own beside its colour.
import { at } from '../model/at';
import type { Population } from '../population/answer';
import type { Measure } from '../population/call_tree';
import { operationText, percent, serviceText, whole } from '../population/say';
import { formatDuration } from '../text/duration';
import type { DiffTree, DiffValues, Verdict } from './diff';

export const kSigns: Readonly<Record<Verdict, string>> = {
  new: '+',
  gone: '−',
  slower: '▲',
  faster: '▼',
  same: '=',
};

/** What the verdicts mean for this measure. */
export function verdictText(verdict: Verdict, measure: Measure): string {
  if (measure === 'count' && verdict === 'slower') return 'more';
  if (measure === 'count' && verdict === 'faster') return 'fewer';
  return verdict;
}

/** A value per trace. */
export function valueText(value: number, measure: Measure): string {
  if (measure !== 'count') return formatDuration(value);
  return value >= 100 ? whole(Math.round(value)) : String(Number(value.toFixed(2)));
}

export function changeText(from: number, to: number, measure: Measure): string {
  const change = to - from;
  if (change === 0) return '±0';
  const sign = change > 0 ? '+' : '−';
  return `${sign}${valueText(Math.abs(change), measure)}${from > 0 ? ` (${relativeText(from, to)})` : ''}`;
}

export function relativeText(from: number, to: number): string {
  if (from === to) return '±0 %';
  if (from === 0) return 'new';
  const ratio = to / from;
  if (ratio >= 10) return `×${Math.round(ratio)}`;
  return `${ratio > 1 ? '+' : '−'}${percent(Math.abs(ratio - 1), 1)}`;
}

/** All that is known of a node on both sides, a line for each. */
export function describeDiff(
  tree: DiffTree,
  values: DiffValues,
  sides: { a: Population; b: Population; titleA: string; titleB: string },
  measure: Measure,
  node: number,
): string {
  const verdict = at(values.verdict, node);
  const side = (title: string, { tree: of, traces }: Population, place: number): string => {
    if (place < 0) return `${title}: not there`;
    const { p50, p95, p99 } = of.percentileNs;
    const ns = (list: Float64Array) => formatDuration(at(list, place));
    return (
      `${title}: in ${percent(at(of.traces, place), traces)} of traces, ` +
      `${valueText(at(of.spans, place) / traces, 'count')} spans per trace, ` +
      `${percent(at(of.errors, place), at(of.spans, place))} errors, ` +
      `p50 ${ns(p50)}, p95 ${ns(p95)}, p99 ${ns(p99)}`
    );
  };
  const per = (a: Float64Array, b: Float64Array) =>
    `${valueText(at(a, node), measure)} → ${valueText(at(b, node), measure)} per trace, ` +
    changeText(at(a, node), at(b, node), measure);
  return [
    `${serviceText(at(tree.service, node))} · ${operationText(tree, node)} (${at(tree.kind, node)})`,
    `${kSigns[verdict]} ${verdictText(verdict, measure)}`,
    `with all below: ${per(values.sumA, values.sumB)}`,
    `by itself: ${per(values.ownA, values.ownB)}`,
    side(sides.titleA, sides.a, at(tree.inA, node)),
    side(sides.titleB, sides.b, at(tree.inB, node)),
  ].join('\n');
}
