// Takes the README's picture: a trace of the running demo, errors in view if there are any.
// usage: node tools/screenshot.mjs [URL of the UI] [file]
import { createRequire } from 'node:module';

const { chromium } = createRequire(new URL('../ui/package.json', import.meta.url))(
  'playwright-core',
);
const [base = 'http://127.0.0.1:16686', file = 'docs/images/trace.png'] = process.argv.slice(2);

const query = 'tag=error%3Dtrue&limit=100';
const { traces } = await (await fetch(`${base}/api/clew/v1/search?${query}`)).json();
const [trace] = traces.sort((a, b) => b.spanCount - a.spanCount);
if (!trace) throw new Error('no trace with an error: run `demo/clew-demo fault errors was` first');

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
const page = await browser.newPage({
  viewport: { width: 1440, height: 820 },
  deviceScaleFactor: 1.5,
});
await page.goto(`${base}/trace/${trace.traceId}`);
await page.getByRole('treegrid').waitFor();
await page.keyboard.press('e');
await page.keyboard.press('Enter');
await page.waitForTimeout(300); // the panel's transition
await page.screenshot({ path: file });
await browser.close();
console.log(`${file}: ${base}/trace/${trace.traceId}`);
