// Population and Compare: many traces as one flame graph, and two of them beside each other.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fetchJson, kUrl, soon, traces, useTab } from './browser.mjs';

const tab = useTab();

const flame = () => tab.page.getByRole('group', { name: /^Flame graph/ });
const told = () => tab.page.locator('.merged-flame [role="status"]').innerText();
const params = () => new URL(tab.page.url()).searchParams;

async function population(query = '') {
  await tab.goto(`/population?lookback=3h${query}`, '.node-table tbody tr');
}

async function fetchPopulation(query) {
  const start = (Date.now() - 3 * 3600_000) * 1000;
  return fetchJson(`/api/clew/v1/population?start=${start}&${query}`);
}

describe('population', () => {
  it('merges what matches, and shows it as a graph and as a table', async () => {
    const answer = await fetchPopulation('q=%7B%7D');
    assert.ok(answer.traces > 100);
    await population();
    const bar = await tab.page.locator('.population-bar').innerText();
    assert.ok(bar.includes(`${answer.traces.toLocaleString('en')} traces`), bar);
    assert.ok(bar.includes(`${answer.spans.toLocaleString('en')} spans`), bar);
    const rows = await tab.page.locator('.node-table tbody tr').count();
    assert.equal(rows, Math.min(answer.nodes.depth.length, 100));
    await tab.noSeriousFindings();
    await tab.picture('population');
  });

  it('draws frames as wide as their share', async () => {
    await population();
    const painted = canvas => {
      const { data } = canvas.getContext('2d').getImageData(0, 5, canvas.width, 1);
      let filled = 0;
      for (let i = 3; i < data.length; i += 4) filled += data[i] > 0 ? 1 : 0;
      return filled / canvas.width;
    };
    const canvas = tab.page.locator('.flame-box canvas');
    await soon(async () => (await canvas.evaluate(painted)) > 0.95, true);
  });

  it('leads from a call to the traces behind it', async () => {
    await population('&find=GET%20%2Fstock');
    await tab.page.locator('.node-table .call', { hasText: 'GET /stock' }).first().click();
    const panel = tab.page.getByRole('complementary', { name: 'The chosen call' });
    await panel.getByText('Examples').waitFor();
    const behind = await panel.getByRole('link', { name: /^all .* of them/ }).getAttribute('href');
    const query = new URL(behind, kUrl).searchParams.get('q');
    assert.match(query, / > \{ resource\.service\.name = "inventory" && name = "GET \/stock"/);
    const found = await fetchPopulation(new URLSearchParams({ q: query }));
    const shown = await panel.getByRole('link', { name: /^all/ }).innerText();
    assert.equal(shown, `all ${found.traces.toLocaleString('en')} of them`);
    await panel.getByRole('link', { name: /^a slowest one/ }).click();
    await tab.page.waitForURL(/\/trace\/[0-9a-f]{32}\?span=/);
  });

  it('is used by keyboard alone', async () => {
    // Not all traces: other tests send some that are one span.
    await population(`&q=${encodeURIComponent('{ name = "GET /stock" }')}`);
    await flame().focus();
    await tab.page.keyboard.press('ArrowDown');
    await soon(async () => (await told()).includes('critical path'), true);
    const root = await told();
    await tab.page.keyboard.press('ArrowDown');
    await soon(async () => (await told()) !== root, true);
    await soon(() => params().get('frame') !== null, true);
    await tab.page.keyboard.press('Enter'); // zooms
    await soon(() => params().get('zoom') !== null, true);
    await tab.page.keyboard.press('Escape'); // and back
    await soon(() => params().get('zoom'), null);
    await tab.page.keyboard.press('s');
    await soon(() => params().get('by'), 'count');
    await tab.page.keyboard.press('p');
    await soon(() => params().get('p'), 'p95');
    await tab.page.keyboard.press('/');
    await tab.page.keyboard.type('stock');
    await soon(() => params().get('find'), 'stock');
    const before = params().get('frame');
    await tab.page.keyboard.press('Enter');
    await soon(async () => (await told()).includes('stock'), true);
    await soon(() => params().get('frame') !== before, true);
    const frame = params().get('frame');
    await tab.page.reload();
    await soon(async () => (await told()).includes('stock'), true);
    await soon(() => params().get('frame'), frame);
  });

  it('zooms to a frame that is clicked twice, and tells what one points at', async () => {
    await population();
    const box = await flame().boundingBox();
    await tab.page.mouse.move(box.x + box.width / 2, box.y + 10);
    await tab.page.locator('.flame-tip').waitFor();
    await soon(() => tab.page.locator('.flame-tip').innerText(), /p50 .*, p95 .*, p99 /);
    await tab.page.mouse.dblclick(box.x + box.width / 2, box.y + 10);
    await soon(async () => (await told()) !== '', true);
    await tab.picture('population-zoomed');
  });

  it('is opened again at the frame that was zoomed to, sorted as it was', async () => {
    await population('&find=GET%20%2Fstock');
    await tab.page.locator('.node-table .call', { hasText: 'GET /stock' }).first().click();
    await flame().focus();
    await tab.page.keyboard.press('Enter'); // zooms
    await soon(() => /^0[\d.e-]*-[01]/.test(params().get('zoom') ?? ''), true);
    await tab.page.getByRole('button', { name: 'p95', exact: true }).click();
    await soon(() => params().get('sort'), 'p95');
    const url = tab.page.url();
    const sorted = () => tab.page.locator('th[aria-sort="descending"]').innerText();
    await tab.page.reload();
    await soon(sorted, 'p95 ↓');
    await soon(() => tab.page.url(), url);
    await flame().focus();
    await tab.page.keyboard.press('Escape'); // and back: it was zoomed
    await soon(() => params().get('zoom'), null);
  });

  it('says what is wrong with a query', async () => {
    tab.expectTrouble(/400/);
    await tab.goto('/population?q=%7B%20name%20%3D%20', '[role="alert"]');
    const input = tab.page.getByLabel('Traces that match (TraceQL)');
    await soon(() => input.getAttribute('aria-invalid'), 'true');
    await tab.noSeriousFindings();
    await input.fill('{ name = "ingress" }');
    await tab.page.keyboard.press('Enter');
    await tab.page.locator('.node-table tbody tr').first().waitFor();
  });

  it('says what to do when nothing matches', async () => {
    await tab.goto('/population?q=%7B%20name%20%3D%20%22no%20such%22%20%7D', '.notice-page');
    await soon(() => tab.page.locator('.notice-page').innerText(), /No trace matches/);
    await tab.noSeriousFindings();
  });

  it('colours by duration, in the dark and on a narrow screen', async () => {
    await tab.page.emulateMedia({ colorScheme: 'dark' });
    await tab.page.setViewportSize({ width: 420, height: 800 });
    await population('&shade=duration&p=p99');
    await tab.noSeriousFindings();
    await tab.picture('population-dark-narrow');
    const wide = await tab.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 420, `the page is ${wide} wide`);
  });
});

describe('compare', () => {
  const rows = () => tab.page.locator('.node-table tbody tr');

  it("takes Jaeger's address of two traces", async () => {
    await tab.goto(`/trace/${traces.ordinary}...${traces.failed}`, '.node-table');
    await soon(() => params().get('a'), traces.ordinary);
    await soon(() => params().get('b'), traces.failed);
    await soon(() => tab.page.locator('.compare-summary').innerText(), /1 trace.*1 trace/s);
    await tab.noSeriousFindings();
    await tab.picture('compare-traces');
  });

  it('compares a trace with its kind', async () => {
    await tab.goto(`/compare?a=${traces.failed}`, '.node-table tbody tr');
    const summary = await tab.page.locator('.compare-summary').innerText();
    assert.match(summary, /its kind/);
    await tab.picture('compare-kind');
  });

  it('finds what a datacenter does worse than another, by keyboard alone', async () => {
    await tab.goto('/compare', '.notice-page');
    await tab.noSeriousFindings();
    const [a, b] = await tab.page.getByLabel('Traces that match (TraceQL)').all();
    await a.focus();
    await tab.page.keyboard.type('{ resource.clew.datacenter = "nyc1" && name = "ingress" }');
    await b.focus();
    await tab.page.keyboard.type('{ resource.clew.datacenter = "fra1" && name = "ingress" }');
    await tab.page.keyboard.press('Enter');
    await rows().first().waitFor();
    const first = await rows().first().innerText();
    assert.match(first, /▲ slower[\s\S]*pay/i, first);
    await tab.picture('compare-populations');
    await tab.page.getByRole('radio', { name: /every call/ }).click();
    await rows().first().locator('.call').focus();
    await tab.page.keyboard.press('Enter');
    await tab.page.locator('.both-sides').waitFor();
    await tab.noSeriousFindings();
    await tab.page.emulateMedia({ colorScheme: 'dark' });
    await tab.picture('compare-populations-dark');
    await soon(() => params().get('rows'), 'tree');
    await soon(() => params().get('frame') !== null, true);
    const chosen = await tab.page.locator('[aria-current="true"] .call').innerText();
    await tab.page.reload();
    await tab.page.locator('.both-sides').waitFor();
    await soon(() => tab.page.locator('[aria-current="true"] .call').innerText(), chosen);
  });

  it('says which trace is not there', async () => {
    tab.expectTrouble(/404/);
    await tab.goto(`/compare?a=${'7'.repeat(32)}&b=${traces.ordinary}`, '[role="alert"]');
    await soon(() => tab.page.locator('main').innerText(), /no trace 7777/);
  });

  it('splits a time into before and after', async () => {
    await tab.goto('/compare?qA=%7B%7D&qB=%7Btrue%7D', 'form');
    await tab.page.getByRole('button', { name: /^Split/ }).click();
    const [from, until] = await tab.page.getByLabel('To', { exact: true }).all();
    await soon(async () => (await from.inputValue()) < (await until.inputValue()), true);
  });
});
