// What holds on all pages of a running clew, in a real Chromium: the frame around them.
//
//   CLEW_URL=http://127.0.0.1:16686 node --test test/ui/everywhere_test.mjs
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { fetchJson, kUrl, soon, traces, useTab } from './browser.mjs';

const tab = useTab();
let page;

beforeEach(() => {
  page = tab.page;
});

const openSearch = () => tab.goto('/search', 'main a[href*="/trace/"]');

async function openTrace() {
  await tab.goto(`/trace/${await anyTraceId()}`, '[role="treegrid"] [role="row"]');
}

const openLive = () => tab.goto('/live', '#main:not([aria-busy="true"])');

async function anyTraceId() {
  const { traces } = await fetchJson('/api/clew/v1/search?limit=1');
  return traces[0].traceId;
}

const focusedId = () => page.evaluate(() => document.activeElement?.id);
const theme = () => page.evaluate(() => ({ ...document.documentElement.dataset }));

/** Opens the palette, types, and takes the first thing it offers. */
async function command(text) {
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Commands' }).waitFor();
  await page.keyboard.insertText(text);
  await page.locator('.palette [aria-selected="true"]').waitFor();
  await page.keyboard.press('Enter');
}

describe('axe has no serious findings', () => {
  const looks = {
    light: { colorScheme: 'light' },
    dark: { colorScheme: 'dark' },
    'high contrast, light': { colorScheme: 'light', contrast: 'more' },
    'high contrast, dark': { colorScheme: 'dark', contrast: 'more' },
  };
  const pages = {
    'the search': openSearch,
    'a trace': openTrace,
    live: openLive,
    population: () => tab.goto('/population?lookback=3h', '.node-table tbody tr'),
    compare: () =>
      tab.goto(`/compare?a=${traces.ordinary}&b=${traces.failed}`, '.node-table tbody tr'),
    services: () => tab.goto('/services?lookback=1d', '.red-table tbody tr'),
    'the map of services': () => tab.goto('/services?lookback=1d&view=map', 'canvas.map'),
    mesh: () => tab.goto('/mesh', '.notice-page'),
    system: () => tab.goto('/system', '.system-way'),
  };
  for (const [name, open] of Object.entries(pages)) {
    for (const [look, media] of Object.entries(looks)) {
      it(`on ${name}, ${look}`, async () => {
        await page.emulateMedia(media);
        await open();
        await tab.noSeriousFindings();
      });
    }
  }

  it('on the help and the palette', async () => {
    await openSearch();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await tab.noSeriousFindings();
    await page.keyboard.press('Escape');
    await soon(() => page.getByRole('dialog').count(), 0);
    await page.keyboard.press(':');
    await page.locator('.palette [role="option"]').first().waitFor();
    await tab.noSeriousFindings();
    await tab.picture('palette-light');
  });

  it('on a narrow screen', async () => {
    await page.setViewportSize({ width: 380, height: 800 });
    await openSearch();
    await tab.noSeriousFindings();
  });
});

describe('the command palette', () => {
  it('opens while one types, and leads to a trace whose ID is pasted', async () => {
    const traceId = await anyTraceId();
    await openSearch();
    await page.locator('main input, .search-page input').first().focus();
    await command(`00-${traceId}-00f067aa0ba902b7-01`);
    await page.waitForURL(`**/trace/${traceId}`);
  });

  it('knows the services, and the traces looked at before', async () => {
    const { services } = await fetchJson('/api/clew/v1/services');
    await openTrace();
    const title = (await page.title()).replace(/ · Clew$/, '');
    await page.keyboard.press(':');
    await page.getByRole('option', { name: services[0] }).first().waitFor();
    await page.getByRole('combobox', { name: 'Go to or do' }).fill(title);
    await page.getByRole('option', { name: title }).first().waitFor();
    await soon(() => page.locator('.palette').innerText(), /Recent traces/);
  });

  it('does what the page can do, and nothing on Escape', async () => {
    await openTrace();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await soon(() => page.getByRole('dialog').count(), 0);
    await command('go to a trace by its id');
    await soon(
      () => page.evaluate(() => document.activeElement?.getAttribute('placeholder')),
      'Go to trace: ID or traceparent',
    );
  });

  it('says so when nothing fits', async () => {
    await openSearch();
    await page.keyboard.press(':');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.insertText('surely no such thing');
    await page.getByText('Nothing fits').waitFor();
  });
});

describe('the help', () => {
  it('lists the keys of the page one is on, and no others', async () => {
    const keys = async () => {
      await page.keyboard.press('?');
      const text = await page.getByRole('dialog').innerText();
      await page.keyboard.press('Escape');
      await soon(() => page.getByRole('dialog').count(), 0);
      return text;
    };
    await openSearch();
    const onSearch = await keys();
    await openTrace();
    const onTrace = await keys();
    assert.match(onSearch, /Everywhere/);
    assert.match(onTrace, /Everywhere/);
    assert.match(onTrace, /Next error/);
    assert.match(onTrace, /\/\s*Ctrl\+B\s*Find spans/);
    assert.doesNotMatch(onSearch, /Next error/);
  });
});

describe('the keys of Jaeger', () => {
  it('do on a trace what they do there', async () => {
    await tab.goto(`/trace/${traces.failed}`, '[role="treegrid"] .row');
    const find = page.getByLabel('Find spans');
    const isFinding = () => find.evaluate(input => input === document.activeElement);
    await page.keyboard.press('Control+b');
    await soon(isFinding, true);
    await page.keyboard.insertText('a');
    await page.keyboard.press('Control+b'); // also while one types
    await soon(() => find.evaluate(input => input.selectionEnd - input.selectionStart), 1);
    await page.keyboard.press('ArrowDown'); // to the lines
    await soon(isFinding, false);
    await page.keyboard.press('Escape');
    await soon(() => find.inputValue(), '');

    const zoom = () => new URL(page.url()).searchParams.get('zoom');
    const lines = () => page.locator('[role="treegrid"]').getAttribute('aria-rowcount');
    await page.keyboard.press('Shift+ArrowUp');
    await soon(() => zoom() !== null, true);
    const closer = zoom();
    await page.keyboard.press('Shift+ArrowRight');
    await soon(() => zoom() !== closer, true);
    await page.keyboard.press('Shift+ArrowLeft');
    await soon(zoom, closer);
    await page.keyboard.press('Shift+ArrowDown');
    await soon(zoom, null);
    const all = await lines();
    await page.keyboard.press(']');
    await soon(async () => Number(await lines()) < Number(all), true);
    await page.keyboard.press('[');
    await soon(lines, all);
  });
});

describe('the theme', () => {
  it('is one of four, and remembered', async () => {
    await openSearch();
    await command('theme high contrast');
    await soon(async () => (await theme()).contrast, 'more');
    await page.reload();
    await soon(async () => (await theme()).contrast, 'more');
    await command('theme light');
    await soon(async () => (await theme()).theme, 'light');
    await soon(async () => (await theme()).contrast, undefined);
  });

  it('moves nothing where the system asks for that', async () => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await openTrace();
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll('*')].filter(element => {
          const { animationName, animationDuration, transitionDuration } =
            getComputedStyle(element);
          const animated = animationName !== 'none' && parseFloat(animationDuration) > 0.001;
          return animated || transitionDuration.split(',').some(text => parseFloat(text) > 0.001);
        }).length,
    );
    assert.equal(moving, 0);
  });
});

describe('times', () => {
  it('are all in UTC once one says so, also on the next page', async () => {
    await openSearch();
    await page.getByRole('button', { name: /^Times: local/ }).click();
    await page.getByRole('button', { name: 'Times: UTC' }).waitFor();
    await page.locator('time').first().waitFor();
    const wrong = () =>
      page
        .locator('time[title]')
        .evaluateAll(all => all.filter(time => !/UTC$/.test(time.title)).length);
    await soon(() => wrong(), 0);
    await openTrace();
    await soon(() => wrong(), 0);
    await page.getByRole('button', { name: 'Times: UTC' }).waitFor();
  });
});

describe('a narrow screen', () => {
  it('folds the pages into a menu, and nothing is wider than it', async () => {
    await page.setViewportSize({ width: 380, height: 800 });
    await openSearch();
    const tooWide = () =>
      page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
    await soon(() => tooWide(), 0);
    const link = page.getByRole('navigation', { name: 'Pages' }).getByRole('link').first();
    await soon(() => link.isVisible(), false);
    await page.getByRole('button', { name: 'Pages' }).click();
    await link.waitFor();
    await tab.picture('narrow-menu');
    await link.click();
    await soon(() => link.isVisible(), false);
    await openTrace();
    await soon(() => tooWide(), 0);
  });
});

describe('going to another page', () => {
  it('moves the focus there, says its title, and the keys work at once', async () => {
    await openSearch();
    await page.locator('main a[href*="/trace/"]').first().click();
    await page.locator('[role="treegrid"] [role="row"]').first().waitFor();
    const inMain = () =>
      page.evaluate(() => document.getElementById('main')?.contains(document.activeElement));
    await soon(inMain, true);
    await soon(
      async () =>
        (await page.locator('[role="status"]').allInnerTexts()).includes(await page.title()),
      true,
    );
    await page.getByRole('link', { name: 'Explore', exact: true }).click();
    await page.waitForURL('**/search*');
    await soon(focusedId, 'main');
  });

  it('gives each page a title of its own', async () => {
    const titles = new Set();
    for (const path of ['/search', `/trace/${await anyTraceId()}`, '/live']) {
      await page.goto(kUrl + path);
      await page.waitForFunction(() => / · Clew$/.test(document.title));
      titles.add(await page.title());
    }
    assert.equal(titles.size, 3);
  });
});

describe('a page that fails while it is drawn', () => {
  it('says what happened and how to report it, and others still work', async () => {
    tab.expectTrouble(/broken on purpose/);
    await openSearch();
    const traceId = await anyTraceId();
    await page.evaluate(() => {
      Math.log10 = () => {
        throw new Error('broken on purpose');
      };
      Number.prototype.toLocaleString = Math.log10;
    });
    await command(traceId);
    await page.getByRole('heading', { name: 'This page has failed' }).waitFor();
    const report = await page.locator('.report').innerText();
    assert.match(report, new RegExp(`${traceId}[^]*broken on purpose`));
    await tab.noSeriousFindings();
    await tab.picture('failed-page');
    await page.getByRole('button', { name: 'Load it again' }).click();
    await page.locator('[role="treegrid"]').waitFor();
  });
});

describe('addresses of other UIs', () => {
  it('of a span in Jaeger leads to the span', async () => {
    const traceId = await anyTraceId();
    const { spans } = await fetchJson(`/api/clew/v1/traces/${traceId}`);
    const { spanId } = spans.at(-1);
    await page.goto(`${kUrl}/trace/${traceId}?uiFind=${spanId}`);
    await page.waitForURL(`**/trace/${traceId}?span=${spanId}`);
  });

  it('of a search within a trace in Jaeger searches there', async () => {
    const traceId = await anyTraceId();
    await page.goto(`${kUrl}/trace/${traceId}?uiFind=no+such+text`);
    await page.getByText('no match').waitFor();
    await page.waitForURL(`**/trace/${traceId}?find=no+such+text`);
  });

  it('below /jaeger/ui and /zipkin are served and lead on', async () => {
    const traceId = await anyTraceId();
    await page.goto(`${kUrl}/jaeger/ui/trace/${traceId}`);
    await page.waitForURL(`${kUrl}/trace/${traceId}`);
    await page.goto(`${kUrl}/zipkin/traces/${traceId}`);
    await page.waitForURL(`${kUrl}/trace/${traceId}`);
    await page.goto(`${kUrl}/zipkin/?serviceName=shop&lookback=15m`);
    await page.waitForURL(`${kUrl}/search?*service=shop*`);
  });
});
