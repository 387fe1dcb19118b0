// The live tail of the fake clew: an invented trace every now and then, some that come again with more
// spans, and more at times than are told.
import { shopTrace } from './fake_traces.mjs';

/** Answers with server-sent events until the client goes. `summary` makes what a search tells. */
export function sendTail(params, response, summary) {
  const service = params.get('service');
  const errorsOnly = params.get('status') === 'error';
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': following\n\n');
  const tell = told => {
    if (service && !told.services.some(({ name }) => name === service)) return;
    if (errorsOnly && told.errorCount === 0) return;
    response.write(`event: trace\ndata: ${JSON.stringify(told)}\n\n`);
  };
  let seed = Date.now() % 1_000_000;
  const timer = setInterval(() => {
    const fault = seed % 9 === 4 ? 'error' : 'none';
    const whole = summary(shopTrace(seed++, Date.now() * 1000, fault));
    if (seed % 4 === 0) tell({ ...whole, spanCount: Math.max(1, whole.spanCount - 3) });
    setTimeout(() => tell(whole), seed % 4 === 0 ? 2000 : 0);
    if (seed % 25 === 0) response.write('event: dropped\ndata: {"count": 17}\n\n');
  }, 400);
  response.on('close', () => clearInterval(timer));
}
