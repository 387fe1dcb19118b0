// The System page of a running clew, in a real Chromium.
//
//   CLEW_URL=http://127.0.0.1:16686 node --test test/ui/system_test.mjs
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { fetchJson, useTab } from './browser.mjs';

const tab = useTab();
let page;

beforeEach(() => {
  page = tab.page;
});

/** Answers as this clew does, but for what `change` does to it. */
async function withSystem(change) {
  const system = await fetchJson('/api/clew/v1/system');
  change(system);
  await page.route('**/api/clew/v1/system', route => route.fulfill({ json: system }));
}

const section = name => page.locator('section', { has: page.getByRole('heading', { name }) });

describe('System', () => {
  it('shows what comes in, what is kept and how full it is, with units', async () => {
    await tab.goto('/system', '.system-way');
    const way = page.locator('.system-way');
    assert.match(await way.innerText(), /otlp\/http[^]*\/s/);
    assert.match(await way.innerText(), /B of \d/);
    assert.match(await section('Space').innerText(), /GiB free; spans are refused below/);
    assert.match(await section('Space').innerText(), /336 h|14 d/);
    await page.locator('.system-plot canvas').nth(3).waitFor();
    await section('Who sends').getByRole('row').nth(1).waitFor();
    assert.match(await section('Who sends').innerText(), /host\s+edge\s+core location/);
    await tab.noSeriousFindings();
    await tab.picture('system');
  });

  it('draws the last minutes, and has them as tables', async () => {
    await tab.goto('/system', '.system-plot canvas');
    await page.waitForTimeout(6500); // two more readings
    await page.getByText('as a table').first().click();
    const table = page.getByRole('table', { name: 'Spans' });
    assert.ok((await table.getByRole('row').count()) >= 3);
    assert.match(await table.innerText(), /received\s+refused/);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForTimeout(500); // until colours have changed
    await tab.noSeriousFindings();
    await tab.picture('system-dark');
    await page.setViewportSize({ width: 400, height: 900 });
    await page.waitForTimeout(200);
    assert.ok(await page.evaluate(() => document.querySelector('main').scrollWidth <= 400));
    await tab.picture('system-narrow');
  });

  it('puts what is wrong on top, with what to do', async () => {
    await withSystem(system => {
      system.storage.refuses = 'the disk is nearly full: spans are refused until 300 MiB are free';
      system.storage.damagedSections = 2;
      system.log = [
        {
          timeMs: Date.now(),
          level: 'error',
          text: 'store: the disk is nearly full',
        },
      ];
    });
    await tab.goto('/system', '.system-problems');
    const problems = await page.getByRole('list', { name: 'Problems' }).innerText();
    assert.match(problems, /Spans are refused: the disk is nearly full/);
    assert.match(problems, /--max-bytes or --retention/);
    assert.match(problems, /clew store verify/);
    assert.match(await section('Last warnings').innerText(), /store: the disk is nearly full/);
    await tab.noSeriousFindings();
    await tab.picture('system-problems');
  });

  it('says that the store does not answer, and keeps the last figures', async () => {
    tab.expectTrouble(/503|Failed to load/);
    await tab.goto('/system', '.system-way');
    await page.route('**/api/clew/v1/system', route =>
      route.fulfill({
        status: 503,
        json: { error: { code: 'unavailable', message: 'stopping' } },
      }),
    );
    await page.getByText('The store does not answer: stopping').waitFor();
    assert.ok(await page.locator('.system-way').isVisible());
    await page.reload();
    await page.getByRole('heading', { name: 'does not say how it is' }).waitFor();
    await tab.picture('system-failed');
  });
});
