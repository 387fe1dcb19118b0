// Traces as columns for tests and benchmarks: from nested literals, or generated and big. columnsBytes() is a writer
// of docs/trace-columns.md that shares no line with the reader.
import { kKinds, type TraceColumns } from './columns';

/** A span and those below it. Unsaid: starts with its parent, lasts 10 ticks, of service "shop", internal. */
export interface Nested {
  name: string;
  service?: string;
  kind?: (typeof kKinds)[number];
  /** Ticks after the start of the trace. */
  at?: number;
  lasts?: number;
  flags?: number;
  children?: readonly Nested[];
}

/** Rows one after the other, in preorder; the caller keeps that order. */
export class ColumnsMaker {
  private readonly texts = {
    names: new Map<string, number>(),
    services: new Map<string, number>(),
  };
  private readonly places = new Map<string, number>();
  private readonly operations: [name: number, service: number, kind: number][] = [];
  private readonly rows: Record<'start' | 'duration' | 'depth' | 'operation' | 'flags', number[]> =
    {
      start: [],
      duration: [],
      depth: [],
      operation: [],
      flags: [],
    };

  /** The place of an operation, which is made when it is new. */
  operation(service: string, name: string, kind: (typeof kKinds)[number] = 'internal'): number {
    const key = JSON.stringify([service, name, kind]);
    const known = this.places.get(key);
    if (known !== undefined) return known;
    this.operations.push([
      placeOf(this.texts.names, name),
      placeOf(this.texts.services, service),
      kKinds.indexOf(kind),
    ]);
    this.places.set(key, this.operations.length - 1);
    return this.operations.length - 1;
  }

  add(depth: number, operation: number, start: number, duration: number, flags = 0): void {
    this.rows.depth.push(depth);
    this.rows.operation.push(operation);
    this.rows.start.push(start);
    this.rows.duration.push(duration);
    this.rows.flags.push(flags);
  }

  columns(
    options: Partial<Pick<TraceColumns, 'startNs' | 'tickNs' | 'complete'>> = {},
  ): TraceColumns {
    const { start, duration, depth, operation, flags } = this.rows;
    const count = depth.length;
    const parent = new Int32Array(count).fill(-1);
    const subtreeEnd = new Uint32Array(count).fill(count);
    const open: number[] = []; // depth → the last row there
    depth.forEach((level, row) => {
      for (const done of open.splice(level)) subtreeEnd[done] = row;
      if (level > 0) parent[row] = open[level - 1] ?? -1;
      open[level] = row;
    });
    return {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      startNs: options.startNs ?? 1_700_000_000_000_000_000n,
      tickNs: options.tickNs ?? 1000,
      durationTicks: start.reduce((end, at, row) => Math.max(end, at + (duration[row] ?? 0)), 0),
      count,
      complete: options.complete ?? true,
      start: Uint32Array.from(start),
      duration: Uint32Array.from(duration),
      depth: Uint32Array.from(depth),
      parent,
      subtreeEnd,
      operation: Uint32Array.from(operation),
      flags: Uint8Array.from(flags),
      operations: {
        name: Uint32Array.from(this.operations, ([name]) => name),
        service: Uint32Array.from(this.operations, ([, service]) => service),
        kind: Uint8Array.from(this.operations, ([, , kind]) => kind),
      },
      names: [...this.texts.names.keys()],
      services: [...this.texts.services.keys()],
    };
  }
}

/** The columns of these roots and all below them. */
export function columnsOf(...roots: readonly Nested[]): TraceColumns {
  const maker = new ColumnsMaker();
  const add = (span: Nested, depth: number, parentAt: number): void => {
    const at = span.at ?? parentAt;
    const operation = maker.operation(span.service ?? 'shop', span.name, span.kind);
    maker.add(depth, operation, at, span.lasts ?? 10, span.flags ?? 0);
    span.children?.forEach(child => add(child, depth + 1, at));
  };
  roots.forEach(root => add(root, 0, 0));
  return maker.columns();
}

export type Form = 'sequential' | 'deep' | 'wide' | 'random';

/**
 * A trace of `count` spans: one call after the other, each below the last, all at once below one, or anything (any
 * depth to 30, spans that outlive their parents, spans of no length). One in a hundred failed. The same for a seed.
 */
export function bigColumns(form: Form, count: number, seed = 1): TraceColumns {
  const maker = new ColumnsMaker();
  const random = dice(seed);
  const kServices = 12;
  const operations = Array.from({ length: 60 }, (_, i) =>
    maker.operation(`service-${i % kServices}`, `operation ${i}`, kKinds[i % 6]),
  );
  const anOperation = () => operations[random(operations.length)] ?? 0;
  const total = count * 20;
  let depth = 0;
  let at = 0;
  for (let row = 0; row < count; row++) {
    const flags = random(100) === 0 ? 1 : 0;
    if (row === 0) maker.add(0, anOperation(), 0, total, flags);
    else if (form === 'deep') maker.add(row, anOperation(), row * 10, total - row * 20, flags);
    else if (form === 'wide') maker.add(1, anOperation(), row >> 6, random(total), flags);
    else if (form === 'sequential')
      maker.add(row % 4 === 1 ? 1 : 2, anOperation(), row * 20, 19, flags);
    else {
      depth = 1 + random(Math.min(30, depth + 1));
      at = Math.max(0, at + random(60) - 20);
      const lasts = random(10) === 0 ? 0 : random(random(50) === 0 ? total : 200);
      maker.add(depth, anOperation(), at, lasts, flags);
    }
  }
  return maker.columns();
}

/** Whole numbers below `limit`, the same for the same seed (Mulberry32). */
export function dice(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return limit => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** The bytes that a server would answer with. */
export function columnsBytes(columns: TraceColumns): ArrayBuffer {
  const steps = Int32Array.from(columns.start, (at, row) =>
    row === 0 ? at : at - (columns.start[row - 1] ?? 0),
  );
  const sections: (Int32Array | Uint32Array | Uint8Array)[] = [
    steps,
    columns.duration,
    columns.depth,
    columns.operation,
    columns.flags,
    columns.operations.name,
    columns.operations.service,
    columns.operations.kind,
    ...textSections(columns.names),
    ...textSections(columns.services),
  ];
  const places: number[] = [];
  let size = 72 + sections.length * 8;
  for (const section of sections) {
    size = Math.ceil(size / 8) * 8;
    places.push(size);
    size += section.byteLength;
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('CLWC'));
  view.setUint32(4, 1, true);
  for (let i = 0; i < 16; i++) bytes[8 + i] = parseInt(columns.traceId.slice(2 * i, 2 * i + 2), 16);
  view.setBigUint64(24, columns.startNs, true);
  view.setBigUint64(32, BigInt(columns.durationTicks) * BigInt(columns.tickNs), true);
  view.setBigUint64(40, BigInt(columns.tickNs), true);
  const counts = [
    columns.count,
    columns.operations.name.length,
    columns.names.length,
    columns.services.length,
    columns.complete ? 1 : 0,
    0,
  ];
  counts.forEach((value, i) => view.setUint32(48 + 4 * i, value, true));
  sections.forEach((section, i) => {
    const place = places[i] ?? 0;
    view.setUint32(72 + 8 * i, place, true);
    view.setUint32(76 + 8 * i, section.byteLength, true);
    bytes.set(new Uint8Array(section.buffer, section.byteOffset, section.byteLength), place);
  });
  return bytes.buffer;
}

function textSections(texts: readonly string[]): [Uint32Array, Uint8Array] {
  const encoded = texts.map(text => new TextEncoder().encode(text));
  const all = new Uint8Array(encoded.reduce((sum, text) => sum + text.length, 0));
  let end = 0;
  const ends = encoded.map(text => {
    all.set(text, end);
    return (end += text.length);
  });
  return [Uint32Array.from(ends), all];
}

function placeOf(places: Map<string, number>, text: string): number {
  const place = places.get(text) ?? places.size;
  places.set(text, place);
  return place;
}
