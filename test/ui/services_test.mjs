// The pages of services of a running clew, in a real Chromium: list, one service, map, calls.
//
//   CLEW_URL=http://127.0.0.1:16686 node --test test/ui/services_test.mjs
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { fetchJson, soon, useTab } from './browser.mjs';

const tab = useTab();
let page;

beforeEach(() => {
  page = tab.page;
});

const kRow = '.red-table tbody tr';
const kDay = 'lookback=1d';

const openList = (params = kDay) => tab.goto(`/services?${params}`, kRow);
const openMap = async (params = '') => {
  await tab.goto(`/services?${kDay}&view=map${params}`, 'canvas.map');
};
const names = () => page.locator(`${kRow} th`).allInnerTexts();
const param = name => new URL(page.url()).searchParams.get(name);
const isSorted = texts => texts.every((text, i) => i === 0 || texts[i - 1] <= text);
const column = number => page.locator(`${kRow} td:nth-of-type(${number})`).allInnerTexts();

async function calls() {
  const { dependencies } = await fetchJson('/api/clew/v1/dependencies?lookback=86400000');
  assert.ok(dependencies.length > 0);
  return dependencies;
}

/** A service that calls some, and has a name. */
async function caller() {
  return (await calls()).find(call => call.parent !== '').parent;
}

/** What 500 services and 2,000 edges between them are answered as. */
function largeMap() {
  const name = i => `service-${String(i).padStart(3, '0')}`;
  const dependencies = Array.from({ length: 2000 }, (_, i) => {
    const from = i % 400;
    return {
      parent: name(from),
      child: name(Math.min(499, from + 1 + ((i * 31) % 97))),
      callCount: 1 + ((i * 7919) % 5000),
      errorCount: i % 11 === 0 ? 1 : 0,
      p50Us: 900 + i,
      p95Us: 3000 + i,
      p99Us: 9000 + i,
    };
  });
  const pairs = new Map(dependencies.map(call => [`${call.parent} ${call.child}`, call]));
  return [...pairs.values()];
}

/** The picture of the map once it changes no more. */
async function settledMap() {
  const drawn = canvas => (canvas.width === 300 ? '' : canvas.toDataURL()); // 300: not yet
  let [before, now] = ['', ''];
  await soon(async () => {
    [before, now] = [now, await page.locator('canvas.map').evaluate(drawn)];
    await page.waitForTimeout(100);
    return now !== '' && now === before;
  }, true);
  return now;
}

async function answerCalls(dependencies) {
  await page.route('**/api/clew/v1/dependencies?*', route =>
    route.fulfill({ json: { dependencies, complete: true } }),
  );
}

describe('the list of services', () => {
  it('has every service that sent spans, with its numbers', async () => {
    const { services } = await fetchJson('/api/clew/v1/services');
    await openList();
    const shown = (await names()).map(name => name.trim());
    for (const service of services) assert.ok(shown.includes(service), service);
    for (const text of await column(1)) assert.match(text, /\/(s|min|h)$/);
    for (const text of await column(3)) assert.match(text, /^[\d.]+ (ns|µs|ms|s)|min/);
    await soon(() => page.locator(`${kRow} td`).first().getAttribute('title'), /spans?, /);
    await tab.picture('services-light');
  });

  it('counts what the server counts', async () => {
    const q = encodeURIComponent('{ } | count_over_time() by (resource.service.name)');
    const end = Date.now() * 1000;
    const start = end - 86400e6;
    const { series } = await fetchJson(
      `/api/clew/v1/metrics?q=${q}&start=${start}&end=${end}&instant=true`,
    );
    await openList(`start=${start}&end=${end}`);
    for (const { labels, points } of series) {
      const name = labels.find(label => label.name === 'resource.service.name').value;
      const row = page.locator(kRow).filter({ has: page.getByRole('link', { name, exact: true }) });
      const title = await row.locator('td').first().getAttribute('title');
      assert.equal(Number(title.split(' ')[0].replaceAll(',', '')), points[0], name);
    }
  });

  it('is sorted by what one clicks, and the URL keeps it', async () => {
    await openList();
    await page.getByRole('button', { name: 'Service' }).click();
    await page.waitForURL(/sort=name/);
    await soon(async () => isSorted(await names()), true);
    const sorted = await names();
    await page.getByRole('button', { name: 'Service' }).click();
    await page.waitForURL(/sort=-name/);
    await soon(() => names(), sorted.reverse());
    await page.goBack();
    await page.waitForURL(/sort=name/);
    await soon(() => page.locator('th[aria-sort="ascending"]').innerText(), 'Service ↑');
  });

  it('is filtered and left by keyboard alone', async () => {
    const service = await caller();
    await openList();
    await page.keyboard.press('/');
    await page.keyboard.insertText(service);
    await soon(() => param('filter'), service);
    const link = page.getByRole('link', { name: service, exact: true });
    await link.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/services/${encodeURIComponent(service)}?${kDay}`);
    await page.goBack();
    await soon(() => page.getByLabel('Filter by name').inputValue(), service);
    await page.getByLabel('Filter by name').fill('surely no such service');
    await page.getByText('No service has this in its name').waitFor();
  });

  it('goes round its views with v', async () => {
    await openList();
    await page.keyboard.press('v');
    await page.locator('canvas.map').waitFor();
    await page.keyboard.press('v');
    await page.locator('.red-table[aria-label="Calls"]').waitFor();
    await page.keyboard.press('v');
    await page.locator('.red-table[aria-label="Services"]').waitFor();
  });

  it('leads to traces', async () => {
    await openList();
    const href = await page.locator(`${kRow} .links a`).first().getAttribute('href');
    const url = new URL(href, page.url());
    assert.equal(url.pathname, '/search');
    assert.match(url.searchParams.get('q'), /^\{ resource\.service\.name (= ".+"|= nil) \}$/);
    assert.ok(Number(url.searchParams.get('start')) < Number(url.searchParams.get('end')));
  });

  it('says what to do when there is nothing, and when the server fails', async () => {
    await tab.goto('/services?start=1000000&end=2000000', '.notice-page');
    await page.getByRole('button', { name: 'Look at the last 7 days' }).click();
    await page.waitForURL(/lookback=7d/);
    await page.locator(kRow).first().waitFor();
    tab.expectTrouble(/503/);
    await page.route('**/api/clew/v1/metrics?*', route =>
      route.fulfill({
        status: 503,
        json: { error: { code: 'unavailable', message: 'the store is starting' } },
      }),
    );
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('the store is starting').waitFor();
    await page.unroute('**/api/clew/v1/metrics?*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator(kRow).first().waitFor();
  });

  it('says when numbers are of a part of the spans', async () => {
    await page.route('**/api/clew/v1/metrics?*', async route => {
      const response = await route.fetch();
      await route.fulfill({ json: { ...(await response.json()), complete: false } });
    });
    await openList();
    await page.getByText('the numbers are of a part of the spans').waitFor();
  });
});

describe('the page of a service', () => {
  it('has its operations, callers and callees, and charts', async () => {
    const service = await caller();
    const all = await calls();
    await tab.goto(`/services/${encodeURIComponent(service)}?${kDay}`, '.services-chart canvas');
    await soon(() => page.locator('.services-chart').count(), 2);
    const { operations } = await fetchJson(
      `/api/clew/v1/operations?service=${encodeURIComponent(service)}`,
    );
    const rows = page.locator(`[aria-label="Operations of ${service}"] tbody tr`);
    await rows.first().waitFor();
    await soon(() => rows.count(), new Set(operations.map(({ name }) => name)).size);
    const callees = page.locator('table[aria-label="Callees"] tbody tr');
    await callees.first().waitFor();
    await soon(() => callees.count(), all.filter(call => call.parent === service).length);
    const callers = all.filter(call => call.child === service).length;
    await soon(() => page.locator('table[aria-label="Callers"] tbody tr').count(), callers);
    await tab.noSeriousFindings();
    await tab.picture('service-light');
  });

  it('takes a time from its chart', async () => {
    const service = await caller();
    await tab.goto(`/services/${encodeURIComponent(service)}?${kDay}`, '.services-chart .u-over');
    const box = await page.locator('.services-chart .u-over').first().boundingBox();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.99, box.y + 50, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/start=\d+&end=\d+/);
    const hours = (Number(param('end')) - Number(param('start'))) / 3600e6;
    assert.ok(hours > 8 && hours < 16, `${hours} hours`);
  });

  it('leads to its part of the map', async () => {
    const service = await caller();
    await tab.goto(`/services/${encodeURIComponent(service)}?${kDay}`, '.services-head');
    await page.keyboard.press('m');
    await page.locator('canvas.map').waitFor();
    await soon(() => param('focus'), service);
    await page.locator('.map-choice h2', { hasText: service }).waitFor();
  });

  it('says so when the service has no spans', async () => {
    await tab.goto('/services/no-such-service', '.notice-page');
    await page.getByText('No spans in this time').waitFor();
  });
});

describe('the map of services', () => {
  it('is gone through by keyboard, and says what is chosen', async () => {
    await openMap();
    await page.locator('canvas.map').focus();
    await page.keyboard.press('ArrowRight');
    const title = page.locator('.map-choice h2');
    await soon(() => param('at') !== null, true);
    await soon(async () => (await title.innerText()).trim(), param('at'));
    const before = param('at');
    for (const key of ['ArrowRight', 'ArrowDown', 'ArrowUp', 'ArrowLeft', 'ArrowRight']) {
      await page.keyboard.press(key);
    }
    await soon(() => param('at') !== before, true);
    await page.keyboard.press('f');
    await soon(() => param('focus'), param('at'));
    await page.locator('canvas.map').focus();
    await page.keyboard.press('Escape');
    await soon(() => param('at'), null);
    await tab.picture('services-map-light');
  });

  it('shows a service that is clicked, its edges, and their traces', async () => {
    const service = await caller();
    await openMap(`&focus=${encodeURIComponent(service)}`);
    await soon(() => page.locator('canvas.map').getAttribute('width').then(width => width !== '300'), true); // prettier-ignore
    const hit = await page.evaluate(async () => {
      // Boxes are wider than these steps.
      const canvas = document.querySelector('canvas.map');
      const { left, top, width, height } = canvas.getBoundingClientRect();
      for (let y = 10; y < height; y += 8) {
        for (let x = 10; x < width; x += 40) {
          const at = { clientX: left + x, clientY: top + y, bubbles: true };
          canvas.dispatchEvent(new PointerEvent('pointermove', at));
          await new Promise(resolve => setTimeout(resolve, 0));
          const hover = document.querySelector('.map-hover').textContent;
          if (hover !== '' && !hover.includes('→')) return { x: left + x, y: top + y, hover };
        }
      }
      return null;
    });
    assert.ok(hit, 'no box found');
    await page.mouse.click(hit.x, hit.y);
    await soon(() => param('at'), hit.hover);
    await page.locator('.map-choice .call-list button').first().click();
    await soon(() => param('to') !== null, true);
    const href = await page
      .locator('.map-choice')
      .getByRole('link', { name: 'Traces', exact: true })
      .getAttribute('href');
    const q = new URL(href, page.url()).searchParams.get('q');
    assert.equal(
      q,
      `{ resource.service.name = "${param('at')}" } > { resource.service.name = "${param('to')}" }`,
    );
    const { traces } = await fetchJson(
      `/api/clew/v1/search?q=${encodeURIComponent(q)}&start=${(Date.now() - 86400e3) * 1000}`,
    );
    assert.ok(traces.length > 0, q);
  });

  it('is opened again where it was moved to', async () => {
    await openMap();
    const reopened = async () => {
      await page.reload();
      await page.locator('.map-choice').waitFor();
      return settledMap();
    };
    const fitted = await reopened();
    await page.locator('canvas.map').focus();
    await page.keyboard.press('+');
    await page.keyboard.press('Shift+ArrowRight');
    await soon(() => param('map') !== null, true);
    await page.waitForTimeout(500); // the address is written a few times a second at most
    const map = param('map');
    const moved = await reopened();
    assert.notEqual(moved, fitted);
    assert.equal(await reopened(), moved);
    assert.equal(param('map'), map);
    await page.getByRole('button', { name: 'Fit', exact: true }).click();
    await soon(() => param('map'), null);
  });

  it('has both layouts', async () => {
    await openMap('&layout=force');
    await soon(() => page.getByLabel('Layout').inputValue(), 'force');
    await page.getByLabel('Layout').selectOption('layered');
    await soon(() => param('layout'), null);
  });

  it('stays usable with 500 services and 2,000 edges, and says what it hides', async () => {
    const large = largeMap();
    await answerCalls(large);
    await openMap();
    const status = page.locator('.map-tools [role="status"]');
    await soon(() => status.innerText(), /\d edges; [\d,]+ small edges .*hidden/);
    await tab.picture('services-map-most');
    await page.getByRole('button', { name: 'show all' }).click();
    await soon(async () => /hidden/.test(await status.innerText()), false);
    await soon(() => status.innerText(), new RegExp(`${large.length.toLocaleString('en')} edges`));
    const canvas = page.locator('canvas.map');
    const box = await canvas.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.wheel(0, -120);
    await soon(() => /^-?\d+_-?\d+_[\d.]+$/.test(param('map') ?? ''), true);
    await tab.picture('services-map-large');
    await page.getByRole('link', { name: 'The same as a table' }).click();
    await page.locator('.red-table[aria-label="Calls"]').waitFor();
    await soon(() => page.locator(kRow).count(), 200);
    await page.getByText(/200 of [\d,]+ pairs are shown/).waitFor();
    await page.getByRole('button', { name: 'Show 200 more' }).click();
    await page.waitForURL(url => url.searchParams.get('shown') === '400');
    await page.reload();
    await page.getByText(/400 of [\d,]+ pairs are shown/).waitFor();
    await soon(() => page.locator(kRow).count(), 400);
  });

  it('is where the addresses of Jaeger lead', async () => {
    await tab.goto('/dependencies', '.services-page');
    await page.waitForURL(/\/services\?view=map/);
    await tab.goto('/monitor?service=some', '.services-page');
    await page.waitForURL(/\/services/);
    await soon(() => page.getByLabel('Filter by name').inputValue(), 'some');
  });
});

describe('the table of calls', () => {
  it('has what the server counted', async () => {
    const all = await calls();
    await tab.goto(`/services?${kDay}&view=calls`, kRow);
    await soon(() => page.locator(kRow).count(), Math.min(all.length, 200));
    const most = all.reduce((a, b) => (b.callCount > a.callCount ? b : a));
    const title = await page.locator(`${kRow} td`).first().getAttribute('title');
    assert.equal(Number(title.split(' ')[0].replaceAll(',', '')), most.callCount);
    await page.getByRole('button', { name: 'Callee' }).click();
    await soon(() => param('calls'), 'child');
    await page.reload();
    await soon(() => page.locator('th[aria-sort="ascending"]').innerText(), 'Callee ↑');
  });
});

describe('axe has no serious findings', () => {
  for (const colorScheme of ['light', 'dark']) {
    for (const [name, params] of [
      ['the list', ''],
      ['the map', '&view=map'],
      ['the calls', '&view=calls'],
    ]) {
      it(`on ${name}, ${colorScheme}`, async () => {
        await page.emulateMedia({ colorScheme });
        await tab.goto(`/services?${kDay}${params}`, `${kRow}, canvas.map`);
        await tab.noSeriousFindings();
        await tab.picture(`services${params.replace('&view=', '-')}-${colorScheme}`);
      });
    }
  }

  it('on a narrow screen', async () => {
    await page.setViewportSize({ width: 380, height: 800 });
    for (const params of ['', '&view=map']) {
      await tab.goto(`/services?${kDay}${params}`, `${kRow}, canvas.map`);
      await tab.noSeriousFindings();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${wide} pixels too wide`);
    }
  });
});
