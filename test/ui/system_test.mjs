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

/** As the store lists them. */
function agentsOf(list) {
  const counts = { unhealthy: 0, silent: 0, unknown: 0, healthy: 0, stopped: 0 };
  for (const { state } of list) counts[state]++;
  return { counts, list };
}

/** A few agents, the worst first. */
function someAgents(nowUs) {
  const ago = seconds => nowUs - seconds * 1e6;
  const part = (path, status, lastError = '') => ({
    path,
    healthy: lastError === '',
    status,
    lastError,
    statusUs: ago(lastError === '' ? 90_000 : 250),
  });
  const parts = (queued, lastError = '') => [
    part(['receivers'], ''),
    part(['receivers', 'otlp/grpc'], 'at 127.0.0.1:4317'),
    part(['exporters'], '', lastError && `otlp: ${lastError}`),
    part(['exporters', 'otlp'], `${queued} of 256.0 MiB queued in memory`, lastError),
    part(['memory'], 'enough is free'),
    part(['sampling'], 'keeps 1 % of traces'),
  ];
  const agent = (host, state, change = {}) => ({
    instanceUid: `01936f0a-9c1e-7cc0-95e2-${host}`,
    state,
    service: 'clew.agent',
    version: '0.1.0',
    host,
    from: '10.0.0.3',
    firstSeenUs: ago(90_000),
    lastSeenUs: ago(12),
    silentAfterMs: 90_000,
    status: 'runs',
    lastError: '',
    startedUs: ago(90_000),
    attributes: [{ name: 'clew.edge', value: 'ams' }],
    parts: parts('0 B'),
    cut: false,
    ...change,
  });
  const refused = 'connection refused';
  return [
    agent('web-3', 'unhealthy', {
      lastError: `exporters: otlp: ${refused}`,
      parts: parts('2.1 MiB', refused),
    }),
    agent('web-4', 'silent', { lastSeenUs: ago(1200) }),
    agent('shop-1', 'unknown', { service: 'shop', version: '3', parts: [], status: '' }),
    agent('web-1', 'healthy'),
    agent('web-2', 'healthy', { service: 'otelcol', version: '0.149.0', status: 'StatusOK' }),
  ];
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

  it('says how to have agents report, where none does', async () => {
    await withSystem(system => (system.agents = agentsOf([])));
    await tab.goto('/system', '.system-way');
    assert.match(await section('Agents').innerText(), /--opamp-endpoint http:\/\/STORE:4318/);
    await tab.noSeriousFindings();
  });

  it('shows the agents that report, the worst first, with their reasons', async () => {
    await withSystem(system => (system.agents = agentsOf(someAgents(system.nowUs))));
    await tab.goto('/system', '.system-agents');
    const problems = await page.getByRole('list', { name: 'Problems' }).innerText();
    assert.match(problems, /One agent says that something is wrong/);
    assert.match(problems, /One agent has fallen silent/);
    const rows = section('Agents').locator('tbody tr');
    const worst = rows.nth(0);
    assert.match(
      await worst.innerText(),
      /web-3[^]*unhealthy[^]*connection refused for 4 min 10 s/,
    );
    assert.match(await rows.nth(1).innerText(), /web-4[^]*silent[^]*no report for 20 min/);
    const all = await section('Agents').innerText();
    assert.match(all, /1 unhealthy\s+1 silent\s+1 unknown\s+2 healthy/);
    await worst.locator('summary').click();
    await worst.getByText('2.1 MiB of 256.0 MiB queued in memory').waitFor();
    assert.match(await worst.innerText(), /clew\.edge\s+ams/);
    await tab.noSeriousFindings();
    await section('Agents').scrollIntoViewIfNeeded();
    await tab.picture('system-agents');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForTimeout(500); // until colours have changed
    await tab.noSeriousFindings();
    await tab.picture('system-agents-dark');
    await page.setViewportSize({ width: 400, height: 900 });
    await page.waitForTimeout(200);
    assert.ok(await page.evaluate(() => document.querySelector('main').scrollWidth <= 400));
    await section('Agents').scrollIntoViewIfNeeded();
    await tab.picture('system-agents-narrow');
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
