// Collects invented spans into traces of the form of `GET /api/clew/v1/traces/{id}`. Seeded, so a
// screenshot repeats. See fake_clew.mjs.

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

export const text = (key, value) => ({ key, type: 'string', value });
export const int = (key, value) => ({ key, type: 'int64', value: String(value) });
export const bool = (key, value) => ({ key, type: 'bool', value });
export const real = (key, value) => ({ key, type: 'float64', value });

/** Collects the spans of one trace in the form of `GET /api/clew/v1/traces/{id}`. Times in microseconds. */
export class TraceMaker {
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
      complete: true,
      resources: this.resources,
      scopes: this.scopes,
      spans: this.spans,
    };
  }
}

/** Moves the end of a span that was begun before its end was known; its events stretch with it. */
export function close(span, endUs) {
  const startUs = span.startNs / 1000;
  for (const event of span.events) {
    const share = (event.timeNs - span.startNs) / Math.max(1, span.durationNs);
    event.timeNs = Math.round((startUs + share * (endUs - startUs)) * 1000);
  }
  span.durationNs = Math.round((endUs - startUs) * 1000);
}
