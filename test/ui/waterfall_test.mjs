// The waterfall of a trace: bars as a picture, lines as a grid, and what is done with them, by keys and by pointer.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { sendOtlp, soon, traces, useTab } from './browser.mjs';

const tab = useTab();

const params = () => new URL(tab.page.url()).searchParams;

async function open(id, more = '') {
  tab.expectTrouble(/willReadFrequently/); // it is the test that reads the picture
  await tab.goto(`/trace/${id}?face=waterfall${more}`, '[role="treegrid"] .row');
  await soon(() => tab.page.locator('.waterfall-picture canvas').evaluate(isDrawn), true);
}

function isDrawn(canvas) {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.some(byte => byte !== 0);
}

const press = key => tab.page.keyboard.press(key);
const rowCount = async () =>
  Number(await tab.page.locator('[role="treegrid"]').getAttribute('aria-rowcount')) - 1;
const axis = async () => (await tab.page.locator('.axis .tick').allInnerTexts()).join(' ');
const active = () => tab.page.locator('.row[data-active="true"]');

/** Whether the picture has a pixel of a bar at the left end of a row's label, in the row's middle. */
async function barIsLeftOfLabel(row) {
  const label = await row.locator('.bar-label').boundingBox();
  const canvas = tab.page.locator('.waterfall-picture canvas');
  const box = await canvas.boundingBox();
  return canvas.evaluate(
    (element, [x, y]) => {
      const scale = element.width / element.clientWidth;
      const context = element.getContext('2d');
      return context.getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1).data[3] > 0;
    },
    [label.x - box.x - 7, label.y - box.y + label.height / 2],
  );
}

describe('the waterfall', () => {
  it('draws each bar where its line and its label are', async () => {
    await open(traces.ordinary);
    const rows = tab.page.locator('.row');
    const count = await rows.count();
    let seen = 0;
    for (let i = 0; i < count; i++) {
      const row = rows.nth(i);
      const label = row.locator('.bar-label');
      if ((await label.count()) === 0) continue;
      if (!(await label.evaluate(element => element.style.left !== ''))) continue;
      await soon(() => barIsLeftOfLabel(row), true);
      seen++;
    }
    assert.ok(seen > 0, 'a bar with its label behind it');
  });

  it('zooms and pans with keys, and shows all again', async () => {
    await open(traces.ordinary);
    const whole = await axis();
    await press('+');
    await tab.page.waitForFunction(
      before =>
        [...document.querySelectorAll('.axis .tick')].map(e => e.innerText).join(' ') !== before,
      whole,
    );
    const zoomed = await axis();
    await press('D');
    await tab.page.waitForFunction(
      before =>
        [...document.querySelectorAll('.axis .tick')].map(e => e.innerText).join(' ') !== before,
      zoomed,
    );
    await press('0');
    await soon(axis, whole);
  });

  it('zooms by dragging over its times, with the wheel, and on the map', async () => {
    await open(traces.ordinary);
    const whole = await axis();
    const drag = async (selector, from, to) => {
      const box = await tab.page.locator(selector).boundingBox();
      const y = box.y + box.height / 2;
      await tab.page.mouse.move(box.x + box.width * from, y);
      await tab.page.mouse.down();
      await tab.page.mouse.move(box.x + box.width * to, y, { steps: 4 });
      await tab.page.mouse.up();
    };
    for (const selector of ['.axis', '.minimap']) {
      await drag(selector, 0.2, 0.6);
      await soon(async () => (await axis()) !== whole, true);
      await tab.page.locator(selector).dblclick({ position: { x: 50, y: 10 } });
      await soon(axis, whole);
    }
    const box = await tab.page.locator('.waterfall').boundingBox();
    await tab.page.mouse.move(box.x + box.width * 0.7, box.y + 100);
    await tab.page.keyboard.down('Control');
    await tab.page.mouse.wheel(0, -200);
    await tab.page.keyboard.up('Control');
    await soon(async () => (await axis()) !== whole, true);
  });

  it('opens and closes level by level', async () => {
    await open(traces.ordinary);
    const all = await rowCount();
    await press(']');
    await soon(rowCount, await tab.page.locator('.row[aria-level="1"]').count());
    const least = await rowCount();
    await press('o');
    await soon(async () => (await rowCount()) > least, true);
    await press('p');
    await soon(rowCount, least);
    await press('[');
    await soon(rowCount, all);
  });

  it('folds equal siblings into one line that says how many, and takes them apart', async () => {
    await open(traces.wide);
    const all = await rowCount();
    await press('x');
    await soon(async () => (await rowCount()) < all, true);
    const folded = await rowCount();
    const badge = tab.page.locator('.folded[data-group="true"]').first();
    await soon(() => badge.innerText(), /×[\d,]+/);
    await tab.page.locator('.row', { has: badge }).first().locator('.twist').click();
    await soon(async () => (await rowCount()) > folded, true);
    await press('x');
    await soon(rowCount, all);
  });

  it('hides services and short spans, says so, and brings back what one goes to', async () => {
    await open(traces.failed);
    const all = await rowCount();
    await tab.page.locator('.fold-menu summary').click();
    await tab.page.getByRole('combobox', { name: /shorter/ }).selectOption('1 s');
    await soon(async () => (await rowCount()) < all, true);
    await tab.page.getByText(/Lines: 1 hidden/).waitFor();
    await tab.page.keyboard.press('Escape');
    await soon(() => tab.page.locator('.fold-panel').isVisible(), false);
    await press('e');
    await soon(async () => (await active().getAttribute('data-error')) === 'true', true);
  });

  it('shows all lines at once, tells what is below the pointer, and goes there', async () => {
    await open(traces.wide);
    await press('z');
    await soon(() => tab.page.locator('.waterfall').getAttribute('data-names'), 'false');
    await soon(() => tab.page.locator('.row').count(), 1);
    await press('End'); // the keyboard still walks the lines
    await soon(
      async () => Number(await active().getAttribute('aria-rowindex')),
      (await rowCount()) + 1,
    );
    const box = await tab.page.locator('.waterfall-picture').boundingBox();
    // In the first row of pixels the root's bar is as wide as the trace.
    await tab.page.mouse.move(box.x + box.width / 3, box.y + 0.4);
    await tab.page.locator('.pointer-note b').waitFor();
    await tab.page.mouse.click(box.x + box.width / 3, box.y + 0.4);
    await tab.page.locator('.detail h2').waitFor();
    await soon(() => tab.page.locator('.waterfall').getAttribute('data-names'), 'true');
  });

  it('is opened again as it was: folded, hidden, zoomed, at its line', async () => {
    await open(traces.wide);
    await press('x');
    await press('j');
    for (let i = 0; i < 4; i++) await press('+');
    await press('D');
    await soon(() => [...params().keys()].sort().join(), 'equal,row,zoom');
    await open(traces.failed, '&levels=2&hide=payments');
    await tab.page.locator('.row .twist').nth(1).click();
    await press('j');
    await soon(() => params().has('turned'), true);
    for (const state of ['levels', 'hide', 'row']) await soon(() => params().has(state), true);
    await press('z');
    await press('+');
    for (const state of ['fit', 'zoom']) await soon(() => params().has(state), true);
    const seen = async () => [await rowCount(), await axis(), await active().innerText()];
    const [url, before] = [tab.page.url(), await seen()];
    await tab.page.reload();
    await soon(seen, before);
    await soon(() => tab.page.url(), url);
    await press('0');
    await press('[');
    await press('Home');
    await press('z');
    await soon(() => [...params().keys()].join(), 'hide');
  });

  it('keeps the address at what is shown, and what is chosen in a face', async () => {
    await open(traces.ordinary);
    await tab.page.getByRole('tab', { name: 'Table' }).click();
    await soon(() => params().get('face'), 'table');
    await tab.page.getByLabel('Count by').selectOption('service');
    await tab.page.getByRole('button', { name: 'Self' }).click();
    await tab.page.getByLabel('Filter the lines').fill('e');
    await soon(() => params().get('filter'), 'e');
    const lines = () => tab.page.locator('.virtual-row').allInnerTexts();
    const before = await lines();
    await tab.page.reload();
    await soon(lines, before);
    await soon(() => tab.page.getByLabel('Count by').inputValue(), 'service');
    await soon(() => params().get('sort'), '-self');
    await tab.page.getByRole('tab', { name: 'Waterfall' }).click();
    await soon(() => params().get('face'), null);
  });

  it('finds by attributes in a trace that is too large to be fetched', async () => {
    const id = randomBytes(16).toString('hex');
    const start = BigInt(Date.now() - 60_000) * 1_000_000n;
    const spans = Array.from({ length: 20_500 }, (_, i) => ({
      traceId: id,
      spanId: (i + 1).toString(16).padStart(16, '0'),
      parentSpanId: i === 0 ? '' : '0000000000000001',
      name: 'line',
      startTimeUnixNano: String(start + BigInt(i) * 1000n),
      endTimeUnixNano: String(start + BigInt(i) * 1000n + 500n),
      attributes: [{ key: 'line.number', value: { intValue: String(i) } }],
    }));
    const attributes = [{ key: 'service.name', value: { stringValue: 'nightly' } }];
    await sendOtlp([{ resource: { attributes }, scopeSpans: [{ spans }] }]);
    await open(id);
    const found = tab.page.locator('.find-count');
    await tab.page.getByLabel('Find spans').fill('LINE.number=2017 service=nightly');
    await soon(() => found.innerText(), '11 matches'); // 2017 and 20170 to 20179
    await press('Enter');
    await soon(() => found.innerText(), '1 of 11');
    await tab.page.getByLabel('Find spans').fill('line.number=20500');
    await soon(() => found.innerText(), 'no match');
  });

  it('rounds durations as the header does', async () => {
    const id = randomBytes(16).toString('hex');
    const beganNs = BigInt(Date.now()) * 1_000_000n;
    const span = (spanId, parentSpanId, startNs, durationNs) => ({
      traceId: id,
      spanId,
      parentSpanId,
      name: 'GET /rounded',
      kind: 2,
      startTimeUnixNano: String(beganNs + startNs),
      endTimeUnixNano: String(beganNs + startNs + durationNs),
    });
    const ids = [randomBytes(8).toString('hex'), randomBytes(8).toString('hex')];
    const spans = [span(ids[0], '', 0n, 66_600n), span(ids[1], ids[0], 400n, 2_700n)];
    const attributes = [{ key: 'service.name', value: { stringValue: 'rounded' } }];
    await sendOtlp([{ resource: { attributes }, scopeSpans: [{ spans }] }]);
    await open(id);
    const labels = () => tab.page.locator('.bar-label').allInnerTexts();
    await soon(() => labels().then(texts => texts.join(', ')), '67 µs, 3 µs');
    await soon(() => tab.page.locator('.trace-header dd.strong').first().innerText(), '67 µs');
  });

  it('shows the details of the span one ends at, however slowly they come', async () => {
    await open(traces.failed);
    await tab.page.route('**/api/clew/v1/traces/*', async route => {
      await new Promise(resolve => setTimeout(resolve, 500));
      await route.continue();
    });
    await press('Enter');
    for (const key of ['j', 'j', 'k']) await press(key);
    await tab.page.locator('.detail .attributes').first().waitFor();
    await soon(
      () => tab.page.locator('.detail h2').allInnerTexts(),
      [await active().locator('.operation').innerText()],
    );
  });

  it('has no serious findings of axe, light and dark', async () => {
    await open(traces.failed);
    await tab.noSeriousFindings();
    await tab.page.emulateMedia({ colorScheme: 'dark' });
    await tab.page.locator('.row').nth(1).click();
    await tab.page.locator('.detail h2').waitFor();
    await tab.noSeriousFindings();
    await tab.picture('waterfall-dark');
  });
});
