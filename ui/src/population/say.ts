// A node in words and exact numbers.
import { at } from '../model/at';
import { plural } from '../parts/service_pill';
import { formatDuration } from '../text/duration';
import type { CallTree } from './call_tree';

export function percent(part: number, whole: number): string {
  if (whole === 0) return '–';
  const value = (part / whole) * 100;
  if (value === 0) return '0 %';
  return `${value < 0.095 ? '< 0.1' : value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}

export function whole(count: number): string {
  return count.toLocaleString('en');
}

export function operationText(tree: Pick<CallTree, 'service' | 'name'>, node: number): string {
  const name = at(tree.name, node);
  return name === '' ? '(no name)' : name;
}

export function serviceText(service: string): string {
  return service === '' ? '(no service)' : service;
}

/** All that is known of a node, a line for each; `traces` are those of the population. */
export function describeNode(
  tree: CallTree,
  node: number,
  traces: number,
  critical: number,
): string {
  const errors = at(tree.errors, node);
  const spans = at(tree.spans, node);
  const orphans = at(tree.orphans, node);
  const ns = (list: Float64Array) => formatDuration(at(list, node));
  return [
    `${serviceText(at(tree.service, node))} · ${operationText(tree, node)} (${at(tree.kind, node)})`,
    `${whole(at(tree.traces, node))} of ${plural(traces, 'trace')}, ${plural(spans, 'span')}`,
    `errors: ${whole(errors)} (${percent(errors, spans)})`,
    `critical path: ${ns(tree.criticalNs)} of its own (${percent(at(tree.criticalNs, node), critical)} of all)`,
    `self: ${ns(tree.selfNs)}, total: ${ns(tree.totalNs)}`,
    `p50 ${ns(tree.percentileNs.p50)}, p95 ${ns(tree.percentileNs.p95)}, p99 ${ns(tree.percentileNs.p99)}`,
    `shortest ${ns(tree.minNs)}, longest ${ns(tree.maxNs)}, mean ${formatDuration(spans === 0 ? 0 : at(tree.totalNs, node) / spans)}`,
    ...(orphans > 0 ? [`${whole(orphans)} whose parent is not in their trace`] : []),
  ].join('\n');
}
