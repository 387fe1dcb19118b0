// Takes a picture of every page in every state, in both themes, for people to look at.
//
//   npm run build && node dev/shots.mjs [name…]      pictures in ui/shots/
import { mkdirSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const kPort = 23180;
const kUrl = `http://127.0.0.1:${kPort}`;
const kFolder = fileURLToPath(new URL('../shots/', import.meta.url));
const kBig = 'b16'.padEnd(32, '0');
const kDeep = 'dee9'.padEnd(32, '0');
const kOdd = '0dd'.padEnd(32, '0');

const firstTrace = async page => {
  await page.waitForSelector('a.result');
  await page.locator('a.result[data-failed=true]', { hasText: 'ingress' }).first().click();
  await page.waitForSelector('.row');
};

/** name → what to do before the picture. */
const kShots = {
  search: async page => {
    await page.goto(`${kUrl}/search?lookback=1d`);
    await page.waitForSelector('a.result');
  },
  'search-empty': async page => {
    await page.route('**/api/clew/v1/search?*', route =>
      route.fulfill({ json: { traces: [], complete: true, elapsedMs: 1 } }),
    );
    await page.goto(`${kUrl}/search`);
    await page.waitForSelector('.first-spans');
  },
  'search-none': async page => {
    await page.goto(`${kUrl}/search?service=checkout&tags=no.such%3Dtag`);
    await page.waitForSelector('.notice-page');
  },
  'search-loading': async page => {
    await page.route('**/api/clew/v1/search?*', () => {});
    await page.goto(`${kUrl}/search`);
    await page.waitForTimeout(700);
  },
  'search-failed': async page => {
    await page.route('**/api/clew/v1/search?*', route =>
      route.fulfill({
        status: 503,
        json: {
          error: {
            code: 'unavailable',
            message: 'the store is starting: its log is read again, 41 %',
          },
        },
      }),
    );
    await page.goto(`${kUrl}/search`);
    await page.waitForSelector('.notice-page');
  },
  'search-cut': async page => {
    await page.route('**/api/clew/v1/search?*', async route => {
      const response = await route.fetch();
      await route.fulfill({ json: { ...(await response.json()), complete: false } });
    });
    await page.goto(`${kUrl}/search?lookback=1d&limit=50`);
    await page.waitForSelector('a.result');
  },
  'search-combobox': async page => {
    await page.goto(`${kUrl}/search?service=checkout&lookback=custom`);
    await page.waitForSelector('a.result');
    await page.getByLabel('Operation').first().click();
    await page.keyboard.press('ArrowDown');
  },
  'search-problems': async page => {
    await page.goto(
      `${kUrl}/search?tags=a%3D%22b&minDuration=10&start=1700000000000000&end=1600000000000000`,
    );
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByLabel('Trace ID or traceparent').fill('12345');
    await page.keyboard.press('Enter');
  },
  trace: async page => {
    await page.goto(`${kUrl}/search?lookback=1d&tags=error%3Dtrue`);
    await firstTrace(page);
  },
  'trace-detail': async page => {
    await page.goto(`${kUrl}/search?lookback=1d&tags=error%3Dtrue`);
    await firstTrace(page);
    await page.locator('.row', { hasText: 'POST /order' }).first().click();
    await page.waitForSelector('.detail');
    await page.locator('.events').scrollIntoViewIfNeeded();
    await page.locator('.events th[scope=row]').first().hover();
  },
  'trace-find': async page => {
    await page.goto(`${kUrl}/search?lookback=1d&tags=error%3Dtrue`);
    await firstTrace(page);
    await page.keyboard.press('/');
    await page.keyboard.type('http.status_code=503');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
  },
  'trace-odd': async page => {
    await page.goto(`${kUrl}/trace/${kOdd}`);
    await page.waitForSelector('.row');
    await page.locator('.row', { hasText: 'payments-sidecar' }).first().click();
  },
  'trace-big': async page => {
    await page.goto(`${kUrl}/trace/${kBig}`);
    await page.waitForSelector('.row');
    await page.keyboard.press('End');
    await page.waitForTimeout(200);
  },
  'trace-big-folded': async page => {
    await page.goto(`${kUrl}/trace/${kBig}`);
    await page.waitForSelector('.row');
    await page.keyboard.press(']');
    await page.keyboard.press('ArrowRight');
    await page.waitForTimeout(200);
  },
  'trace-deep': async page => {
    await page.goto(`${kUrl}/trace/${kDeep}`);
    await page.waitForSelector('.row');
    await page.locator('.waterfall').evaluate(box => (box.scrollTop = 15 * 28));
    await page.waitForTimeout(200);
  },
  'trace-loading': async page => {
    await page.route('**/api/clew/v1/traces/*', () => {});
    await page.goto(`${kUrl}/trace/${kBig}`);
    await page.waitForTimeout(700);
  },
  'trace-missing': async page => {
    await page.goto(`${kUrl}/trace/${'ab'.repeat(16)}`);
    await page.waitForSelector('.notice-page');
  },
  help: async page => {
    await page.goto(`${kUrl}/trace/${kOdd}`);
    await page.waitForSelector('.row');
    await page.keyboard.press('?');
    await page.waitForSelector('dialog');
  },
  'narrow-search': async page => {
    await page.setViewportSize({ width: 420, height: 900 });
    await page.goto(`${kUrl}/search?lookback=1d`);
    await page.waitForSelector('a.result');
    await page.locator('.results').scrollIntoViewIfNeeded();
    await page.evaluate(() => scrollTo(0, 450));
  },
  'narrow-trace': async page => {
    await page.setViewportSize({ width: 420, height: 900 });
    await page.goto(`${kUrl}/trace/${kOdd}`);
    await page.waitForSelector('.row');
    await page.locator('.row').nth(3).click();
  },
};

const wanted = process.argv.slice(2);
mkdirSync(kFolder, { recursive: true });
const server = spawn(process.execPath, ['dev/fake_clew.mjs', String(kPort), '--dist'], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  stdio: ['ignore', 'pipe', 'inherit'],
});
await new Promise(ready => server.stdout.once('data', ready));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
try {
  for (const theme of ['light', 'dark']) {
    for (const [name, prepare] of Object.entries(kShots)) {
      const full = `${name}-${theme}`;
      if (wanted.length > 0 && !wanted.includes(name) && !wanted.includes(full)) continue;
      const page = await browser.newPage({
        viewport: { width: 1440, height: 900 },
        colorScheme: theme,
      });
      page.on(
        'console',
        message => message.type() === 'error' && console.log(`${full}: ${message.text()}`),
      );
      page.on('pageerror', error => console.log(`${full}: ${error.stack}`));
      await prepare(page).catch(error => console.log(`${full}: ${error.message}`));
      await page.waitForTimeout(250);
      await page.screenshot({ path: `${kFolder}${full}.png` });
      await page.close();
    }
  }
} finally {
  await browser.close();
  server.kill();
}
