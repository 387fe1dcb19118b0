// What /api/clew/v1/metrics answers: series counted from spans by TraceQL.
import { array, boolean, number, object, present, string, type Shape } from './shape';

export interface Label {
  name: string;
  type: string;
  value: unknown;
}

export interface Series {
  labels: Label[];
  /** Of each interval; null: none. */
  points: (number | null)[];
}

/** Point i is of the interval that ends at startUs + (i + 1) · stepUs; each is open at its start. */
export interface MetricsAnswer {
  startUs: number;
  endUs: number;
  stepUs: number;
  series: Series[];
  /** False when a deadline, a limit or damage left spans out. */
  complete: boolean;
  inspectedSpans: number;
  elapsedMs: number;
}

const point: Shape<number | null> = (value, path) => (value === null ? null : number(value, path));

export const metricsShape = object<MetricsAnswer>({
  startUs: number,
  endUs: number,
  stepUs: number,
  series: array(
    object<Series>({
      labels: array(object<Label>({ name: string, type: string, value: present })),
      points: array(point),
    }),
  ),
  complete: boolean,
  inspectedSpans: number,
  elapsedMs: number,
});

/** The text of a label's value; empty if there is no such label. */
export function labelOf(series: Series, name: string): string {
  const value = series.labels.find(label => label.name === name)?.value;
  return value === undefined ? '' : String(value);
}
