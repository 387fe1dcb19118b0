// The Live page of a running clew, in a real Chromium.
//
//   CLEW_URL=http://127.0.0.1:16686 node --test test/ui/live_test.mjs
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { fetchJson, sendOtlp, soon, useTab } from './browser.mjs';

const tab = useTab();
let page;

beforeEach(() => {
  page = tab.page;
});

/** Stores spans of one trace, as an SDK does, and gives its ID. */
async function send({ service, spans = 1, failed = false, traceId, name = 'GET /live' }) {
  const id = traceId ?? randomBytes(16).toString('hex');
  const startUnixNano = String(BigInt(Date.now()) * 1_000_000n);
  const made = Array.from({ length: spans }, () => ({
    traceId: id,
    spanId: randomBytes(8).toString('hex'),
    name,
    kind: 2,
    startTimeUnixNano: startUnixNano,
    endTimeUnixNano: String(BigInt(startUnixNano) + 5_000_000n),
    status: failed ? { code: 2 } : {},
  }));
  const attributes = [{ key: 'service.name', value: { stringValue: service } }];
  await sendOtlp([{ resource: { attributes }, scopeSpans: [{ spans: made }] }]);
  return id;
}

/** A service of this test alone, so that what other tests send does not show. */
const newService = () => `live-${randomBytes(4).toString('hex')}`;

async function follow(query) {
  await tab.goto(`/live?${new URLSearchParams(query)}`, '.live-page');
  await page.locator('[data-state="open"]').waitFor();
}

const rows = () => page.locator('a.live-trace');

describe('Live', () => {
  it('shows traces as they come, and one that grows where it stands', async () => {
    const service = newService();
    await follow({ service });
    await page.getByText('Waiting for a trace that matches').waitFor();
    await tab.noSeriousFindings();
    const first = await send({ service, spans: 2 });
    await rows().first().waitFor();
    await send({ service, failed: true });
    await soon(() => rows().count(), 2);
    await soon(() => rows().nth(0).innerText(), /1 error/);
    await send({ service, spans: 3, traceId: first });
    await page.locator('.live-grown').waitFor();
    await soon(() => rows().nth(1).innerText(), /5 spans \+3/);
    await soon(() => rows().nth(1).getAttribute('href'), new RegExp(`/trace/${first}`));
    await tab.picture('live');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForTimeout(500); // until colours have changed
    await tab.noSeriousFindings();
    await tab.picture('live-dark');
    await page.setViewportSize({ width: 400, height: 800 });
    await tab.picture('live-narrow');
    await soon(() => page.evaluate(() => document.querySelector('main').scrollWidth <= 400), true);
  });

  it('leads to a trace that fills in while it is looked at', async () => {
    const service = newService();
    await follow({ service });
    const traceId = await send({ service, spans: 2 });
    await rows().first().click();
    const lines = page.locator('[role="treegrid"] [role="row"][aria-level]');
    await soon(() => lines.count(), 2);
    await soon(() => page.url(), /follow=true/);
    await send({ service, spans: 3, traceId });
    await soon(() => lines.count(), 5);
    await page.getByRole('button', { name: 'Following' }).click();
    await page.getByRole('button', { name: 'Follow', exact: true }).waitFor();
    await page.waitForURL(url => !url.searchParams.has('follow'));
  });

  it('holds still under the pointer, and shows afterwards what came', async () => {
    const service = newService();
    await follow({ service });
    await send({ service });
    await rows().first().hover();
    await send({ service });
    await page.getByText('1 new trace').waitFor();
    await soon(() => rows().count(), 1);
    await page.mouse.move(5, 5);
    await soon(() => rows().count(), 2);
  });

  it('is paused, walked through and left by keys alone', async () => {
    const service = newService();
    await follow({ service });
    await send({ service });
    await send({ service });
    await soon(() => rows().count(), 2);
    await page.keyboard.press('p');
    await page.getByRole('button', { name: 'Go on' }).waitFor();
    await send({ service });
    await page.getByText('1 new trace (p goes on)').waitFor();
    await page.keyboard.press('p');
    await soon(() => rows().count(), 3);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('href'));
    await soon(() => focused(), await rows().nth(1).getAttribute('href'));
    await page.getByText('while you look at it').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('while you look at it').waitFor({ state: 'detached' });
    await page.keyboard.press('c');
    await soon(() => rows().count(), 0);
    await page.keyboard.press('/');
    await soon(() => page.evaluate(() => document.activeElement?.role), 'combobox');
  });

  it('is still paused after a reload, and its filter can be changed meanwhile', async () => {
    const service = newService();
    await follow({ service });
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.waitForURL(url => url.searchParams.get('paused') === 'true');
    await page.reload();
    await page.locator('[data-state="open"]').waitFor();
    await send({ service });
    await page.getByText('Held still: 1 new trace').waitFor();
    assert.equal(await rows().count(), 0);
    assert.equal(await page.getByText('Waiting for').count(), 0);
    await tab.picture('live-paused');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForTimeout(500); // until colours have changed
    await tab.noSeriousFindings();
    await tab.picture('live-paused-dark');
    await page.getByLabel('Errors only').check();
    await page.getByRole('button', { name: 'Follow' }).click();
    await page.waitForURL(url => url.searchParams.get('status') === 'error');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.waitForURL(url => !url.searchParams.has('paused'));
    await send({ service, failed: true });
    await soon(() => rows().count(), 1);
  });

  it('keeps the filter in the URL', async () => {
    const service = newService();
    await follow({});
    await page.getByLabel('Service').first().fill(service);
    await page.getByLabel('Conditions on one span').fill('span.none = 1 && span.other');
    await page.getByLabel('Errors only').check();
    await page.getByRole('button', { name: 'Follow' }).click();
    await page.waitForURL(url => url.searchParams.get('status') === 'error');
    const params = new URL(page.url()).searchParams;
    assert.deepEqual(params.getAll('where'), ['span.none = 1', 'span.other']);
    assert.equal(params.get('service'), service);
    await page.reload();
    await soon(
      () => page.getByLabel('Conditions on one span').inputValue(),
      'span.none = 1 && span.other',
    );
  });

  it('says what was dropped over the rate', async () => {
    const service = newService();
    await follow({ service, rate: 1 });
    await Promise.all(Array.from({ length: 20 }, () => send({ service })));
    await page.getByText(/\d dropped, at most 1\/s/).waitFor();
  });

  it('says what is wrong with a filter', async () => {
    tab.expectTrouble(/400/);
    await tab.goto('/live?where=a%20%3D~%20(', '.notice-page');
    await page.getByRole('heading', { name: 'This cannot be followed' }).waitFor();
    await soon(() => page.locator('.problem').innerText(), /where/);
    await page.getByLabel('Shortest').fill('5');
    await page.getByRole('button', { name: 'Follow' }).click();
    await page.getByText('write a duration such as').waitFor();
    await tab.picture('live-refused');
  });

  it('connects again, and marks the time in between', async () => {
    const service = newService();
    const id = await send({ service });
    const { traces } = await fetchJson(`/api/clew/v1/search?service=${service}`);
    // A first connection that tells of one trace and ends, then this clew's own.
    const body = `: following\n\nevent: trace\ndata: ${JSON.stringify(traces[0])}\n\n`;
    const answer = { contentType: 'text/event-stream', body };
    await page.route('**/api/clew/v1/tail*', route => route.fulfill(answer), { times: 1 });
    await tab.goto(`/live?service=${service}`, '.live-page');
    await page.getByText('Not connected: the server ended the stream').waitFor();
    await tab.picture('live-lost');
    await page.locator('[data-state="open"]').waitFor();
    await page.getByRole('link', { name: 'Search that time' }).waitFor();
    await send({ service });
    await soon(() => rows().count(), 2);
    const list = await page.locator('.live-list').innerText();
    assert.match(list, /Not connected for [^]*what came then is not here/);
    await soon(() => rows().nth(1).getAttribute('href'), new RegExp(id));
  });
});
