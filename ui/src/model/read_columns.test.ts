import { describe, expect, it } from 'vitest';
import { Flag } from './columns';
import { bigColumns, columnsBytes, columnsOf, dice, type Form } from './columns_maker';
import { ColumnsError, readColumns } from './read_columns';

const small = columnsOf(
  {
    name: 'checkout',
    service: 'edge',
    kind: 'server',
    at: 3,
    lasts: 100,
    children: [
      {
        name: 'pay',
        at: 20,
        lasts: 30,
        flags: Flag.error,
        children: [{ name: 'bezahlt ✓', at: 5 }],
      },
      { name: 'pay', at: 60 },
    ],
  },
  { name: 'late', service: 'größe', flags: Flag.orphan, at: 0 },
);

describe('readColumns', () => {
  it('reads what was written', () => {
    expect(readColumns(columnsBytes(small))).toEqual(small);
    expect(Array.from(small.parent)).toEqual([-1, 0, 1, 0, -1]);
    expect(Array.from(small.subtreeEnd)).toEqual([4, 3, 3, 4, 5]);
    expect(small.durationTicks).toBe(103);
  });

  it('keeps every digit of the start and rounds the duration to ticks', () => {
    const bytes = columnsBytes({ ...small, startNs: 1_700_000_000_123_456_789n });
    const header = new DataView(bytes);
    header.setBigUint64(32, 103_499n, true);
    expect(readColumns(bytes).durationTicks).toBe(103);
    header.setBigUint64(32, 103_500n, true);
    const read = readColumns(bytes);
    expect(read.startNs).toBe(1_700_000_000_123_456_789n);
    expect(read.durationTicks).toBe(104);
  });

  it.each<Form>(['sequential', 'deep', 'wide', 'random'])('reads 10,000 spans, %s', form => {
    const columns = bigColumns(form, 10_000);
    expect(readColumns(columnsBytes(columns))).toEqual(columns);
  });

  it('reads a trace without spans', () => {
    const nothing = columnsOf();
    expect(readColumns(columnsBytes(nothing))).toEqual(nothing);
  });
});

/** The bytes of `small` with one 32-bit number changed. */
function broken(offset: number, value: number): ArrayBuffer {
  const bytes = columnsBytes(small);
  new DataView(bytes).setUint32(offset, value, true);
  return bytes;
}

/** Where a section of `small` begins. */
function sectionAt(index: number): number {
  return new DataView(columnsBytes(small)).getUint32(72 + 8 * index, true);
}

describe('readColumns, of a broken answer', () => {
  it.each([
    ['only 3 bytes', new ArrayBuffer(3)],
    ['begin with CLWC', broken(0, 0)],
    ['version 2', broken(4, 2)],
    ['section 2, depths: 20 bytes for 4000000000 of 4', broken(48, 4_000_000_000)],
    ['the tick is 0', broken(40, 0)],
    ['the tick is', broken(44, 0xffffffff)],
    ['section 2, depths: it begins at 4', broken(72 + 16, 4)],
    ['section 4, flags: it ends after', broken(72 + 32, 0xfffffff8)],
    ['section 1, durations: 16 bytes for 5 of 4', broken(76 + 8, 16)],
    ['span 0 starts at tick -1', broken(sectionAt(0), -1)],
    ['span 1 ends at tick 4294967315', broken(sectionAt(1) + 4, 0xffffffff)],
    ['span 0 has depth 1 below one of depth -1', broken(sectionAt(2), 1)],
    ['span 2 has depth 9', broken(sectionAt(2) + 8, 9)],
    ['operation of span 4: 77 of 4', broken(sectionAt(3) + 16, 77)],
    ['name of operation 1: 3000 of', broken(sectionAt(5) + 4, 3000)],
    ['service of operation 0: 3 of 3', broken(sectionAt(6), 3)],
    ['kind of operation 0: 255', broken(sectionAt(7), 0xff)],
    ['a name ends at 9999', broken(sectionAt(8), 9999)],
    ['a service ends at 1', broken(sectionAt(10) + 8, 1)],
  ])('says what is wrong: %s', (message, bytes) => {
    expect(() => readColumns(bytes)).toThrow(ColumnsError);
    expect(() => readColumns(bytes)).toThrow(message);
  });

  it('never fails in another way, whatever byte is changed or missing', () => {
    const random = dice(7);
    const good = columnsBytes(small);
    for (let round = 0; round < 20_000; round++) {
      const bytes = good.slice(0, random(4) === 0 ? random(good.byteLength + 1) : good.byteLength);
      const view = new Uint8Array(bytes);
      for (let i = random(4); i >= 0; i--) view[random(view.length)] = random(256);
      try {
        const read = readColumns(bytes);
        for (const up of read.parent) expect(up).toBeLessThan(read.count);
      } catch (cause) {
        expect(cause).toBeInstanceOf(ColumnsError);
      }
    }
  });
});
