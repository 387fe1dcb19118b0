// What the spans of a trace have in common, counted: by service, operation, kind, or the value of an attribute.
import { Flag, kKinds, type TraceColumns } from './columns';

/** Which group each span belongs to. */
export interface Grouping {
  /** row → place in `labels`; -1: in none. */
  readonly groupOf: Int32Array;
  readonly labels: readonly GroupLabel[];
}

export interface GroupLabel {
  readonly text: string;
  /** Of an operation: what colours it. */
  readonly service?: string;
}

/** One line of the table. Times in ticks. */
export interface GroupStatistics {
  readonly label: GroupLabel;
  readonly group: number;
  readonly count: number;
  readonly errors: number;
  readonly total: number;
  readonly average: number;
  /** By nearest rank: that of a span there is. */
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
  /** Without the time in which children ran. */
  readonly self: number;
  /** On the critical path. */
  readonly onPath: number;
}

export function byService(columns: TraceColumns): Grouping {
  const { operation, operations } = columns;
  const groupOf = new Int32Array(columns.count);
  for (let row = 0; row < columns.count; row++) {
    groupOf[row] = operations.service[operation[row]!]!;
  }
  return { groupOf, labels: columns.services.map(service => ({ text: service, service })) };
}

/** An operation is a name of a service, of whichever kind. */
export function byOperation(columns: TraceColumns): Grouping {
  const { name, service } = columns.operations;
  const groups = new Map<string, number>();
  const labels: GroupLabel[] = [];
  const groupOfOperation = Int32Array.from(name, (_, operation) => {
    const key = `${service[operation]} ${name[operation]}`;
    const known = groups.get(key);
    if (known !== undefined) return known;
    groups.set(key, labels.length);
    labels.push({
      text: columns.names[name[operation]!] ?? '',
      service: columns.services[service[operation]!] ?? '',
    });
    return labels.length - 1;
  });
  const groupOf = new Int32Array(columns.count);
  for (let row = 0; row < columns.count; row++) {
    groupOf[row] = groupOfOperation[columns.operation[row]!]!;
  }
  return { groupOf, labels };
}

export function byKind(columns: TraceColumns): Grouping {
  const { kind } = columns.operations;
  const groupOf = new Int32Array(columns.count);
  for (let row = 0; row < columns.count; row++) groupOf[row] = kind[columns.operation[row]!]!;
  return { groupOf, labels: kKinds.map(text => ({ text })) };
}

/** By a text each span has, or has not. */
export function byValue(values: readonly (string | undefined)[]): Grouping {
  const groups = new Map<string, number>();
  const labels: GroupLabel[] = [];
  const groupOf = Int32Array.from(values, value => {
    if (value === undefined) return -1;
    const known = groups.get(value);
    if (known !== undefined) return known;
    groups.set(value, labels.length);
    labels.push({ text: value });
    return labels.length - 1;
  });
  return { groupOf, labels };
}

/** A line for each group that has spans. `self` and `onPath` are ticks by row. */
export function statisticsOf(
  columns: TraceColumns,
  { groupOf, labels }: Grouping,
  self: Uint32Array,
  onPath: Uint32Array,
): GroupStatistics[] {
  const { firstOf, durations } = durationsByGroup(columns, groupOf, labels.length);
  const errors = new Uint32Array(labels.length);
  const total = new Float64Array(labels.length);
  const alone = new Float64Array(labels.length);
  const critical = new Float64Array(labels.length);
  for (let row = 0; row < columns.count; row++) {
    const group = groupOf[row]!;
    if (group === -1) continue;
    errors[group]! += columns.flags[row]! & Flag.error;
    total[group]! += columns.duration[row]!;
    alone[group]! += self[row]!;
    critical[group]! += onPath[row]!;
  }
  const lines: GroupStatistics[] = [];
  labels.forEach((label, group) => {
    const sorted = durations.subarray(firstOf[group], firstOf[group + 1]);
    if (sorted.length === 0) return;
    sorted.sort();
    lines.push({
      label,
      group,
      count: sorted.length,
      errors: errors[group]!,
      total: total[group]!,
      average: total[group]! / sorted.length,
      p50: atRank(sorted, 0.5),
      p95: atRank(sorted, 0.95),
      max: sorted[sorted.length - 1]!,
      self: alone[group]!,
      onPath: critical[group]!,
    });
  });
  return lines;
}

function atRank(sorted: Uint32Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

/** The durations of all spans in groups, one group after the other, in no order within it. */
function durationsByGroup(columns: TraceColumns, groupOf: Int32Array, groupCount: number) {
  const firstOf = new Uint32Array(groupCount + 1);
  for (let row = 0; row < columns.count; row++) {
    if (groupOf[row] !== -1) firstOf[groupOf[row]! + 1]!++;
  }
  for (let group = 0; group < groupCount; group++) firstOf[group + 1]! += firstOf[group]!;
  const next = firstOf.slice();
  const durations = new Uint32Array(firstOf[groupCount]!);
  for (let row = 0; row < columns.count; row++) {
    if (groupOf[row] !== -1) durations[next[groupOf[row]!]!++] = columns.duration[row]!;
  }
  return { firstOf, durations };
}
