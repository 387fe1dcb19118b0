// The web pages of a running clew, in a real Chromium: what a person does first.
//
//   CLEW_URL=http://127.0.0.1:16686 node --test test/ui/ui_test.mjs
//
// The clew must hold traces of the last hour, one with an error among them. TRACE_ID names a trace to
// open (else one of the results); browser.mjs tells of the other variables.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { fetchJson, get, kUrl, soon, useTab } from './browser.mjs';

const tab = useTab();
let page;

beforeEach(() => {
  page = tab.page;
});

async function search(params = '') {
  await page.goto(`${kUrl}/search${params}`);
  await page.locator('a.result').first().waitFor();
}

/** Opens TRACE_ID, or a failed trace, or any other: the more it holds, the more there is to see. */
async function openTrace() {
  if (process.env.TRACE_ID) {
    await page.goto(`${kUrl}/trace/${process.env.TRACE_ID}`);
  } else {
    await search();
    const failed = page.locator('a.result[data-failed="true"]');
    await ((await failed.count()) > 0 ? failed : page.locator('a.result')).first().click();
  }
  await page.locator('[role="treegrid"] .row').first().waitFor();
}

const active = () => page.locator('.row[data-active="true"]');
const activeLevel = async () => Number(await active().getAttribute('aria-level'));
const activeRow = async () => Number(await active().getAttribute('aria-rowindex'));

describe('the pages as served', () => {
  it('have a strict content security policy and nothing inline', async () => {
    const { headers, text: html } = await get('/search');
    const policy = headers['content-security-policy'] ?? '';
    assert.match(policy, /default-src 'self'/);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|https?:/);
    assert.doesNotMatch(html, /<style|<script(?![^>]*\ssrc=)/);
  });

  it('lead from / to the search', async () => {
    await page.goto(`${kUrl}/`);
    await page.waitForURL('**/search');
  });
});

describe('a trace', () => {
  it('shows every span the API has, below its parent', async () => {
    await openTrace();
    const traceId = new URL(page.url()).pathname.split('/').at(-1);
    const trace = await fetchJson(`/api/clew/v1/traces/${traceId}`);
    const rowCount = Number(await page.locator('[role="treegrid"]').getAttribute('aria-rowcount'));
    assert.equal(rowCount - 1, trace.spans.length);
    if (trace.spans.length < 40) {
      const names = await page.locator('.row .operation').allInnerTexts();
      assert.deepEqual(names.sort(), trace.spans.map(span => span.name).sort());
    }
    await soon(() => page.locator('.row').first().getAttribute('aria-level'), '1');
    await tab.picture('trace-light');
  });

  it("opens a span's details on a click, with its tags, and links to it", async () => {
    await openTrace();
    const traceId = new URL(page.url()).pathname.split('/').at(-1);
    const trace = await fetchJson(`/api/clew/v1/traces/${traceId}`);
    const row = page.locator('.row').last();
    await row.click();
    await page.waitForURL(url => url.searchParams.has('span'));
    const spanId = new URL(page.url()).searchParams.get('span');
    const span = trace.spans.find(candidate => candidate.spanId === spanId);
    assert.ok(span, `span ${spanId} is in the trace`);
    const detail = page.locator('.detail');
    await soon(() => detail.locator('h2').innerText(), span.name);
    const tags = await detail
      .locator('.section', { hasText: /^Tags/ })
      .locator('th[scope=row]')
      .allInnerTexts();
    assert.deepEqual(tags.sort(), span.attributes.map(attribute => attribute.key).sort());
    const pageScrolls = () =>
      page.evaluate(() => document.documentElement.scrollHeight > innerHeight);
    await soon(() => pageScrolls(), false);
    await tab.picture('trace-detail-light');

    await page.goto(page.url()); // the deep link
    await page.locator('.detail h2').waitFor();
    await soon(() => page.locator('.detail h2').innerText(), span.name);
    await soon(() => page.locator('.row[aria-selected="true"]').count(), 1);
  });

  it('can be walked with the keyboard alone', async () => {
    const rowCount = () => page.locator('[role="treegrid"]').getAttribute('aria-rowcount');
    const title = () => page.locator('.detail h2').innerText();
    await openTrace();
    const all = await rowCount();
    assert.ok(Number(all) > 2, 'a trace of at least two spans');
    await soon(activeRow, 2);
    await page.keyboard.press('j');
    await soon(activeRow, 3);
    await soon(() => active().evaluate(row => row === document.activeElement), true);
    await page.keyboard.press('ArrowUp');
    await soon(activeRow, 2);

    await page.keyboard.press('ArrowLeft'); // closes the root
    await soon(() => active().getAttribute('aria-expanded'), 'false');
    await page.keyboard.press('ArrowRight'); // opens it
    await soon(rowCount, all);
    await page.keyboard.press('ArrowRight'); // goes into it
    await soon(activeLevel, 2);
    await page.keyboard.press(']'); // folds everything; the root takes over
    await soon(activeLevel, 1);
    await page.keyboard.press('[');
    await soon(rowCount, all);

    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await page.locator('.detail').waitFor();
    const first = await title();
    await page.keyboard.press('End');
    await soon(async () => String(await activeRow()), all);
    await soon(title, await active().locator('.operation').innerText());
    await page.keyboard.press('Home');
    await soon(title, first);
    await page.keyboard.press('Escape');
    await soon(() => page.locator('.detail').count(), 0);
    await soon(() => new URL(page.url()).search, '');

    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await soon(() => page.getByRole('dialog').count(), 0);
  });

  it('finds spans by what they say', async () => {
    await openTrace();
    const wanted = await page.locator('.row .service').last().innerText();
    await page.keyboard.press('/');
    await page.keyboard.insertText(`service=${wanted}`);
    await page.waitForFunction(() =>
      /match|of/.test(document.querySelector('.find-count').textContent),
    );
    await page.keyboard.press('Enter');
    await page.waitForFunction(() =>
      /^[\d,]+ of [\d,]+$/.test(document.querySelector('.find-count').textContent),
    );
    await soon(() => active().locator('.service').innerText(), wanted);
    await page.getByLabel('Find spans').fill('surely not in any span');
    await page.getByText('no match').waitFor();
  });

  it('marks errors in words and shape, and goes to them', async () => {
    await search('?tags=error%3Dtrue');
    await page.locator('a.result').first().click();
    await page.locator('.row').first().waitFor();
    await page.keyboard.press('e');
    await soon(() => active().getAttribute('data-error'), 'true');
    await soon(() => active().innerText(), /error/);
    await soon(async () => (await active().locator('.icon-error').count()) > 0, true);
  });

  it('that does not exist is said not to be here, with what to do', async () => {
    tab.expectTrouble(/404/); // the browser reports it, rightly
    await page.goto(`${kUrl}/trace/${'ab'.repeat(16)}`);
    await page.getByText('This trace is not here').waitFor();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
  });
});

describe('the dark theme', () => {
  it('is chosen with a button and remembered', async () => {
    await openTrace();
    const brightness = () =>
      page.evaluate(() => {
        const probe = document.createElement('canvas').getContext('2d');
        probe.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
        probe.fillRect(0, 0, 1, 1);
        return probe.getImageData(0, 0, 1, 1).data[0];
      });
    await soon(async () => (await brightness()) > 200, true);
    const button = page.getByRole('button', { name: /^Theme/ });
    await button.click();
    await button.click();
    await soon(() => button.getAttribute('aria-label'), 'Theme: dark');
    await soon(async () => (await brightness()) < 60, true);
    await page.reload();
    await page.locator('.row').first().waitFor();
    await soon(async () => (await brightness()) < 60, true);
    await page.locator('.row').nth(1).click();
    await page.locator('.detail').waitFor();
    await tab.picture('trace-dark');
    await search();
    await tab.picture('search-dark');
  });
});
