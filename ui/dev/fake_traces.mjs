// Invented requests for the fake server: a shop behind an edge, an ingress gateway and sidecars, with
// Envoy's spans and an SDK's spans as they look in the field.
import { bool, close, dice, int, real, text, TraceMaker } from './fake_maker.mjs';

export const kRoutes = [
  { method: 'GET', path: '/', calls: ['inventory'] },
  { method: 'GET', path: '/product/{id}', calls: ['inventory', 'inventory'] },
  { method: 'POST', path: '/cart', calls: ['checkout'] },
  { method: 'POST', path: '/checkout', calls: ['checkout', 'inventory'] },
];

/** One request through edge, gateway, sidecars and services. `fault`: 'none', 'error' or 'slow'. */
export function shopTrace(seed, startUs, fault = 'none', route = undefined) {
  const maker = new TraceMaker(dice(seed));
  const any = kRoutes[Math.floor(maker.random() * kRoutes.length)];
  const taken = route ?? (fault === 'error' ? kRoutes[3] : any); // only payments fail
  const status = fault === 'error' ? 503 : 200;
  const edgeName = `edge-${maker.place.edge}`;
  const address = [
    text('http.method', taken.method),
    text('http.url', `https://shop.example${taken.path.replace('{id}', '8841')}`),
    text('client.address', '198.51.100.23'),
    text('guid:x-request-id', `5f0c1a2e-${maker.hex(4)}-9b1d-8a44-${maker.hex(12)}`),
  ];
  const wire = maker.between(3000, 9000); // edge to core location
  const pending = []; // Envoy's spans are written when their end is known
  const edge = maker.envoy(edgeName, null, 'server', 'ingress', 0, 1, status, address);
  const edgeOut = maker.envoy(
    edgeName,
    edge,
    'client',
    'router ingress_fra egress',
    180,
    1,
    status,
  );
  const gatewayAt = 180 + wire;
  const gateway = maker.envoy(
    'ingress-gateway',
    edgeOut,
    'server',
    'ingress',
    gatewayAt,
    1,
    status,
    address,
  );
  const gatewayOut = maker.envoy(
    'ingress-gateway',
    gateway,
    'client',
    'router frontend egress',
    gatewayAt + 90,
    1,
    status,
  );
  const sidecarAt = gatewayAt + 90 + maker.between(150, 400);
  const sidecar = maker.envoy(
    'frontend-sidecar',
    gatewayOut,
    'server',
    'ingress',
    sidecarAt,
    1,
    status,
    address,
  );
  const end = frontend(maker, sidecar, sidecarAt + 60, taken, fault);
  pending.push([sidecar, end + 40], [gatewayOut, end + 210], [gateway, end + 260]);
  pending.push([edgeOut, end + 260 + wire], [edge, end + 330 + wire]);
  for (const [span, endUs] of pending) close(span, endUs);
  return maker.done(startUs);
}

function frontend(maker, parent, atUs, route, fault) {
  const failed = fault === 'error';
  const server = maker.sdk(
    'frontend',
    'nodejs',
    parent,
    'server',
    `${route.method} ${route.path}`,
    atUs,
    atUs + 1,
    [
      text('http.request.method', route.method),
      text('http.route', route.path),
      int('http.response.status_code', failed ? 503 : 200),
      text('network.protocol.version', '1.1'),
      bool('feature.new_basket', maker.random() > 0.5),
      real('user.score', Number(maker.random().toFixed(4))),
    ],
  );
  if (failed) server.status = { code: 'error', message: '' };
  let now = atUs + maker.between(150, 500);
  const session = maker.sdk(
    'frontend',
    'nodejs',
    server,
    'internal',
    'read session',
    now,
    now + maker.between(80, 300),
    [text('session.id', maker.hex(12))],
  );
  now += session.durationNs / 1000 + 40;
  for (const service of route.calls)
    now = call(maker, server, 'frontend', 'nodejs', service, now, fault) + maker.between(30, 150);
  const render = maker.between(400, 2500);
  maker.sdk('frontend', 'nodejs', server, 'internal', 'render page', now, now + render, [
    { key: 'template.parts', type: 'array', value: ['head', 'basket', 'list', 'foot'] },
    { key: 'render.stats', type: 'map', value: { nodes: 412, cached: true, locale: 'de-DE' } },
  ]);
  now += render + 30;
  close(server, now);
  return now;
}

/** A client span, the called service's sidecar and the service; returns when the caller goes on. */
function call(maker, parent, caller, language, service, atUs, fault, timeoutUs = Infinity) {
  const failed = fault === 'error' && service !== 'inventory';
  const client = maker.sdk(caller, language, parent, 'client', `POST ${service}`, atUs, atUs + 1, [
    text('http.request.method', 'POST'),
    text('server.address', service),
    int('server.port', 8080),
    int('http.response.status_code', failed ? 503 : 200),
  ]);
  if (failed) client.status = { code: 'error', message: 'upstream answered 503' };
  const hop = maker.between(120, 350);
  const proxy = maker.envoy(
    `${service}-sidecar`,
    client,
    'server',
    'ingress',
    atUs + hop,
    1,
    failed ? 503 : 200,
  );
  const done = Math.min(kServices[service](maker, proxy, atUs + hop + 70, fault), atUs + timeoutUs);
  close(proxy, done + 50);
  close(client, done + 50 + hop);
  return done + 50 + hop;
}

const kServices = {
  inventory(maker, parent, atUs, fault) {
    const server = maker.sdk(
      'inventory',
      'python',
      parent,
      'server',
      'POST /stock',
      atUs,
      atUs + 1,
      [
        text('http.route', '/stock'),
        int('http.response.status_code', 200),
        int('stock.items', Math.floor(maker.between(1, 40))),
      ],
    );
    const queries = 1 + Math.floor(maker.random() * 3);
    let now = atUs + maker.between(60, 200);
    for (let i = 0; i < queries; i++) {
      const took = fault === 'slow' ? maker.between(60e3, 240e3) : maker.between(300, 2600);
      maker.sdk('inventory', 'python', server, 'client', 'SELECT stock', now, now + took, [
        text('db.system.name', 'postgresql'),
        text('db.namespace', 'shop'),
        text('db.query.text', 'SELECT sku, count FROM stock WHERE sku = ANY($1) AND place = $2'),
        int('db.response.returned_rows', Math.floor(maker.between(1, 90))),
      ]);
      now += took + maker.between(20, 90);
    }
    close(server, now + 60);
    return now + 60;
  },
  checkout(maker, parent, atUs, fault) {
    const server = maker.sdk(
      'checkout',
      'python',
      parent,
      'server',
      'POST /order',
      atUs,
      atUs + 1,
      [
        text('http.route', '/order'),
        int('http.response.status_code', fault === 'error' ? 503 : 200),
        text('order.id', maker.hex(10)),
        real('order.total', Number(maker.between(5, 400).toFixed(2))),
        text('order.currency', 'EUR'),
      ],
    );
    let failedAt;
    let now = atUs + maker.between(200, 700);
    now = call(maker, server, 'checkout', 'python', 'payments', now, fault) + 60;
    if (fault === 'error') {
      server.status = { code: 'error', message: 'payment was not possible' };
      failedAt = {
        name: 'exception',
        timeNs: Math.round((now - 40) * 1000),
        attributes: [
          text('exception.type', 'shop.PaymentError'),
          text('exception.message', 'payments answered 503 after 3 tries'),
          text(
            'exception.stacktrace',
            'Traceback (most recent call last):\n  File "shop/checkout.py", line 88, in order\n    charge(order)\n  File "shop/payments.py", line 41, in charge\n    raise PaymentError(f"payments answered {code} after {tries} tries")\nshop.PaymentError: payments answered 503 after 3 tries',
          ),
        ],
      };
    } else {
      const sent = maker.sdk(
        'checkout',
        'python',
        server,
        'producer',
        'send orders',
        now,
        now + 240,
        [
          text('messaging.system', 'kafka'),
          text('messaging.destination.name', 'orders'),
          { key: 'messaging.kafka.message.key', type: 'binary', value: 'AAEC/w==' },
        ],
      );
      const later = now + maker.between(900, 3000);
      maker.sdk(
        'mailer',
        'python',
        sent,
        'consumer',
        'process orders',
        later,
        later + maker.between(800, 2500),
        [text('messaging.system', 'kafka'), text('messaging.destination.name', 'orders')],
        {
          links: [
            {
              traceId: maker.hex(32),
              spanId: maker.hex(16),
              attributes: [text('link.why', 'batch')],
            },
          ],
        },
      );
      now += 300;
    }
    close(server, now);
    if (failedAt) server.events.push(failedAt); // after close(), which stretches events
    return now;
  },
  payments(maker, parent, atUs, fault) {
    const tries = fault === 'error' ? 3 : 1;
    let now = atUs;
    for (let i = 0; i < tries; i++) {
      const took = maker.between(2500, 9000);
      maker.envoy(
        'payments-sidecar',
        parent,
        'client',
        'router payments egress',
        now,
        now + took,
        fault === 'error' ? 503 : 200,
        [
          text('upstream_address', '127.0.0.1:9004'),
          ...(i > 0 ? [text('retry.count', String(i))] : []),
        ],
      );
      now += took + 300;
    }
    return now;
  },
};
