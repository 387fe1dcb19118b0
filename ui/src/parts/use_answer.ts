import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../api/client';

/** Where a request stands. While a new one runs, `value` still holds the last answer, if any. */
export interface Answer<T> {
  state: 'loading' | 'ready' | 'failed';
  value: T | undefined;
  error: ApiError | undefined;
}

/**
 * Loads when `key` changes and forgets about answers that come too late. An answer that `remembered`
 * gives is shown at once, without asking again.
 */
export function useAnswer<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  remembered?: () => T | undefined,
): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { key: string }>(() => started(key, remembered));
  useEffect(() => {
    if (answer.key === key && answer.state === 'ready') return;
    const abort = new AbortController();
    setAnswer(last => ({ ...last, key, state: 'loading', error: undefined }));
    load(abort.signal).then(
      value => {
        if (abort.signal.aborted) return;
        setAnswer({ key, state: 'ready', value, error: undefined });
      },
      (cause: unknown) => {
        if (abort.signal.aborted) return;
        setAnswer({ key, state: 'failed', value: undefined, error: asApiError(cause) });
      },
    );
    return () => abort.abort();
  }, [key]);
  // Between a new key and its effect lies one draw, which must not pass for an answer to the new key.
  return answer.key === key ? answer : { state: 'loading', value: answer.value, error: undefined };
}

function started<T>(key: string, remembered?: () => T | undefined): Answer<T> & { key: string } {
  const value = remembered?.();
  return { key, state: value === undefined ? 'loading' : 'ready', value, error: undefined };
}

/** What a failed request is, whatever was thrown. */
export function asApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  return new ApiError(0, 'page', `This page failed: ${String(cause)}`);
}
