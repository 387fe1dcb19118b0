// The Mesh page of a running clew, in a real Chromium. What a control plane would answer is given here;
// test/test_mesh_page.py has a real one.
//
//   CLEW_URL=http://127.0.0.1:16686 node --test test/ui/mesh_test.mjs
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { soon, useTab } from './browser.mjs';

const tab = useTab();
let page;

beforeEach(() => {
  page = tab.page;
});

const kSites = {
  ams: ['edge', 52.4, 4.9],
  nyc: ['edge', 40.7, -74],
  sin: ['edge', 1.35, 103.8],
  fra: ['zone', 50.1, 8.7],
  iad: ['zone', 39, -77.5],
  nrt: ['zone', 35.7, 140.3],
};
const kSaid =
  "Error adding/updating listener(s) inbound: Didn't find a registered implementation for 'envoy.filters.http.nope'";

const places = kind =>
  Object.entries(kSites)
    .filter(([, [of]]) => of === kind)
    .map(([name, [, latitude, longitude]]) => ({
      name,
      coordinates: { latitude, longitude },
    }));

function link(zone, ms, requests, change = {}) {
  return {
    zone,
    cost_ms: ms,
    measured: true,
    round_trip_ms: ms,
    loss: 0,
    health: 'up',
    requests_per_second: requests,
    errors_per_second: 0,
    ...change,
  };
}

function proxy(name, kind, place, change = {}) {
  return {
    mesh: 'default',
    name,
    kind,
    service: kind === 'sidecar' ? name.replace(/-[a-z]+$/, '') : `clew-${kind}`,
    place,
    status: 'online',
    refusals: [],
    envoy: '1.40.0',
    revision: 12,
    settled_revision: 12,
    connected_unix_nano: Date.now() * 1e6,
    ...change,
  };
}

function service(name, zones, change = {}) {
  return {
    mesh: 'default',
    name,
    service: name.replace(/:[0-9]+$/, ''),
    sections: [],
    protocol: 'http',
    external: false,
    zones: zones.map(zone => ({ zone, instances: 1 })),
    ...change,
  };
}

const kServices = [
  service('bank', [], { external: true }),
  service('cart', ['fra', 'iad', 'nrt']),
  service('pay', []),
  service('shop', ['fra', 'iad', 'nrt'], { sections: ['web', '80'] }),
  service('shop:8081', ['fra'], {
    sections: ['admin', '8081'],
    protocol: 'grpc',
  }),
];

/** To the core location that gets all requests. */
const kOnlyWay = { ...link('fra', 160, 55), instances: 1, capacity: null, priority: 0, share: 100 };

function answers() {
  const proxies = Object.entries(kSites).flatMap(([name, [kind]]) =>
    kind === 'edge'
      ? [proxy(`edge-${name}-1`, 'edge', name), proxy(`edge-${name}-2`, 'edge', name)]
      : [
          proxy(`ingress-${name}`, 'ingress', name),
          ...['shop', 'cart', 'pay'].map(service => proxy(`${service}-${name}`, 'sidecar', name)),
        ],
  );
  const broken = proxies.find(({ name }) => name === 'pay-iad');
  const refusal = {
    type: 'Listener',
    name: 'inbound',
    text: kSaid,
    time_unix_nano: Date.now() * 1e6,
    from: ['MeshAccessLog all'],
  };
  Object.assign(broken, {
    status: 'refused',
    refusals: [refusal],
    settled_revision: 11,
  });
  const certificate = {
    identity: 'spiffe://default/shop',
    serial: '4a1f',
    not_before_unix_nano: Date.now() * 1e6,
    not_after_unix_nano: (Date.now() + 20 * 3600e3) * 1e6,
    problem: '',
  };
  return {
    '': { configured: true, url: 'http://127.0.0.1:5681' },
    '/proxies': { total: proxies.length, items: proxies },
    '/services': { total: kServices.length, items: kServices },
    '/zones': { total: 3, items: places('zone'), next: null },
    '/edges': { total: 3, items: places('edge'), next: null },
    '/certificates': { items: [certificate] },
    '/control-planes': {
      self: { name: '', mode: 'standalone', zone: '' },
      total: 0,
      items: [],
      conflicts: 0,
      problem: '',
    },
    '/zone-matrix': {
      total: 3,
      items: [
        {
          edge: 'ams',
          zones: [link('fra', 8, 410), link('iad', 82, 3), link('nrt', 230, 0)],
        },
        {
          edge: 'nyc',
          zones: [
            link('iad', 6, 900, { errors_per_second: 4.5 }),
            link('fra', 85, 0),
            link('nrt', 160, 0),
          ],
        },
        {
          edge: 'sin',
          zones: [
            link('nrt', 70, 0, { health: 'down', loss: 1 }),
            link('fra', 160, 55),
            link('iad', 220, 0, { measured: false, round_trip_ms: null }),
          ],
        },
      ],
    },
    '/edges/sin/routes/cart': {
      edge: 'sin',
      mesh: 'default',
      service: 'cart',
      zones: [
        {
          ...kOnlyWay,
          reason: 'failover',
          why: 'stands in for the nearest, which is not up',
        },
        {
          ...link('nrt', 70, 0, { health: 'down' }),
          instances: 1,
          capacity: 500,
          priority: 2,
          share: 0,
          reason: 'nearest',
          why: 'no probe of it is answered',
        },
      ],
    },
    '/edges/sin/routes/shop:8081': {
      edge: 'sin',
      mesh: 'default',
      service: 'shop:8081',
      zones: [{ ...kOnlyWay, reason: 'nearest', why: 'nearest (measured)' }],
    },
    '/meshes/default/dataplanes/pay-iad/_overview': {
      ...broken,
      certificate: { ...certificate, identity: 'spiffe://default/pay' },
      types: [
        {
          type: 'Listener',
          accepted_unix_nano: (Date.now() - 7200e3) * 1e6,
          refused_unix_nano: (Date.now() - 180e3) * 1e6,
          resources: [
            {
              name: 'inbound',
              sent: 'bbbb2222',
              accepted: 'aaaa1111',
              refusal: kSaid,
              from: [],
            },
          ],
        },
        {
          type: 'Cluster',
          accepted_unix_nano: (Date.now() - 180e3) * 1e6,
          resources: [
            {
              name: 'cart',
              sent: 'cccc3333',
              accepted: 'cccc3333',
              refusal: '',
              from: [],
            },
          ],
        },
      ],
    },
  };
}

const seriesOf = values => ({
  startUs: 0,
  endUs: 1,
  stepUs: 1,
  series: Object.entries(values).map(([value, point]) => ({
    labels: [{ name: 'span.edge', type: 'string', value }],
    points: [point],
  })),
  complete: true,
  inspectedSpans: 1,
  elapsedMs: 1,
});

/** Plays a control plane behind the store. */
async function withMesh(change = () => {}) {
  const known = answers();
  change(known);
  await page.route('**/api/clew/v1/mesh**', route => {
    const path = new URL(route.request().url()).pathname.replace('/api/clew/v1/mesh', '');
    const json = known[decodeURIComponent(path)];
    if (json) return route.fulfill({ json });
    const error = { code: 'not_found', message: `nothing at ${path}` };
    return route.fulfill({ status: 404, json: { error } });
  });
  await page.route('**/api/clew/v1/metrics?*', route => {
    const query = new URL(route.request().url()).searchParams.get('q');
    const json = query.includes('error')
      ? seriesOf({ nyc: 4.5 })
      : query.includes('quantile')
        ? seriesOf({ ams: 0.031, nyc: 0.044 })
        : seriesOf({ ams: 413, nyc: 900, sin: 55 });
    return route.fulfill({ json });
  });
}

const rowOf = name => page.getByRole('row', { name: new RegExp(name) });

describe('Mesh', () => {
  it('says how to configure it where there is no control plane', async () => {
    await tab.goto('/mesh', '.notice-page');
    assert.match(await page.locator('.notice-page').innerText(), /--mesh-url/);
    await tab.noSeriousFindings();
    await tab.picture('mesh-none');
  });

  it('shows places, ways between them and what is wrong, as a map and as tables', async () => {
    await withMesh();
    await tab.goto('/mesh', '.mesh-map');
    await soon(() => page.locator('.mesh-node').count(), 6);
    assert.equal(await page.locator('.mesh-way').count(), 9);
    const problems = await page.getByRole('list', { name: 'Problems' }).innerText();
    assert.match(problems, /pay-iad does not take Listener inbound: Error adding/);
    assert.match(problems, /Core location nrt does not answer sin/);
    assert.match(await rowOf('^ams').innerText(), /413\/s, 31 ms[^]*fra first[^]*410\/s/);
    assert.match(await rowOf('^nyc').innerText(), /0\.50 % failed/);
    assert.match(await rowOf('spiffe').innerText(), /(19|20) h/);
    await tab.noSeriousFindings();
    await tab.picture('mesh');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForTimeout(500); // until colours have changed
    await tab.noSeriousFindings();
    await tab.picture('mesh-dark');
    await page.setViewportSize({ width: 400, height: 900 });
    await page.waitForTimeout(200);
    assert.ok(await page.evaluate(() => document.querySelector('main').scrollWidth <= 400));
    await tab.picture('mesh-narrow');
  });

  it('says which core location serves an edge and why, by keys alone', async () => {
    await withMesh();
    await tab.goto('/mesh', '.mesh-node');
    await page.locator('.mesh-node[data-kind="edge"]', { hasText: 'sin' }).focus();
    await page.keyboard.press('Enter');
    const detail = page.getByRole('complementary', { name: 'Edge sin' });
    await detail.getByText('stands in for the nearest').waitFor();
    assert.match(await detail.innerText(), /fra 100 % of the requests/);
    assert.equal(new URL(page.url()).searchParams.get('edge'), 'sin');
    assert.equal(
      await detail.getByRole('link', { name: 'Its traces' }).getAttribute('href'),
      '/search?tags=edge%3Dsin',
    );
    await tab.noSeriousFindings();
    await tab.picture('mesh-edge');
    await page.keyboard.press('Escape');
    await detail.waitFor({ state: 'detached' });
  });

  it('shows each port of a service as a destination of its own', async () => {
    await withMesh();
    await tab.goto('/mesh', '.mesh-map');
    assert.match(
      await rowOf('^shop proxies').innerText(),
      /80 web\s+shop\s+http\s+1 in fra, 1 in iad/,
    );
    assert.match(await rowOf('^8081').innerText(), /8081 admin\s+shop:8081\s+grpc\s+1 in fra$/);
    assert.match(await rowOf('^bank').innerText(), /outside of the mesh/);
    assert.match(await rowOf('^pay proxies').innerText(), /none/);
    await page.locator('.mesh-node[data-kind="edge"]', { hasText: 'sin' }).click();
    const detail = page.getByRole('complementary', { name: 'Edge sin' });
    await detail.getByRole('combobox').selectOption('shop:8081');
    await detail.getByText('nearest (measured)').waitFor();
    assert.equal(new URL(page.url()).searchParams.get('service'), 'shop:8081');
    await tab.noSeriousFindings();
    await page.getByRole('heading', { name: 'Services' }).scrollIntoViewIfNeeded();
    await rowOf('^8081').scrollIntoViewIfNeeded();
    await tab.picture('mesh-ports');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForTimeout(500); // until colours have changed
    await tab.picture('mesh-ports-dark');
    await page.locator('.mesh-node[data-kind="zone"]', { hasText: 'iad' }).click();
    await page.getByRole('heading', { name: 'Services in iad' }).waitFor();
    assert.equal(await rowOf('^8081').count(), 0);
  });

  it('shows what a control plane says that knows no services yet', async () => {
    tab.expectTrouble(/404|Failed to load/);
    await withMesh(known => delete known['/services']);
    await tab.goto('/mesh', '.mesh-map');
    assert.equal(await page.getByRole('heading', { name: 'Services' }).count(), 0);
    await soon(() => page.locator('.mesh-node').count(), 6);
  });

  it('shows a proxy with the versions it has and what its Envoy said', async () => {
    await withMesh();
    await tab.goto('/mesh', '.mesh-map');
    await page.keyboard.press('/');
    await page.keyboard.type('iad');
    await soon(() => page.locator('.mesh-table tbody tr', { hasText: 'sidecar' }).count(), 3);
    await page.getByRole('button', { name: /refused 1/ }).click();
    await page.getByRole('link', { name: 'pay-iad' }).last().click();
    const detail = page.getByRole('complementary', { name: 'Proxy pay-iad' });
    await detail.getByText('spiffe://default/pay').waitFor();
    const text = await detail.innerText();
    assert.ok(text.includes(kSaid));
    assert.match(text, /has answered for\s+version 11 of 12/);
    assert.match(text, /From MeshAccessLog all/);
    assert.match(text, /refused, has aaaa1111/);
    assert.match(text, /Listener\s+2 h ago\s+3 min ago/);
    assert.match(text, /Cluster\s+3 min ago\s+never/);
    assert.match(text, /Cluster cart[^]*the same/);
    assert.match(page.url(), /find=iad&status=refused/);
    await tab.noSeriousFindings();
    await tab.picture('mesh-proxy');
  });

  it('says that the control plane does not answer, and what it says', async () => {
    tab.expectTrouble(/50[23]|Failed to load/);
    const message =
      'the control plane does not answer: http://127.0.0.1:5681/proxies: Connection refused (is clew mesh run there?)';
    await withMesh();
    await page.route('**/api/clew/v1/mesh/proxies', route =>
      route.fulfill({
        status: 503,
        json: { error: { code: 'unavailable', message } },
      }),
    );
    await tab.goto('/mesh', '.notice-page');
    assert.match(await page.locator('.notice-page').innerText(), /is clew mesh run there\?/);
    await tab.picture('mesh-failed');
    await page.unroute('**/api/clew/v1/mesh/proxies');
    await page.locator('.mesh-map').waitFor();
    await page.route('**/api/clew/v1/mesh/proxies', route =>
      route.fulfill({
        status: 502,
        json: { error: { code: 'bad_gateway', message: 'no token' } },
      }),
    );
    await page.getByText('no token What is shown is of').waitFor();
    assert.ok(await page.locator('.mesh-map').isVisible());
  });

  it('shows a mesh without anything in it', async () => {
    await withMesh(known => {
      for (const path of [
        '/proxies',
        '/services',
        '/zones',
        '/edges',
        '/zone-matrix',
        '/certificates',
      ])
        known[path] = { total: 0, items: [] };
    });
    await tab.goto('/mesh', '.mesh-map');
    await page.getByText('No edge is known').waitFor();
    await page.getByText('Nothing is wrong').waitFor();
    await tab.noSeriousFindings();
    await tab.picture('mesh-empty');
  });

  it('draws a thousand proxies and says how many it does not', async () => {
    await withMesh(known => {
      const items = Array.from({ length: 1000 }, (_, i) => proxy(`many-${i}`, 'sidecar', 'fra'));
      known['/proxies'] = { total: 1000, items };
    });
    await tab.goto('/mesh', '.mesh-map');
    await page.getByText('800 more: narrow them').waitFor();
    await page.getByLabel('Find proxies').fill('many-99');
    await soon(() => page.locator('.mesh-table tbody tr', { hasText: 'many-' }).count(), 11);
  });
});
