// What the edges' own spans say of the last minutes: rate, errors and time by edge.
import { labelOf, type MetricsAnswer } from '../api/metrics';

/** Of one edge, over the last kMinutes. */
export interface EdgeRed {
  perSecond: number;
  errorsPerSecond: number;
  p95Seconds: number | null;
}

export interface EdgeSpans {
  byEdge: ReadonlyMap<string, EdgeRed>;
  /** False where a deadline left spans out. */
  complete: boolean;
}

export const kMinutes = 5;
/** The Envoys of a mesh give their spans these tags: docs/mesh.md. */
export const kOfEdges = 'kind = server && span.edge != nil';

export function edgeSpansOf(
  all: MetricsAnswer,
  failed: MetricsAnswer,
  slow: MetricsAnswer,
): EdgeSpans {
  const [rates, errors, times] = [all, failed, slow].map(valuesByEdge);
  return {
    byEdge: new Map(
      [...(rates ?? [])].map(([edge, perSecond]) => [
        edge,
        {
          perSecond,
          errorsPerSecond: errors?.get(edge) ?? 0,
          p95Seconds: times?.get(edge) ?? null,
        },
      ]),
    ),
    complete: all.complete && failed.complete && slow.complete,
  };
}

function valuesByEdge(answer: MetricsAnswer): Map<string, number> {
  const values = new Map<string, number>();
  for (const series of answer.series) {
    const value = series.points.at(-1);
    if (value != null) values.set(labelOf(series, 'span.edge'), value);
  }
  return values;
}
