// The shape of one trace: who called whom, in which order rows are drawn, and what is odd about it.
// Arrays of numbers instead of a tree of objects, and loops instead of recursion: a trace may have
// 100,000 spans and be as deep as it is long.
import type { Attribute, ServiceCount, Span, Trace } from '../api/types';

/** What is odd about a span; a bit set. */
export const Oddity = {
  /** Its parent is not among the spans received. */
  orphan: 1,
  /** Its chain of parents leads back to itself; shown as a root. */
  cycle: 2,
  /** An earlier span has the same ID. */
  duplicate: 4,
  /** It starts before its parent, so the two clocks differ. */
  skewed: 8,
} as const;

/**
 * A trace and its tree. A "span" is an index into `trace.spans`; a "place" is a position in preorder,
 * the order in which rows are drawn when nothing is collapsed. Never changes once built.
 */
export interface TraceModel {
  readonly trace: Trace;
  /** span → parent span, -1 for what is drawn at the top level. */
  readonly parent: Int32Array;
  /** span → number of ancestors. */
  readonly depth: Int32Array;
  /** place → span. */
  readonly order: Int32Array;
  /** span → place. */
  readonly placeOf: Int32Array;
  /** place → the place after its last descendant. */
  readonly subtreeEnd: Int32Array;
  /** span → set of Oddity bits. */
  readonly oddities: Uint8Array;
  /** span → 1 if it failed. */
  readonly errors: Uint8Array;
  /** place → errors among the spans before it; one longer than the spans. */
  readonly errorsBefore: Int32Array;
  /** First start and last end of all spans, in nanoseconds on the trace's own scale. */
  readonly startNs: number;
  readonly endNs: number;
  /** Most spans first. */
  readonly services: readonly ServiceCount[];
  readonly levels: number;
  readonly errorCount: number;
  readonly oddityCounts: Readonly<Record<keyof typeof Oddity, number>>;
}

/** Builds the model; linear but for one sort. */
export function buildTrace(trace: Trace): TraceModel {
  const { spans } = trace;
  const oddities = new Uint8Array(spans.length);
  // The API sorts by start; a stable sort here costs nothing then and keeps the promise otherwise.
  const byStart = Int32Array.from(spans.keys()).sort(
    (a, b) => startOf(spans, a) - startOf(spans, b),
  );
  const parent = linkParents(spans, oddities);
  breakCycles(spans, parent, oddities);
  markSkew(spans, parent, oddities);
  const tree = layOut(byStart, parent);
  const errors = Uint8Array.from(spans, span => (isError(span) ? 1 : 0));
  let startNs = Infinity;
  let endNs = -Infinity;
  for (const span of spans) {
    startNs = Math.min(startNs, span.startNs);
    endNs = Math.max(endNs, span.startNs + span.durationNs);
  }
  return {
    trace,
    parent,
    ...tree,
    oddities,
    errors,
    errorsBefore: sumUp(tree.order, errors),
    startNs: spans.length === 0 ? 0 : startNs,
    endNs: spans.length === 0 ? 0 : endNs,
    services: countServices(trace, errors),
    levels: tree.depth.reduce((most, depth) => Math.max(most, depth + 1), 0),
    errorCount: errors.reduce((sum, error) => sum + error, 0),
    oddityCounts: {
      orphan: countBit(oddities, Oddity.orphan),
      cycle: countBit(oddities, Oddity.cycle),
      duplicate: countBit(oddities, Oddity.duplicate),
      skewed: countBit(oddities, Oddity.skewed),
    },
  };
}

/** True if the span says that it failed: by its status, or as Envoy does by an attribute. */
export function isError(span: Span): boolean {
  return span.status.code === 'error' || span.attributes.some(saysError);
}

function saysError(attribute: Attribute): boolean {
  return attribute.key === 'error' && (attribute.value === true || attribute.value === 'true');
}

export function serviceOf(model: TraceModel, span: number): string {
  return model.trace.resources[spanAt(model, span).resource]?.service ?? '';
}

export function spanAt(model: TraceModel, span: number): Span {
  return at(model.trace.spans, span);
}

/** The first span with this ID, or -1. */
export function spanWithId(model: TraceModel, spanId: string): number {
  return model.trace.spans.findIndex(span => span.spanId === spanId);
}

/** An element that is known to exist; says so if it does not. */
export function at<T>(list: ArrayLike<T>, index: number): T {
  const element = list[index];
  if (element === undefined) throw new RangeError(`no element ${index} of ${list.length}`);
  return element;
}

function startOf(spans: readonly Span[], span: number): number {
  return at(spans, span).startNs;
}

function linkParents(spans: readonly Span[], oddities: Uint8Array): Int32Array {
  const byId = new Map<string, number>();
  spans.forEach((span, i) => {
    // Children of a doubled ID hang below the span that came first.
    if (byId.has(span.spanId)) oddities[i] = Oddity.duplicate;
    else byId.set(span.spanId, i);
  });
  return Int32Array.from(spans, (span, i) => {
    if (span.parentId === '') return -1;
    const found = byId.get(span.parentId);
    if (found !== undefined) return found;
    oddities[i] = at(oddities, i) | Oddity.orphan;
    return -1;
  });
}

/** Makes the earliest span of every cycle a root. Afterwards each chain of parents ends. */
function breakCycles(spans: readonly Span[], parent: Int32Array, oddities: Uint8Array): void {
  const kUnseen = 0;
  const kSettled = -1;
  const walkOf = new Int32Array(spans.length); // else the number of the walk that saw it
  for (let from = 0; from < spans.length; from++) {
    const walk = from + 1;
    let span = from;
    while (span !== -1 && walkOf[span] === kUnseen) {
      walkOf[span] = walk;
      span = at(parent, span);
    }
    if (span !== -1 && walkOf[span] === walk) {
      const root = earliestInCycle(spans, parent, span);
      parent[root] = -1;
      oddities[root] = at(oddities, root) | Oddity.cycle;
    }
    for (let i = from; i !== -1 && walkOf[i] === walk; i = at(parent, i)) walkOf[i] = kSettled;
  }
}

function earliestInCycle(spans: readonly Span[], parent: Int32Array, member: number): number {
  let earliest = member;
  for (let span = at(parent, member); span !== member; span = at(parent, span)) {
    if (startOf(spans, span) < startOf(spans, earliest)) earliest = span;
  }
  return earliest;
}

function markSkew(spans: readonly Span[], parent: Int32Array, oddities: Uint8Array): void {
  // One process' clock may give parent and child the same microsecond in either order.
  const kToleranceNs = 1000;
  for (let i = 0; i < spans.length; i++) {
    const up = at(parent, i);
    if (up !== -1 && startOf(spans, i) < startOf(spans, up) - kToleranceNs) {
      oddities[i] = at(oddities, i) | Oddity.skewed;
    }
  }
}

type Layout = Pick<TraceModel, 'depth' | 'order' | 'placeOf' | 'subtreeEnd'>;

function layOut(byStart: Int32Array, parent: Int32Array): Layout {
  const count = byStart.length;
  const firstChild = new Int32Array(count).fill(-1);
  const nextSibling = new Int32Array(count).fill(-1);
  let firstRoot = -1;
  // Backwards, so that pushing to the front of each list leaves it in order of start.
  for (let i = count - 1; i >= 0; i--) {
    const span = at(byStart, i);
    const up = at(parent, span);
    if (up === -1) {
      nextSibling[span] = firstRoot;
      firstRoot = span;
    } else {
      nextSibling[span] = at(firstChild, up);
      firstChild[up] = span;
    }
  }

  const depth = new Int32Array(count);
  const order = new Int32Array(count);
  const placeOf = new Int32Array(count);
  const subtreeEnd = new Int32Array(count);
  let place = 0;
  let span = firstRoot;
  while (span !== -1) {
    const up = at(parent, span);
    depth[span] = up === -1 ? 0 : at(depth, up) + 1;
    order[place] = span;
    placeOf[span] = place++;
    if (firstChild[span] !== -1) {
      span = at(firstChild, span);
      continue;
    }
    // A leaf: close every subtree that ends here, then go on with the next sibling.
    while (span !== -1) {
      subtreeEnd[at(placeOf, span)] = place;
      if (nextSibling[span] !== -1) break;
      span = at(parent, span);
    }
    if (span !== -1) span = at(nextSibling, span);
  }
  return { depth, order, placeOf, subtreeEnd };
}

function sumUp(order: Int32Array, errors: Uint8Array): Int32Array {
  const before = new Int32Array(order.length + 1);
  order.forEach((span, place) => {
    before[place + 1] = at(before, place) + at(errors, span);
  });
  return before;
}

function countServices(trace: Trace, errors: Uint8Array): ServiceCount[] {
  const byName = new Map<string, ServiceCount>();
  trace.spans.forEach((span, i) => {
    const name = at(trace.resources, span.resource).service;
    const count = byName.get(name) ?? { name, spanCount: 0, errorCount: 0 };
    count.spanCount++;
    count.errorCount += at(errors, i);
    byName.set(name, count);
  });
  return [...byName.values()].sort(
    (a, b) => b.spanCount - a.spanCount || a.name.localeCompare(b.name),
  );
}

function countBit(oddities: Uint8Array, bit: number): number {
  return oddities.reduce((sum, set) => sum + ((set & bit) === 0 ? 0 : 1), 0);
}
