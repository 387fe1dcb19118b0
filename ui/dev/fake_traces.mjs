// Invented traces for the fake server: a shop behind an edge, an ingress gateway and sidecars, with
// Envoy's spans and an SDK's spans as they look in the field. Seeded, so a screenshot repeats.

/** A small seeded generator (mulberry32): numbers in [0, 1). */
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const kPlaces = [
  { datacenter: 'fra1', core: 'fra', edge: 'ams' },
  { datacenter: 'was2', core: 'was', edge: 'nyc' },
];

const text = (key, value) => ({ key, type: 'string', value });
const int = (key, value) => ({ key, type: 'int64', value: String(value) });
const bool = (key, value) => ({ key, type: 'bool', value });
const real = (key, value) => ({ key, type: 'float64', value });

/** Collects the spans of one trace in the form of `GET /clew/v1/traces/{id}`. Times in microseconds. */
class TraceMaker {
  constructor(random) {
    this.random = random;
    this.traceId = this.hex(32);
    this.resources = [];
    this.scopes = [];
    this.spans = [];
    this.place = kPlaces[Math.floor(random() * kPlaces.length)];
  }

  hex(length) {
    let id = '';
    while (id.length < length) id += Math.floor(this.random() * 16).toString(16);
    return id;
  }

  between(low, high) {
    return low + this.random() * (high - low);
  }

  resource(service, attributes) {
    const found = this.resources.findIndex(known => known.service === service);
    if (found >= 0) return found;
    this.resources.push({ service, attributes: [text('service.name', service), ...attributes] });
    return this.resources.length - 1;
  }

  scope(name, version) {
    const found = this.scopes.findIndex(known => known.name === name);
    if (found >= 0) return found;
    this.scopes.push({ name, version });
    return this.scopes.length - 1;
  }

  span(parent, kind, name, startUs, endUs, resource, scope, attributes, more = {}) {
    const made = {
      spanId: this.hex(16),
      parentId: parent?.spanId ?? '',
      name,
      kind,
      startNs: Math.round(startUs * 1000),
      durationNs: Math.round((endUs - startUs) * 1000),
      status: { code: 'unset', message: '' },
      resource,
      scope,
      flags: 0x101,
      traceState: '',
      attributes,
      events: [],
      links: [],
      droppedAttributes: 0,
      droppedEvents: 0,
      droppedLinks: 0,
      ...more,
    };
    this.spans.push(made);
    return made;
  }

  /** What Envoy writes; its error is an attribute, and its status stays unset on the client side. */
  envoy(service, parent, kind, name, startUs, endUs, status, extra = []) {
    const resource = this.resource(service, [
      text('telemetry.sdk.language', 'cpp'),
      text('telemetry.sdk.name', 'envoy'),
      text('place.datacenter', this.place.datacenter),
      text('place.core_location', this.place.core),
    ]);
    const failed = status >= 500;
    const server = kind === 'server';
    const attributes = [
      text('component', 'proxy'),
      text('node_id', `${service}-0`),
      text('zone', this.place.datacenter),
      text('http.protocol', 'HTTP/1.1'),
      text('http.status_code', String(status)),
      text('response_flags', failed ? 'UF' : '-'),
      text('peer.address', '10.20.0.17'),
      text('upstream_cluster.name', name.replace(/^router | egress$/g, '')),
      ...(server ? [text('user_agent', 'curl/8.9.1'), text('response_size', '1841')] : []),
      text('datacenter', this.place.datacenter),
      text('core_location', this.place.core),
      ...extra,
      ...(failed ? [text('error', 'true')] : []),
      ...(failed && !server ? [text('error.reason', 'remote connection failure')] : []),
    ];
    const at = share => Math.round((startUs + (endUs - startUs) * share) * 1000);
    const event = (name, share) => ({ name, timeNs: at(share), attributes: [] });
    return this.span(
      parent,
      kind,
      name,
      startUs,
      endUs,
      resource,
      this.scope('envoy', '1.40.0'),
      attributes,
      {
        status: { code: failed && server ? 'error' : 'unset', message: '' },
        flags: server && parent ? 0x301 : 0x101,
        events: server
          ? [
              event('last_downstream_rx_byte_received', 0.01),
              event('first_downstream_tx_byte_sent', 0.98),
            ]
          : [
              event('first_upstream_tx_byte_sent', 0.05),
              event('first_upstream_rx_byte_received', 0.9),
              event('last_upstream_rx_byte_received', 0.97),
            ],
      },
    );
  }

  sdk(service, language, parent, kind, name, startUs, endUs, attributes, more) {
    const resource = this.resource(service, [
      text('service.version', '2.4.1'),
      text('telemetry.sdk.language', language),
      text('telemetry.sdk.name', 'opentelemetry'),
      text('telemetry.sdk.version', '1.38.0'),
      int('process.pid', 4200 + this.resources.length),
      text('host.name', `${this.place.datacenter}-r12-h07`),
      text('place.datacenter', this.place.datacenter),
      text('place.core_location', this.place.core),
    ]);
    const scope = this.scope(
      `@opentelemetry/instrumentation-${kind === 'internal' ? 'shop' : 'http'}`,
      '0.57.0',
    );
    return this.span(parent, kind, name, startUs, endUs, resource, scope, attributes, more);
  }

  done(startUs) {
    this.spans.sort((a, b) => a.startNs - b.startNs);
    const first = Math.min(...this.spans.slice(0, 1).map(span => span.startNs));
    let end = 0;
    for (const span of this.spans) {
      span.startNs -= first;
      for (const event of span.events) event.timeNs -= first;
      end = Math.max(end, span.startNs + span.durationNs);
    }
    return {
      traceId: this.traceId,
      startNs: String(BigInt(Math.round(startUs)) * 1000n),
      durationNs: end,
      resources: this.resources,
      scopes: this.scopes,
      spans: this.spans,
    };
  }
}

const kRoutes = [
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

function close(span, endUs) {
  const startUs = span.startNs / 1000;
  for (const event of span.events) {
    const share = (event.timeNs - span.startNs) / Math.max(1, span.durationNs);
    event.timeNs = Math.round((startUs + share * (endUs - startUs)) * 1000);
  }
  span.durationNs = Math.round((endUs - startUs) * 1000);
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

/** Everything that can be odd at once: orphans, a cycle, a doubled ID, a skewed clock. */
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
  const shift = made.spans[0].startNs;
  for (const span of made.spans) {
    span.startNs -= shift;
    for (const event of span.events) event.timeNs -= shift;
  }
  return made;
}
