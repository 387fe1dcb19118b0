// TraceQL that finds the traces behind a node.
import type { SpanKind } from '../api/types';
import { at } from '../model/at';
import { pathTo, type CallTree } from './call_tree';

/** Calls of a path that a query names; longer paths are named by their last ones. */
export const kMostLevels = 6;

export function quoted(text: string): string {
  return `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;
}

/** What a span of this operation is, without braces. */
export function operationTerm(service: string, name: string, kind: SpanKind): string {
  const terms: string[] = [];
  if (service !== '') terms.push(`resource.service.name = ${quoted(service)}`);
  if (name !== '') terms.push(`name = ${quoted(name)}`);
  terms.push(`kind = ${kind}`);
  return terms.join(' && ');
}

/** What is asked of the last span of a path beside its place. */
export type Extra = '' | `duration ${'>=' | '<='} ${number}ns` | 'status = error';

/**
 * A query for the traces with a span of this node, each call in it the child of the one before; `whole` is false
 * if the path was too long, and only its end is named.
 */
export function pathQuery(
  tree: Pick<CallTree, 'parent' | 'service' | 'name' | 'kind'>,
  node: number,
  extra: Extra = '',
): { query: string; whole: boolean } {
  const path = pathTo(tree.parent, node);
  const named = path.slice(-kMostLevels);
  const query = named
    .map((i, level) => {
      const term = operationTerm(at(tree.service, i), at(tree.name, i), at(tree.kind, i));
      return `{ ${level === named.length - 1 && extra !== '' ? `${term} && ${extra}` : term} }`;
    })
    .join(' > ');
  return { query, whole: named.length === path.length };
}

/** Both queries hold for the traces: a population's own one and that of a node. */
export function both(population: string, node: string): string {
  const trimmed = population.trim();
  return trimmed === '' || /^\{\s*(true\s*)?\}$/.test(trimmed) ? node : `(${trimmed}) && (${node})`;
}
