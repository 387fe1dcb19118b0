// The faces of a trace beside the waterfall, in a real Chromium: flame graph, table, events, places; its JSON, who
// links to it, and the file it is saved as.
//
//   CLEW_URL=http://127.0.0.1:16686 TRACES='{"failed": "…", …}' node --test test/ui/faces_test.mjs
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { fetchJson, kUrl, picture, soon, traces, useTab } from './browser.mjs';

const tab = useTab();
let page;

beforeEach(() => {
  page = tab.page;
});

const apiTrace = id => fetchJson(`/api/clew/v1/traces/${id}`);

async function openFace(id, face, selector) {
  await tab.goto(`/trace/${id}?face=${face}`, selector);
}

async function inBothThemes(name) {
  await page.emulateMedia({ reducedMotion: 'reduce' }); // else axe may meet colours on their way
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(300); // a canvas draws in the next frame
    await tab.noSeriousFindings();
    await tab.picture(`${name}-${colorScheme}`);
  }
}

const serviceOf = (trace, span) => trace.resources[span.resource].service;
const isError = span =>
  span.status.code === 'error' ||
  span.attributes.some(({ key, value }) => key === 'error' && String(value) === 'true');

describe('the flame graph', () => {
  const boxes = () => page.getByRole('application', { name: /^Flame graph/ });
  const panel = () => page.getByRole('complementary', { name: 'The chosen box' });
  const chosen = () => panel().locator('h2').innerText();
  const open = id => openFace(id, 'flame', '.frame-panel h2');
  const childrenOf = (trace, parent) =>
    trace.spans
      .filter(span => span.parentId === parent.spanId)
      .sort((a, b) => b.durationNs - a.durationNs);

  it('is walked with the keyboard, and zooms there and back', async () => {
    const trace = await apiTrace(traces.failed);
    const root = trace.spans.find(span => span.parentId === '');
    const [longest] = childrenOf(trace, root);
    await open(traces.failed);
    await soon(() => chosen(), root.name);
    await boxes().focus();
    await page.keyboard.press('ArrowDown');
    await soon(chosen, longest.name);
    await page.keyboard.press('ArrowUp');
    await soon(chosen, root.name);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const [below] = childrenOf(trace, longest);
    await soon(chosen, below.name);
    const showAll = () => page.getByRole('button', { name: 'Show all' }).count();
    await soon(() => showAll(), 0);
    await page.keyboard.press('Enter');
    await soon(showAll, 1);
    await page.keyboard.press('Escape');
    await soon(showAll, 0);
    await page.keyboard.press('Home');
    await soon(chosen, root.name);
  });

  it('says in its panel what a span took, and what is below it', async () => {
    const trace = await apiTrace(traces.failed);
    const root = trace.spans.find(span => span.parentId === '');
    await open(traces.failed);
    await panel().getByText('failed', { exact: true }).first().waitFor();
    const facts = await panel().locator('dd').allInnerTexts();
    const micros = Math.floor(root.durationNs / 1000).toLocaleString('en');
    assert.ok(facts[0].includes(micros), `${facts[0]} has ${micros}`);
    const names = await panel()
      .getByRole('table', { name: 'Below, longest first' })
      .getByRole('button')
      .allInnerTexts();
    assert.deepEqual(
      names.map(text => text.split('\n').at(-1).trim()),
      childrenOf(trace, root).map(span => span.name),
    );
    await inBothThemes('trace-flame');
  });

  it('chooses the same span in the other faces', async () => {
    await open(traces.failed);
    await boxes().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const name = await chosen();
    await page.getByRole('tab', { name: 'Waterfall' }).click();
    const active = page.locator('[role="treegrid"] [data-active="true"] .operation');
    await soon(() => active.innerText(), name);
  });

  it('is pointed at: a click chooses, a double click zooms, resting tells numbers', async () => {
    const kLanePx = 18;
    await open(traces.ordinary);
    const { x, y } = await boxes().boundingBox();
    const inLane = lane => [x + 300, y + (lane + 0.5) * kLanePx];
    await page.mouse.move(...inLane(0));
    const tip = page.locator('.frame-tip');
    await tip.waitFor();
    await soon(() => tip.innerText(), /Duration\s+[\d.]+ m?s \([\d,]+ µs\)/);
    const root = await chosen();
    await page.mouse.click(...inLane(2));
    await soon(async () => (await chosen()) !== root, true);
    await page.mouse.dblclick(...inLane(2));
    await page.getByRole('button', { name: 'Show all' }).click();
    await soon(() => page.getByRole('button', { name: 'Show all' }).count(), 0);
  });

  it('merges spans of one path, and says so', async () => {
    const trace = await apiTrace(traces.wide);
    await open(traces.wide);
    await page.getByRole('button', { name: 'Merged by path' }).click();
    await page.getByText('spans with the same path are one box', { exact: false }).waitFor();
    const paths = new Set(
      trace.spans
        .filter(span => span.parentId !== '')
        .map(span => `${serviceOf(trace, span)} ${span.name}`),
    );
    const rows = panel().getByRole('table', { name: 'Below, longest first' }).getByRole('button');
    await soon(async () => (await rows.count()) <= paths.size, true);
    await tab.picture('trace-flame-merged');
    await tab.noSeriousFindings();
  });

  it('shows all of a deep trace', async () => {
    await open(traces.deep);
    await boxes().focus();
    const deepest = () => page.locator('.flame-frame [role="status"]').innerText();
    for (let i = 0; i < 10; i++) await page.keyboard.press('ArrowDown');
    await soon(async () => / lane 11$/.test(await deepest()), true);
    await tab.picture('trace-flame-deep');
  });
});

describe('the table', () => {
  const grid = () => page.getByRole('grid', { name: /^Statistics/ });
  const rows = () => grid().locator('.virtual-row');
  const open = id => openFace(id, 'table', '.virtual-row');
  const cells = async row => row.locator('[role="rowheader"], [role="gridcell"]').allInnerTexts();

  it('counts every span once, by operation and by service', async () => {
    const trace = await apiTrace(traces.failed);
    await open(traces.failed);
    const count = async () => {
      let spans = 0;
      let errors = 0;
      for (const row of await rows().all()) {
        const texts = await cells(row);
        spans += Number(texts[1]);
        errors += Number(texts[9]);
      }
      return [spans, errors];
    };
    const expected = [trace.spans.length, trace.spans.filter(isError).length];
    await soon(() => count(), expected);
    await page.getByLabel('Count by').selectOption('service');
    await soon(() => rows().count(), new Set(trace.spans.map(s => serviceOf(trace, s))).size);
    await soon(() => count(), expected);
    await inBothThemes('trace-table');
  });

  it('is sorted and filtered', async () => {
    await open(traces.wide);
    await page.getByRole('button', { name: 'Spans' }).press('Enter');
    const counts = async () => {
      const all = await rows().all();
      return Promise.all(all.map(async row => Number((await cells(row))[1].replaceAll(',', ''))));
    };
    await soon(
      () => page.getByRole('columnheader', { name: 'Spans' }).getAttribute('aria-sort'),
      'descending',
    );
    const sorted = await counts();
    assert.deepEqual(
      sorted,
      [...sorted].sort((a, b) => b - a),
    );
    await page.getByLabel('Filter the lines').fill('surely no operation');
    await page.getByText('No line contains').waitFor();
  });

  it('finds the spans of a line in the other faces', async () => {
    const trace = await apiTrace(traces.failed);
    await open(traces.failed);
    await page.getByLabel('Count by').selectOption('service');
    const row = rows().filter({ hasText: 'payments' });
    await row.click();
    const spans = trace.spans.filter(span => serviceOf(trace, span) === 'payments').length;
    await soon(
      async () => (await page.locator('.find-count').innerText()).includes(String(spans)),
      true,
    );
    await page.getByRole('tab', { name: 'Waterfall' }).click();
    const active = page.locator('[role="treegrid"] [data-active="true"] .service');
    await soon(() => active.innerText(), 'payments');
  });

  it('counts by the values of an attribute', async () => {
    const trace = await apiTrace(traces.failed);
    await open(traces.failed);
    await page.getByLabel('Count by').selectOption('attribute');
    await page.getByLabel('Attribute', { exact: true }).selectOption('host.name');
    const hosts = trace.spans.map(
      span =>
        trace.resources[span.resource].attributes.find(({ key }) => key === 'host.name').value,
    );
    await soon(() => rows().count(), new Set(hosts).size);
    await page.getByText('0 spans without host.name').waitFor();
  });

  it('can be walked with the keyboard alone', async () => {
    await open(traces.failed);
    await grid().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await soon(() => rows().nth(1).getAttribute('aria-selected'), 'true');
    await page.keyboard.press('Enter');
    await soon(async () => (await page.getByLabel('Find spans').inputValue()) !== '', true);
  });
});

describe('the events', () => {
  it('are those of all spans in order of time, and lead to their spans', async () => {
    const trace = await apiTrace(traces.failed);
    const events = trace.spans.flatMap(span => span.events.map(event => ({ span, event })));
    events.sort((a, b) => a.event.timeNs - b.event.timeNs);
    assert.ok(events.length > 0, 'a trace with events');
    await openFace(traces.failed, 'events', '.virtual-row');
    const rows = page.locator('.virtual-row');
    await soon(() => rows.count(), events.length);
    const names = await rows.locator('[role="rowheader"]').allInnerTexts();
    assert.deepEqual(
      names,
      events.map(({ event }) => event.name),
    );
    await inBothThemes('trace-events');
    await page.getByRole('grid', { name: /^Events/ }).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await soon(() => page.locator('.detail h2').innerText(), events[0].span.name);
    await page.getByLabel('Filter the events').fill('exception');
    await soon(() => rows.count(), events.filter(({ event }) => event.name === 'exception').length);
  });

  it('that are not there are said not to be there', async () => {
    const { spans } = await apiTrace(traces.deep);
    assert.equal(spans.flatMap(span => span.events).length, 0);
    await openFace(traces.deep, 'events', '.face-empty');
    await page.getByText('have no events').waitFor();
  });
});

describe('the places', () => {
  it('have a lane each, and lead to the spans there', async () => {
    const trace = await apiTrace(traces.failed);
    const core = trace.resources[0].attributes.find(
      ({ key }) => key === 'clew.core_location',
    ).value;
    await openFace(traces.failed, 'places', '.virtual-row');
    const row = page.locator('.virtual-row', { hasText: core });
    await soon(
      () => row.locator('[role="gridcell"]').first().innerText(),
      String(trace.spans.length),
    );
    await inBothThemes('trace-places');
    await row.click();
    await soon(() => page.getByLabel('Find spans').inputValue(), `clew.core_location=${core}`);
    await page.getByRole('button', { name: 'Node' }).click();
    await page.getByRole('columnheader', { name: 'Node' }).waitFor();
  });
});

describe('a trace as JSON', () => {
  const text = label => page.getByLabel(`The trace as ${label} JSON`);

  it('is shown and saved as OTLP and as Jaeger has it', async () => {
    await openFace(traces.failed, 'waterfall', '[role="treegrid"] [role="row"]');
    await page.getByRole('button', { name: 'JSON' }).click();
    await text('OTLP').waitFor();
    const otlp = JSON.parse(await text('OTLP').innerText());
    const spans = otlp.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(s => s.spans));
    assert.equal(spans.length, (await apiTrace(traces.failed)).spans.length);
    await tab.noSeriousFindings();
    await tab.picture('trace-json');
    await page.getByRole('button', { name: 'Jaeger' }).click();
    await text('Jaeger').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    assert.equal(download.suggestedFilename(), `trace-${traces.failed}.jaeger.json`);
    const saved = JSON.parse(readFileSync(await download.path(), 'utf8'));
    assert.equal(saved.data[0].traceID, traces.failed);
    await page.keyboard.press('Escape');
    await soon(() => page.getByRole('dialog').count(), 0);
  });
});

describe('links', () => {
  it('are followed backwards, too', async () => {
    const linked = await apiTrace(traces.linked);
    const link = linked.spans.flatMap(span => span.links)[0];
    assert.ok(link, 'a trace with a link');
    await tab.goto(`/trace/${link.traceId}?span=${link.spanId}`, '.detail');
    await page.getByText('Linked from').click();
    const back = page.locator(`.detail a[href*="${traces.linked}"]`);
    await back.waitFor();
    await tab.noSeriousFindings({ within: '.detail' });
    await back.click();
    await page.waitForURL(url => url.pathname.endsWith(traces.linked));
  });
});

describe('a saved trace', () => {
  it('is one file that shows all of it without a server', async () => {
    const trace = await apiTrace(traces.failed);
    await openFace(traces.failed, 'waterfall', '[role="treegrid"] [role="row"]');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as HTML' }).click(),
    ]);
    const directory = mkdtempSync(join(tmpdir(), 'clew-saved-'));
    const file = join(directory, download.suggestedFilename());
    await download.saveAs(file);
    assert.ok(statSync(file).size < 1_000_000, `${statSync(file).size} bytes`);

    const saved = await page.context().browser().newPage();
    const troubles = [];
    saved.on('console', message => {
      if (['error', 'warning'].includes(message.type())) troubles.push(message.text());
    });
    saved.on('pageerror', error => troubles.push(String(error)));
    saved.on('request', request => {
      if (/^https?:/.test(request.url())) troubles.push(`a request to ${request.url()}`);
    });
    await saved.goto(pathToFileURL(file).href);
    const rows = saved.locator('[role="treegrid"] [role="row"][aria-level]');
    await rows.first().waitFor();
    await soon(() => rows.count(), trace.spans.length);
    await rows.last().click();
    await saved.locator('.detail .attributes').first().waitFor();
    const back = await saved.locator('.saved-bar a').getAttribute('href');
    assert.equal(back, `${kUrl}/trace/${traces.failed}`);
    await picture(saved, 'trace-saved');
    for (const face of ['Flame graph', 'Table', 'Events', 'Places']) {
      await saved.getByRole('tab', { name: face }).click();
      await saved.locator('.flame-frame, .virtual-row').first().waitFor();
    }
    await saved.close();
    rmSync(directory, { recursive: true });
    assert.deepEqual(troubles, []);
  });
});
