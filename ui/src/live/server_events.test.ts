import { describe, expect, it } from 'vitest';
import { ServerEvents } from './server_events';

const kText =
  ': following\n\nevent: trace\ndata: {"a":1}\n\n: still here\n\nevent: dropped\r\ndata:{"count":\r\ndata: 17}\r\n\r\n';
const kEvents = [
  { name: 'trace', data: '{"a":1}' },
  { name: 'dropped', data: '{"count":\n17}' },
];

describe('ServerEvents', () => {
  it('reads events, passes comments over and joins lines of data', () => {
    expect(new ServerEvents().take(kText)).toEqual(kEvents);
  });

  it('reads the same however the text is cut', () => {
    for (const size of [1, 2, 3, 7, 20]) {
      const events = new ServerEvents();
      const pieces = kText.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      expect(pieces.flatMap(piece => events.take(piece))).toEqual(kEvents);
    }
  });

  it('gives up on an event that never ends', () => {
    const events = new ServerEvents();
    const endless = 'data: ' + 'x'.repeat(1 << 19);
    expect(events.take(endless)).toEqual([]);
    expect(() => events.take('x'.repeat(1 << 19))).toThrow('without an end');
  });

  it('calls an event without a name a message', () => {
    expect(new ServerEvents().take('data: x\n\n')).toEqual([{ name: 'message', data: 'x' }]);
  });
});
