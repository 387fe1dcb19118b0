import { linkTo } from '../router';

/** Asks for a live tail; `params` are those of GET /api/clew/v1/tail. */
export function openTail(params: string, signal: AbortSignal): Promise<Response> {
  const path = `/api/clew/v1/tail${params === '' ? '' : `?${params}`}`;
  return fetch(linkTo(path), { signal, headers: { accept: 'text/event-stream' } });
}
