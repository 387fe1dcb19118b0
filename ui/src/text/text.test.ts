import { describe, expect, it } from 'vitest';
import { exactDuration, formatDuration, parseDuration } from './duration';
import { formatTags, parseTags } from './logfmt';
import {
  clockLabel,
  formatAgo,
  formatTime,
  fromLocalInput,
  toLocalInput,
  setTimeZone,
} from './time';
import { parseTraceId } from './trace_id';

describe('formatDuration', () => {
  it.each([
    [0, '0 ns'],
    [873, '873 ns'],
    [999.6, '1 µs'],
    [1_240, '1.24 µs'],
    [12_345, '12.3 µs'],
    [999_499, '999 µs'],
    [999_500, '1 ms'],
    [1_000_000, '1 ms'],
    [123_456_789, '123 ms'],
    [2_500_000_000, '2.5 s'],
    [59_940_000_000, '59.9 s'],
    [59_960_000_000, '1 min'],
    [200_000_000_000, '3 min 20 s'],
    [3_599_600_000_000, '1 h'],
    [5_400_000_000_000, '1 h 30 min'],
    [90_000_000_000_000, '1 d 1 h'],
    [-1_500, '−1.5 µs'],
  ])('%d ns is %s', (ns, text) => expect(formatDuration(ns)).toBe(text));
});

describe('exactDuration', () => {
  it.each([
    [0, '0 ns'],
    [999_000, '999 µs'],
    [12_345_678, '12.3 ms (12,346 µs)'],
    [-200_000_000_000, '−3 min 20 s (-200,000,000 µs)'],
  ])('%d ns is %s', (ns, text) => expect(exactDuration(ns)).toBe(text));
});

describe('parseDuration', () => {
  it.each([
    ['100ms', 100e6],
    [' 1.5s ', 1.5e9],
    ['1m30s', 90e9],
    ['250us', 250e3],
    ['250µs', 250e3],
    ['250μs', 250e3],
    ['.5s', 0.5e9],
    ['2h', 7200e9],
    ['0', 0],
  ])('reads %s as Go does', (text, ns) => expect(parseDuration(text)).toBe(ns));

  it.each(['', '10', 'ms', '1 s', '1s!', '-1s', '1d', '1s 2ms', '1.2.3s', '1e3ms'])(
    'refuses “%s”',
    text => expect(parseDuration(text)).toBeNull(),
  );
});

describe('parseTags', () => {
  it.each([
    ['', []],
    ['a=b', [['a', 'b']]],
    [
      '  a=b   c=d ',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a=', [['a', '']]],
    ['url=http://x/?q=1', [['url', 'http://x/?q=1']]],
    ['a="b c"', [['a', 'b c']]],
    ['a="say \\"hi\\" \\\\"', [['a', 'say "hi" \\']]],
    [
      '"a key"="b=c" d=e',
      [
        ['a key', 'b=c'],
        ['d', 'e'],
      ],
    ],
    [
      'a="" b=c',
      [
        ['a', ''],
        ['b', 'c'],
      ],
    ],
  ])('reads %s', (text, tags) => expect(parseTags(text)).toEqual({ ok: true, tags }));

  it.each([
    ['a', 'has no value'],
    ['a b=c', 'has no value'],
    ['=b', 'a key is missing'],
    ['a="b', 'never closed'],
    ['a="b"c', 'a space is missing'],
  ])('says what is wrong with %s', (text, message) => {
    const parsed = parseTags(text);
    expect(parsed.ok ? '' : parsed.message).toContain(message);
  });

  it('reads back what formatTags writes', () => {
    const tags = [
      ['a', 'b'],
      ['a key', 'x=y "z" \\'],
      ['empty', ''],
      ['ünï', '✓\n'],
    ] as const;
    expect(parseTags(formatTags(tags))).toEqual({ ok: true, tags });
  });
});

describe('parseTraceId', () => {
  const id = '4bf92f3577b34da6a3ce929d0e0e4736';
  it.each([
    [id, id],
    [` ${id.toUpperCase()}\n`, id],
    [`"${id}"`, id],
    [`0x${id}`, id],
    ['4bf92f35-77b3-4da6-a3ce-929d0e0e4736', id],
    ['a3ce929d0e0e4736', '0000000000000000a3ce929d0e0e4736'],
    [`00-${id}-00f067aa0ba902b7-01`, id],
    [`traceparent: 00-${id}-00f067aa0ba902b7-01`, id],
    [`x-trace-id: ${id}`, id],
    [`< HTTP/1.1 503\n< server: envoy\n< x-trace-id: ${id}\n<`, id],
    [`curl -H 'traceparent: 00-${id}-00f067aa0ba902b7-01' http://shop`, id],
    [`{ .x = "x-trace-id: ${id}" }`, null],
    ['', null],
    ['12345', null],
    [id.slice(1), null],
    [`${id}0`, null],
    ['0'.repeat(32), null],
    ['hello', null],
  ])('%s', (pasted, found) => expect(parseTraceId(pasted)).toBe(found));
});

describe('time', () => {
  it('says how long ago, coarsely', () => {
    const now = 1_700_000_000_000;
    const ago = (ms: number) => formatAgo(now - ms, now);
    expect([0, 20e3, 90e3, 7200e3, 4 * 86400e3].map(ago)).toEqual([
      'just now',
      '20 s ago',
      '2 min ago',
      '2 h ago',
      '4 days ago',
    ]);
    expect(formatAgo(now + 60e3, now)).toBe('in 1 min');
  });

  it('keeps microseconds', () => {
    expect(formatTime(1_700_000_000_123_456n)).toMatch(/^2023-11-1\d \d\d:\d\d:20\.123456$/);
  });

  it('goes through a form field and back', () => {
    expect(fromLocalInput(toLocalInput(1_700_000_000_000))).toBe(1_700_000_000_000);
    expect(fromLocalInput('')).toBeNull();
  });

  it('is in UTC when asked to be, and says so', () => {
    setTimeZone('utc');
    expect(formatTime(1_700_000_000_123_456n)).toBe('2023-11-14 22:13:20.123456 UTC');
    expect(toLocalInput(1_700_000_000_000)).toBe('2023-11-14T22:13:20');
    expect(fromLocalInput('2023-11-14T22:13:20')).toBe(1_700_000_000_000);
    expect(fromLocalInput('')).toBeNull();
    setTimeZone('local');
  });

  it('is as short on an axis as it can be', () => {
    setTimeZone('utc');
    expect([1_700_000_000, 1_700_000_040, 1_700_006_400].map(clockLabel)).toEqual([
      '22:13:20',
      '22:14',
      '11-15',
    ]);
    setTimeZone('local');
  });
});
