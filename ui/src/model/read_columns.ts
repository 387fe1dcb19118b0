// Bytes of /columns → TraceColumns, with every bound checked: docs/trace-columns.md draws the bytes. Behind it no
// index leads out of an array. Linear, without an object per span; times are ticks.
import type { TraceColumns } from './columns';

/** The answer is not of the form that docs/trace-columns.md describes; says which part of it. */
export class ColumnsError extends Error {
  constructor(what: string) {
    super(`columns of a trace: ${what}`);
    this.name = 'ColumnsError';
  }
}

export const kColumnsVersion = 1;
export const kHeaderBytes = 168;
/** Of the whole trace in ticks, which the writer chooses the tick for. */
const kMostTicks = 2 ** 31;

const kSections = [
  'start steps',
  'durations',
  'depths',
  'operations of spans',
  'flags',
  'names of operations',
  'services of operations',
  'kinds of operations',
  'ends of names',
  'texts of names',
  'ends of services',
  'texts of services',
] as const;

/** Some arrays are views of `bytes`, which must not change afterwards. */
export function readColumns(bytes: ArrayBuffer): TraceColumns {
  if (bytes.byteLength < kHeaderBytes) throw new ColumnsError(`only ${bytes.byteLength} bytes`);
  const header = new DataView(bytes);
  const u32 = (offset: number) => header.getUint32(offset, true);
  if (u32(0) !== 0x43574c43) throw new ColumnsError('they do not begin with CLWC');
  if (u32(4) !== kColumnsVersion) throw new ColumnsError(`version ${u32(4)}, not 1`);
  const [count, operationCount, nameCount, serviceCount] = [u32(48), u32(52), u32(56), u32(60)];
  const tickNs = wholeNumber(header, 40, 'the tick');
  if (tickNs === 0) throw new ColumnsError('the tick is 0');

  const section = (index: number, elements: number, elementBytes: number): number => {
    const [offset, size] = [u32(72 + index * 8), u32(76 + index * 8)];
    const place = `section ${index}, ${kSections[index] ?? ''}:`;
    if (offset % 8 !== 0) throw new ColumnsError(`${place} it begins at ${offset}`);
    if (offset < kHeaderBytes || offset + size > bytes.byteLength) {
      throw new ColumnsError(`${place} it ends after the ${bytes.byteLength} bytes there are`);
    }
    if (size !== elements * elementBytes) {
      throw new ColumnsError(`${place} ${size} bytes for ${elements} of ${elementBytes}`);
    }
    return offset;
  };
  const u32s = (index: number, elements: number) =>
    new Uint32Array(bytes, section(index, elements, 4), elements);
  const u8s = (index: number, elements: number) =>
    new Uint8Array(bytes, section(index, elements, 1), elements);
  const texts = (index: number, elements: number, what: string) =>
    readTexts(u32s(index, elements), u8s(index + 1, u32(76 + (index + 1) * 8)), what);

  const depth = u32s(2, count);
  const operation = u32s(3, count);
  const operations = {
    name: u32s(5, operationCount),
    service: u32s(6, operationCount),
    kind: u8s(7, operationCount),
  };
  const start = sumUp(new Int32Array(bytes, section(0, count, 4), count));
  const duration = u32s(1, count);
  checkEnds(start, duration);
  checkBelow(operation, operationCount, 'operation of span');
  checkBelow(operations.name, nameCount, 'name of operation');
  checkBelow(operations.service, serviceCount, 'service of operation');
  checkBelow(operations.kind, 6, 'kind of operation');
  return {
    traceId: hexOf(new Uint8Array(bytes, 8, 16)),
    startNs: header.getBigUint64(24, true),
    tickNs,
    durationTicks: Math.round(wholeNumber(header, 32, 'the duration') / tickNs),
    count,
    complete: u32(64) === 1,
    start,
    duration,
    depth,
    ...linkUp(depth),
    operation,
    flags: u8s(4, count),
    operations,
    names: texts(8, nameCount, 'name'),
    services: texts(10, serviceCount, 'service'),
  };
}

/** Steps → starts. */
function sumUp(steps: Int32Array): Uint32Array {
  const start = new Uint32Array(steps.length);
  let now = 0;
  for (let row = 0; row < steps.length; row++) {
    now += steps[row]!;
    if (now < 0 || now > kMostTicks) throw new ColumnsError(`span ${row} starts at tick ${now}`);
    start[row] = now;
  }
  return start;
}

/** A start plus a duration is a uint32, too. */
function checkEnds(start: Uint32Array, duration: Uint32Array): void {
  for (let row = 0; row < start.length; row++) {
    const end = start[row]! + duration[row]!;
    if (end > 0xffffffff) throw new ColumnsError(`span ${row} ends at tick ${end}`);
  }
}

/** Who is whose parent, and where each subtree ends, from the depths alone. */
function linkUp(depth: Uint32Array): Pick<TraceColumns, 'parent' | 'subtreeEnd'> {
  const count = depth.length;
  const parent = new Int32Array(count);
  const subtreeEnd = new Uint32Array(count);
  let row = -1; // the one before, from which the chain of parents leads up
  let level = -1;
  for (let next = 0; next < count; next++) {
    const wanted = depth[next]!;
    if (wanted > level + 1) {
      throw new ColumnsError(`span ${next} has depth ${wanted} below one of depth ${level}`);
    }
    for (; level >= wanted; level--) {
      subtreeEnd[row] = next;
      row = parent[row]!;
    }
    parent[next] = row;
    row = next;
    level = wanted;
  }
  for (; row >= 0; row = parent[row]!) subtreeEnd[row] = count;
  return { parent, subtreeEnd };
}

function readTexts(ends: Uint32Array, bytes: Uint8Array, what: string): string[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const all = decoder.decode(bytes);
  // One character for each byte: a slice of the whole is many times faster than decoding each.
  const isSimple = all.length === bytes.length;
  const texts: string[] = [];
  let begin = 0;
  for (const end of ends) {
    if (end < begin || end > bytes.length) throw new ColumnsError(`a ${what} ends at ${end}`);
    texts.push(isSimple ? all.slice(begin, end) : decoder.decode(bytes.subarray(begin, end)));
    begin = end;
  }
  return texts;
}

function checkBelow(places: Uint32Array | Uint8Array, limit: number, what: string): void {
  for (let i = 0; i < places.length; i++) {
    if (places[i]! >= limit) throw new ColumnsError(`${what} ${i}: ${places[i]} of ${limit}`);
  }
}

function wholeNumber(header: DataView, offset: number, what: string): number {
  const value = Number(header.getBigUint64(offset, true));
  if (!Number.isSafeInteger(value)) throw new ColumnsError(`${what} is ${value}`);
  return value;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
