// Following a live tail over one connection after the other. No browser but fetch and timers, so that
// tests can play the server.
import { ServerEvents, type ServerEvent } from './server_events';

export type TailState =
  | { is: 'connecting' }
  | { is: 'open' }
  /** Lost, and tried again at `untilMs`. */
  | { is: 'waiting'; untilMs: number; why: string }
  /** The server does not take the request: asking the same again cannot help. */
  | { is: 'refused'; status: number; message: string };

export interface TailListener {
  onState: (state: TailState) => void;
  onEvent: (event: ServerEvent) => void;
}

/** Without a word for longer than two of the server's comments the connection is dead. */
export const kSilenceMs = 25_000;
const kFirstWaitMs = 1000;
const kMostWaitMs = 15_000;

/** Follows until the function that it gives is called. `open` asks the server. */
export function followTail(
  open: (signal: AbortSignal) => Promise<Response>,
  listener: TailListener,
): () => void {
  const stop = new AbortController();
  void keepFollowing(open, listener, stop.signal);
  return () => stop.abort();
}

async function keepFollowing(
  open: (signal: AbortSignal) => Promise<Response>,
  listener: TailListener,
  stopped: AbortSignal,
): Promise<void> {
  for (let failures = 0; !stopped.aborted;) {
    listener.onState({ is: 'connecting' });
    const end = await followOnce(open, listener, stopped);
    if (stopped.aborted) return;
    if (end.refused !== undefined) {
      listener.onState({ is: 'refused', status: end.refused, message: end.why });
      return;
    }
    failures = end.wasOpen ? 0 : failures + 1;
    const waitMs = Math.max(end.retryAfterMs, Math.min(kMostWaitMs, kFirstWaitMs * 2 ** failures));
    listener.onState({ is: 'waiting', untilMs: Date.now() + waitMs, why: end.why });
    await sleep(waitMs, stopped);
  }
}

/** How a connection ended. */
interface End {
  wasOpen: boolean;
  why: string;
  /** The status of an answer that would be the same again. */
  refused?: number;
  retryAfterMs: number;
}

async function followOnce(
  open: (signal: AbortSignal) => Promise<Response>,
  listener: TailListener,
  stopped: AbortSignal,
): Promise<End> {
  const silent = new AbortController();
  let timer = setTimeout(() => silent.abort(), kSilenceMs);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silent.abort(), kSilenceMs);
  };
  let wasOpen = false;
  try {
    const response = await open(AbortSignal.any([stopped, silent.signal]));
    if (!response.ok || !response.body) return await refusal(response);
    wasOpen = true;
    listener.onState({ is: 'open' });
    const events = new ServerEvents();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      heard();
      const { done, value } = await reader.read();
      if (done) return { wasOpen, why: 'the server ended the stream', retryAfterMs: 0 };
      for (const event of events.take(value)) if (!stopped.aborted) listener.onEvent(event);
    }
  } catch (cause) {
    const why = silent.signal.aborted
      ? `nothing was heard for ${kSilenceMs / 1000} s`
      : wasOpen
        ? 'the connection was lost'
        : 'the server does not answer';
    if (cause instanceof TypeError || silent.signal.aborted || stopped.aborted) {
      return { wasOpen, why, retryAfterMs: 0 };
    }
    return { wasOpen, why: String(cause), retryAfterMs: 0 };
  } finally {
    clearTimeout(timer);
    silent.abort(); // lets go of the connection, whatever ended this
  }
}

async function refusal(response: Response): Promise<End> {
  const why = messageOf(await response.text()) ?? `HTTP ${response.status} ${response.statusText}`;
  const retryAfterMs = 1000 * Number(response.headers.get('retry-after') ?? 0) || 0;
  const mayHelp = response.status >= 500 || response.status === 429;
  return { wasOpen: false, why, retryAfterMs, ...(mayHelp ? {} : { refused: response.status }) };
}

/** The message of clew's error body; undefined if it is none. */
function messageOf(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: { message?: unknown } };
    return typeof error?.message === 'string' ? error.message : undefined;
  } catch {
    return undefined; // of a proxy in between: its status says what there is to say
  }
}

function sleep(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms);
    stopped.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
