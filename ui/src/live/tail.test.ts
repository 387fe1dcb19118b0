import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServerEvent } from './server_events';
import { followTail, kSilenceMs, type TailState } from './tail';

/** A server whose answers are given one by one; null: it cannot be reached. */
function follow(...answers: (Response | null)[]) {
  const states: TailState[] = [];
  const events: ServerEvent[] = [];
  const stop = followTail(
    async signal => {
      const answer = answers.shift();
      if (!answer) throw new TypeError('fetch failed');
      // A real fetch ends the body when the signal says so.
      signal.addEventListener('abort', () => streams.get(answer)?.error(new Error('aborted')));
      return answer;
    },
    { onState: state => states.push(state), onEvent: event => events.push(event) },
  );
  return { states, events, stop, kinds: () => states.map(state => state.is) };
}

const streams = new WeakMap<Response, ReadableStreamDefaultController<Uint8Array>>();

function stream(...pieces: string[]): Response {
  let control: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      control = controller;
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
    },
  });
  const response = new Response(body);
  if (control) streams.set(response, control);
  return response;
}

const refused = (status: number, headers = {}) =>
  new Response('{"error":{"code":"x","message":"rate: 0 is none"}}', { status, headers });

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const pass = (ms = 1) => vi.advanceTimersByTimeAsync(ms);

describe('followTail', () => {
  it('tells events while it is open', async () => {
    const tail = follow(stream(': following\n\n', 'event: trace\nda', 'ta: {}\n\n'));
    await pass();
    expect(tail.kinds()).toEqual(['connecting', 'open']);
    expect(tail.events).toEqual([{ name: 'trace', data: '{}' }]);
    tail.stop();
  });

  it('connects again after the stream was ended, and says why', async () => {
    const first = stream(': following\n\n');
    const tail = follow(first, stream(': following\n\n'));
    await pass();
    streams.get(first)?.close();
    await pass();
    expect(tail.states.at(-1)).toMatchObject({ is: 'waiting', why: 'the server ended the stream' });
    await pass(1100);
    expect(tail.kinds()).toEqual(['connecting', 'open', 'waiting', 'connecting', 'open']);
    tail.stop();
  });

  it('waits longer each time that nobody answers', async () => {
    const tail = follow();
    await pass(60_000);
    const waits = tail.states.filter(state => state.is === 'waiting');
    expect(waits.length).toBeGreaterThan(3);
    expect(waits.length).toBeLessThan(8);
    tail.stop();
  });

  it('gives up a connection on which nothing comes', async () => {
    const tail = follow(stream(': following\n\n'), stream());
    await pass(kSilenceMs + 10);
    expect(tail.states.at(-1)).toMatchObject({
      is: 'waiting',
      why: expect.stringContaining('25 s'),
    });
    tail.stop();
  });

  it('does not ask again what is wrong', async () => {
    const tail = follow(refused(400), stream());
    await pass(60_000);
    expect(tail.states.at(-1)).toEqual({ is: 'refused', status: 400, message: 'rate: 0 is none' });
  });

  it('comes back when a full server says it may', async () => {
    const tail = follow(refused(503, { 'retry-after': '7' }), stream(': following\n\n'));
    await pass();
    expect(tail.states.at(-1)).toMatchObject({ is: 'waiting', why: 'rate: 0 is none' });
    await pass(6000);
    expect(tail.kinds()).not.toContain('open');
    await pass(1100);
    expect(tail.kinds()).toContain('open');
    tail.stop();
  });

  it('says nothing after it was stopped', async () => {
    const tail = follow(stream(': following\n\n'));
    await pass();
    tail.stop();
    const before = tail.states.length;
    await pass(60_000);
    expect(tail.states.length).toBe(before);
  });
});
