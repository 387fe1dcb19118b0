// Invented traces that are hard to show: very long, very deep, or wrong in every way.
import { close, dice, int, text, TraceMaker } from './fake_maker.mjs';
import { kRoutes, shopTrace } from './fake_traces.mjs';

/** `count` spans: a job that handles orders one after the other, each as a small tree. */
export function bigTrace(count, startUs) {
  const maker = new TraceMaker(dice(10));
  maker.traceId = 'b16'.padEnd(32, '0');
  const root = maker.sdk('nightly-job', 'go', null, 'internal', 'settle all orders', 0, 1, [
    int('orders', count),
  ]);
  let now = 500;
  while (maker.spans.length < count) {
    const order = maker.sdk('checkout', 'python', root, 'internal', 'settle order', now, now + 1, [
      text('order.id', maker.hex(10)),
    ]);
    const inner = 2 + Math.floor(maker.random() * 9);
    let at = now + 30;
    for (let i = 0; i < inner && maker.spans.length < count; i++) {
      const service = ['inventory', 'payments', 'ledger', 'mailer'][Math.floor(maker.random() * 4)];
      const took = maker.between(200, 6000);
      const called = maker.sdk(service, 'go', order, 'client', `POST ${service}`, at, at + took, [
        int('try', i),
      ]);
      if (maker.random() < 0.02) called.status = { code: 'error', message: 'deadline exceeded' };
      if (maker.spans.length < count) {
        maker.sdk(
          'postgres',
          'cpp',
          called,
          'server',
          'UPDATE orders',
          at + took * 0.2,
          at + took * 0.8,
          [],
        );
      }
      at += took * maker.between(0.2, 1.05);
    }
    close(order, at + 100);
    now = at + maker.between(50, 500);
  }
  close(root, now);
  return maker.done(startUs);
}

/** A chain `count` deep: what breaks pages that recurse. */
export function deepTrace(count, startUs) {
  const maker = new TraceMaker(dice(11));
  maker.traceId = 'dee9'.padEnd(32, '0');
  let parent = null;
  for (let i = 0; i < count; i++) {
    parent = maker.sdk(
      `stage-${i % 5}`,
      'go',
      parent,
      'internal',
      `step ${i}`,
      i * 10,
      count * 20 - i * 10,
      [int('step', i)],
    );
  }
  return maker.done(startUs);
}

/** Everything that can be odd at once: cut short, orphans, a cycle, a doubled ID, a skewed clock. */
export function oddTrace(startUs) {
  const made = shopTrace(12, startUs, 'none', kRoutes[3]);
  const of = service =>
    made.spans.filter(span => made.resources[span.resource].service === service);
  made.traceId = '0dd'.padEnd(32, '0');
  const gone = of('inventory-sidecar')[0];
  made.spans.splice(made.spans.indexOf(gone), 1);
  for (const span of of('payments-sidecar')) span.startNs -= 4_000_000;
  const twin = structuredClone(of('checkout')[0]);
  twin.name = 'POST /order (again)';
  made.spans.push(twin);
  const [a, b] = of('mailer').concat(of('checkout').filter(span => span.kind === 'producer'));
  a.parentId = b.spanId;
  b.parentId = a.spanId;
  made.spans.sort((left, right) => left.startNs - right.startNs);
  made.complete = false;
  const shift = made.spans[0].startNs;
  for (const span of made.spans) {
    span.startNs -= shift;
    for (const event of span.events) event.timeNs -= shift;
  }
  return made;
}
