// Explore and Differ, of a running clew that holds the traces of test/ui_traces.py.
//
//   CLEW_URL=http://127.0.0.1:16686 node --test test/ui/explore_test.mjs
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { fetchJson, soon, useTab } from './browser.mjs';

const tab = useTab();
let page;

beforeEach(() => {
  page = tab.page;
});

const kTickets = '{ resource.service.name = "tickets" }';

/** Opens Explore and waits until everything on it has come. */
async function explore(params = {}) {
  await tab.goto(`/search?${new URLSearchParams(params)}`, 'a.result');
  await page.locator('.heat-canvas, .scatter').waitFor();
  await page.locator('.reading').first().waitFor();
  await page.locator('.found[aria-busy="false"]').waitFor();
}

const param = name => new URL(page.url()).searchParams.get(name);
const query = () => page.getByRole('textbox', { name: 'TraceQL', exact: true });
/** Writes over the whole query, once the editor has taken the plain field's place. */
async function write(text) {
  await query().focus();
  await page.locator('.cm-focused').waitFor();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete'); // over a marked text Chromium writes in its style, which the policy blocks
  await page.keyboard.insertText(text);
}
const service = () => page.getByRole('combobox', { name: 'Service', exact: true });
const focusedRole = () => page.evaluate(() => document.activeElement?.getAttribute('role'));
const count = text => Number(text.replace(/\D/g, ''));
const firstFields = () => page.locator('.differ-list > li > h3').allInnerTexts();
/** The exact number of spans that a query finds in the time that the page shows. */
async function spansOf(q) {
  const now = Date.now() * 1000;
  const params = new URLSearchParams({
    q: `${q} | count_over_time()`,
    instant: 'true',
  });
  params.set('start', String(now - 2 * 3600e6));
  params.set('end', String(now + 60e6));
  const { series } = await fetchJson(`/api/clew/v1/metrics?${params}`);
  return series[0]?.points[0] ?? 0;
}

describe('Explore', () => {
  it('shows what came in the last hour: counts, durations and traces, newest first', async () => {
    await explore();
    const times = await page
      .locator('tbody td.column-start time')
      .evaluateAll(all => all.map(time => time.dateTime));
    assert.ok(times.length > 10, `${times.length} traces`);
    assert.deepEqual(times, [...times].sort().reverse());
    await page.locator('.chart canvas').nth(2).waitFor();
    const isPainted = canvas => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.some(byte => byte !== 0);
    };
    await soon(() => page.locator('.heat-canvas').evaluate(isPainted), true);
    await tab.noSeriousFindings();
    await tab.picture('explore-light');
  });

  it('counts exactly', async () => {
    await explore({ q: kTickets, last: '2h' });
    const shown = await page.locator('.strip-panel .reading').first().innerText();
    assert.equal(count(shown.split('·')[0]), await spansOf(kTickets));
    const errors = await page.locator('.strip-panel .reading').nth(1).innerText();
    assert.equal(
      count(errors.split('·')[0]),
      await spansOf('{ resource.service.name = "tickets" && status = error }'),
    );
    await page.getByRole('button', { name: 'Numbers' }).click();
    await soon(() => param('numbers'), 'true');
    await page.reload();
    await page.locator('.heat-table td').first().waitFor();
    const cells = await page
      .locator('.heat-table td')
      .evaluateAll(all =>
        all.map(cell => Number((cell.firstChild?.textContent ?? '').replace(/,/g, ''))),
      );
    assert.equal(
      cells.reduce((sum, cell) => sum + cell, 0),
      await spansOf(kTickets),
    );
  });

  it('draws the series of a metrics query, and lists the traces behind them', async () => {
    const q = '{ resource.service.name = "tickets" } | count_over_time() by (span.k8s.node.name)';
    await explore({ last: '2h' });
    await write(q);
    await page.keyboard.press('Enter');
    await soon(() => param('q'), q);
    const table = page.getByRole('region', { name: 'Series in numbers' });
    await table.waitFor();
    const names = await table.getByRole('rowheader').allInnerTexts();
    assert.deepEqual(names.map(name => name.trim()).sort(), ['n1', 'n2', 'n3', 'n4', 'n5', 'n6']);
    await page.locator('.series-chart canvas').waitFor();
    await page.getByText('count_over_time() by (span.k8s.node.name)').last().waitFor();
    await soon(() => page.locator('.result-service').first().innerText(), 'tickets');
    await tab.noSeriousFindings();
    await tab.picture('explore-series');
    // What is chosen below it narrows the spans, and they are still counted.
    await page.getByRole('button', { name: 'errors', exact: true }).click();
    await page.getByRole('button', { name: 'Only these' }).click();
    await soon(() => param('q'), q.replace(' }', ' && status = error }'));

    tab.expectTrouble(/400/);
    await write('{} | rate() by ()');
    await page.keyboard.press('Enter');
    await page.locator('#traceql-problem').waitFor();
  });

  it('keeps form and TraceQL in step, and the URL says it all', async () => {
    await explore();
    await service().fill('tick');
    await page.getByRole('option', { name: 'tickets' }).click();
    await soon(() => query().inputValue(), kTickets);
    await page.keyboard.press('Enter');
    await soon(() => param('q'), kTickets);
    await page.locator('.found[aria-busy="false"]').waitFor();
    await page.reload(); // as somebody who was sent the link
    await page.locator('a.result').first().waitFor();
    await soon(() => service().inputValue(), 'tickets');

    await page.getByRole('button', { name: '+ Attribute' }).click();
    await soon(focusedRole, 'combobox');
    await page.keyboard.insertText('span.night');
    await page.getByRole('combobox', { name: 'Value' }).fill('true');
    await soon(() => query().inputValue(), /\(span\.night = true \|\| span\.night = "true"\)/);

    await write('{ .a = "b" } >> { .c = "d" }');
    await page.getByText('Written by hand').waitFor();
    await page.getByRole('button', { name: 'Empty the form' }).click();
    await soon(() => service().inputValue(), '');
  });

  it('keeps what is marked when the editor takes the place of the plain field', async () => {
    await explore({ q: kTickets });
    let comes;
    const held = new Promise(resolve => (comes = resolve));
    await page.route('**/traceql_editor*.js', async route => (await held, route.continue()));
    await page.keyboard.press('q');
    await page.keyboard.press('Control+a');
    assert.equal(await query().inputValue(), kTickets); // still the plain field
    comes();
    await page.locator('.cm-focused').waitFor();
    await page.keyboard.press('Delete');
    await page.keyboard.insertText('{ name = "x" }');
    await soon(async () => (await query().innerText()).trim(), '{ name = "x" }');
  });

  it('completes names and values of the data while TraceQL is written', async () => {
    await explore();
    await page.keyboard.press('q');
    await page.locator('.cm-focused').waitFor();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('{ resource.service.na');
    await page.locator('.cm-tooltip-autocomplete li', { hasText: 'service.name' }).waitFor();
    await page.waitForTimeout(100); // the list refuses keys for a moment, lest one takes it unseen
    await page.keyboard.press('Enter');
    await page.locator('.cm-tooltip-autocomplete li', { hasText: 'tickets' }).waitFor();
    await page.keyboard.type('"tick');
    await soon(() => page.locator('.cm-tooltip-autocomplete li').count(), 1);
    await page.waitForTimeout(100);
    await page.keyboard.press('Enter');
    await soon(
      async () => (await query().innerText()).trim(),
      '{ resource.service.name = "tickets"}',
    );
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await soon(() => param('q'), '{ resource.service.name = "tickets"}');
    await soon(() => service().inputValue(), 'tickets');
    await tab.noSeriousFindings();
  });

  it('shows what is wrong with TraceQL where it is wrong', async () => {
    tab.expectTrouble(/400/); // the browser reports it, rightly
    await explore();
    await write('{ span.x = § }');
    await page.keyboard.press('Enter');
    const problem = page.locator('#traceql-problem');
    await problem.waitFor();
    await soon(() => problem.innerText(), /Column 12:/);
    await soon(() => problem.locator('mark').innerText(), '§');
  });

  it('takes addresses of Jaeger and of its own past', async () => {
    const tags = JSON.stringify({ 'http.status_code': '503' });
    await explore({ service: 'edge', tags, lookback: '2h', limit: '20' });
    await soon(() => service().inputValue(), 'edge');
    await soon(() => page.locator('tbody tr:not([data-failed="true"])').count(), 0);
    await explore({ tags: 'error=true' });
    await soon(
      () => page.locator('label', { hasText: 'Status' }).locator('select').inputValue(),
      'error',
    );
    await soon(() => page.locator('.error-count').first().innerText(), /\d+ errors?/);
  });

  it('says what to do when nothing matches', async () => {
    const q = encodeURIComponent('{ span.no = "such" }');
    await tab.goto(`/search?q=${q}`, '.first-spans');
    await page.getByText('No trace matches').waitFor();
    await page.getByText('OTEL_EXPORTER_OTLP_ENDPOINT').waitFor();
    await tab.noSeriousFindings();
  });

  it('sorts, pages and shows attributes as columns', async () => {
    await explore({ q: kTickets, limit: '20', last: '2h' });
    await page.getByRole('button', { name: 'Duration' }).click();
    await soon(() => param('sort'), '-duration');
    await page.getByText('sorted within this page').waitFor();
    const durations = await page
      .locator('td.column-duration')
      .evaluateAll(all => all.map(cell => Number(cell.title.replace(/\D/g, ''))));
    assert.deepEqual(
      durations,
      [...durations].sort((a, b) => b - a),
    );

    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('combobox', { name: 'Attribute for a column' }).fill('span.k8s.node.name');
    await page.keyboard.press('Enter');
    await page.getByRole('columnheader', { name: /k8s\.node\.name/ }).waitFor();
    await page.locator('.found[aria-busy="false"]').waitFor();
    await soon(
      async () => /^n[1-6]$/.test(await page.locator('td.column-values').first().innerText()),
      true,
    );
    await page.keyboard.press('Escape');

    const first = await page.locator('a.result').first().getAttribute('href');
    await page.getByRole('button', { name: 'Older' }).click();
    await page.getByRole('button', { name: 'Newest' }).waitFor();
    await page.locator('.found[aria-busy="false"]').waitFor();
    await soon(() => page.locator('a.result').count(), 20);
    assert.notEqual(await page.locator('a.result').first().getAttribute('href'), first);
  });

  it('zooms into a time that is drawn over a chart, and out again', async () => {
    await explore();
    const chart = page.locator('.chart .u-over').first();
    const { x, y, width, height } = await chart.boundingBox();
    await page.mouse.move(x + width * 0.25, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.5, y + height / 2, { steps: 4 });
    await page.mouse.up();
    await soon(() => param('start') !== null && param('end') !== null, true);
    const length = () => (Number(param('end')) - Number(param('start'))) / 60e6;
    assert.ok(length() >= 14 && length() <= 18, `${length()} minutes`);
    const before = length();
    await page.getByRole('button', { name: 'Wider' }).click();
    await soon(() => length() > 1.9 * before, true);
  });

  it('draws the traces of the table as a scatter, each a way to its trace', async () => {
    await explore({ view: 'scatter' });
    const found = await page.locator('a.result').count();
    await soon(() => page.locator('.scatter .dot').count(), found);
    await page.locator('.scatter a').first().click();
    await page.waitForURL('**/trace/*');
  });

  it('saves searches by name in this browser', async () => {
    await explore({ q: kTickets });
    await page.getByRole('button', { name: 'Saved' }).click();
    await page.getByLabel('Name of this search').fill('the ticket office');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'the ticket office' }).waitFor();
    await explore();
    await page.getByRole('button', { name: 'Saved' }).click();
    await page.getByRole('link', { name: 'the ticket office' }).click();
    await soon(() => param('q'), kTickets);
  });

  it('goes to a trace whose ID is pasted anywhere', async () => {
    await explore();
    const href = await page.locator('a.result').first().getAttribute('href');
    const traceId = href.split('/').at(-1);
    await page.evaluate(text => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', text);
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    }, `< server: envoy\n< x-trace-id: ${traceId}\n<`);
    await page.waitForURL(`**/trace/${traceId}`);

    await explore();
    await page.keyboard.press('g');
    await page.keyboard.insertText(`00-${traceId}-00f067aa0ba902b7-01`);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/trace/${traceId}`);
  });

  it('downloads what it found', async () => {
    await explore({ q: kTickets });
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    const stream = await (await coming).createReadStream();
    const content = JSON.parse(Buffer.concat(await stream.toArray()).toString());
    assert.equal(content.q, kTickets);
    assert.equal(content.traces.length, await page.locator('a.result').count());
  });

  it('opens traces of a file, and says what is wrong with one that has none', async () => {
    await explore();
    const file = (name, json) => ({
      name,
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify(json)),
    });
    await page.getByLabel('File with traces').setInputFiles(file('none.json', { a: 1 }));
    await page.getByText('not of traces').waitFor();
    const span = (traceId, id) => ({
      traceId,
      id,
      name: 'get',
      timestamp: 1.7e15,
      duration: 5000,
    });
    const ids = ['ab'.repeat(16), 'cd'.repeat(16)];
    await page.getByLabel('File with traces').setInputFiles(
      file(
        'zipkin.json',
        ids.map(id => span(id, '00f067aa0ba902b7')),
      ),
    );
    await page.getByText('2 traces of zipkin.json').waitFor();
    await page.locator('.opened a').first().click();
    await page.waitForURL(`**/trace/${ids[0]}`);
    await page.locator('[role="treegrid"] .row').first().waitFor();
  });

  it('can be worked with the keyboard alone', async () => {
    await explore({ q: kTickets });
    await page.keyboard.press('/');
    await soon(focusedRole, 'combobox');
    await page.keyboard.press('Escape');
    await page.locator('h1').click({ force: true });
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const second = await page.locator('a.result').nth(1).getAttribute('href');
    await soon(() => page.evaluate(() => document.activeElement?.getAttribute('href')), second);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**${second}`);
  });
});

describe('Differ', () => {
  it('ranks the planted cause of the slow spans first, with exact counts, for a box drawn by mouse', async () => {
    await explore({ q: kTickets, last: '2h' });
    const { x, y, width, height } = await page.locator('.heat-canvas').boundingBox();
    await page.mouse.move(x + 70, y + 8);
    await page.mouse.down();
    await page.mouse.move(x + width - 12, y + height * 0.4, { steps: 5 });
    await page.mouse.up();
    await soon(() => param('box') !== null, true);
    await page.locator('.differ-list').waitFor();
    const fields = await firstFields();
    assert.deepEqual(fields.slice(0, 2).sort(), ['resource.service.version', 'span.k8s.node.name']);

    const node = page.locator('.differ-list > li', {
      hasText: 'span.k8s.node.name',
    });
    await soon(() => node.locator('.value-name').first().innerText(), 'n4');
    const [, low, high] = /-(\d+)-(\d+)$/.exec(param('box'));
    const slow = `duration > ${low}ns && duration <= ${high}ns`;
    const tickets = 'resource.service.name = "tickets"';
    const shares = await node.locator('.share').first().locator('> span').allInnerTexts();
    const shown = shares.map(text => count(/\(([\d,]+)\)/.exec(text)[1]));
    assert.deepEqual(shown, [
      await spansOf(`{ ${tickets} && ${slow} && span.k8s.node.name = "n4" }`),
      await spansOf(`{ ${tickets} && !(${slow}) && span.k8s.node.name = "n4" }`),
    ]);
    await tab.noSeriousFindings();
    await tab.picture('differ-light');
  });

  it('includes and excludes values, again and again', async () => {
    await explore({ q: kTickets, last: '2h', pick: 'duration > 100ms' });
    await page.getByRole('button', { name: 'Include span.k8s.node.name n4' }).click();
    await soon(
      () => param('q'),
      '{ resource.service.name = "tickets" && span.k8s.node.name = "n4" }',
    );
    await soon(async () => (await firstFields())[0], 'resource.service.version');
    await page
      .getByRole('button', {
        name: 'Exclude resource.service.version 2.0.0',
      })
      .click();
    await soon(() => /!\(resource\.service\.version = "2\.0\.0"\) \}$/.test(param('q')), true);
    await page.getByText('No span is picked').waitFor();
    await soon(() => service().inputValue(), 'tickets');
  });

  it('takes a box from the keyboard, and gives it back', async () => {
    await explore({ q: kTickets, last: '2h' });
    await page.locator('.heat-surface').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('PageUp');
    await page.keyboard.press('Shift+End');
    for (let i = 0; i < 2; i++) await page.keyboard.press('Shift+ArrowDown');
    await soon(
      async () =>
        /\d+ spans, \d+ failed/.test(await page.locator('.heat [role="status"]').innerText()),
      true,
    );
    await page.keyboard.press('Enter');
    await soon(() => param('box') !== null, true);
    await page.locator('.differ-list').waitFor();
    await soon(async () => (await firstFields()).slice(0, 2).includes('span.k8s.node.name'), true);
    await page.locator('.heat-surface').focus();
    await page.keyboard.press('Escape');
    await soon(() => param('box'), null);
  });

  it('compares errors, and puts aside what the pick is made of', async () => {
    await explore({ q: kTickets, last: '2h' });
    await page.keyboard.press('e');
    await soon(() => param('pick'), 'status = error');
    await page.getByText('Not ranked, since the pick is made of them: status').waitFor();
    await soon(async () => (await firstFields()).slice(0, 2).includes('span.k8s.node.name'), true);
    await page.getByRole('button', { name: 'Only these' }).click();
    await soon(() => param('q'), '{ resource.service.name = "tickets" && status = error }');
  });
});
