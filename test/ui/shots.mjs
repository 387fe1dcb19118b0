// Takes the pictures of docs/ui: each view of a running clew, in light and dark. test/ui_shots.py starts one with
// traces and calls this; arguments are the names of the pictures to take, all without any.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { kUrl, launch, traces } from './browser.mjs';

const kFolder = process.env.SHOTS_DIR ?? 'docs/ui';
const kViewport = { width: 1280, height: 800 };
const kTrace = `/trace/${traces.failed}`;

/** Picture → the path, and what is done there first. */
const kShots = {
  explore: { path: '/search?last=1h', waitMs: 2500 },
  'explore-query': {
    path: `/search?last=1h&q=${encodeURIComponent('{ status = error && resource.service.name = "payments" }')}`,
    waitMs: 2500,
  },
  'explore-empty': { path: `/search?q=${encodeURIComponent('{ name = "no such span" }')}` },
  'explore-error': { path: `/search?q=${encodeURIComponent('{ name = ')}` },
  differ: {
    path: `/search?last=2h&pick=${encodeURIComponent('duration > 100ms')}&q=${encodeURIComponent('{ resource.service.name = "tickets" }')}`,
  },
  trace: { path: kTrace },
  'trace-detail': {
    path: kTrace,
    act: async page => {
      await page.keyboard.press('e');
      await page.keyboard.press('Enter');
    },
  },
  'trace-flame': { path: `${kTrace}?face=flame` },
  'trace-table': { path: `${kTrace}?face=table` },
  'trace-events': { path: `${kTrace}?face=events` },
  'trace-places': { path: `${kTrace}?face=places` },
  'trace-wide': { path: `/trace/${traces.wide}` },
  'trace-deep': { path: `/trace/${traces.deep}` },
  'trace-odd': { path: `/trace/${traces.odd}` },
  'trace-huge': { path: `/trace/${traces.huge}`, waitMs: 5000, only: () => traces.huge },
  'trace-missing': { path: `/trace/${'ab'.repeat(16)}` },
  population: {
    path: `/population?lookback=3h&q=${encodeURIComponent('{ resource.service.name = "edge" }')}`,
  },
  'population-empty': {
    path: `/population?q=${encodeURIComponent('{ name = "no such span" }')}`,
  },
  'compare-traces': { path: `/compare?a=${traces.ordinary}&b=${traces.failed}` },
  'compare-empty': { path: '/compare' },
  services: { path: '/services' },
  'services-map': { path: '/services?view=map', waitMs: 3000 },
  service: { path: '/services/checkout' },
  mesh: { path: '/mesh' },
  live: { path: '/live', waitMs: 6000 },
  system: { path: '/system', waitMs: 6000 },
  palette: { path: '/search?last=1h', act: page => page.keyboard.press('Control+k') },
  help: { path: kTrace, act: page => page.keyboard.press('?') },
  'narrow-explore': { path: '/search?last=1h', narrow: true, waitMs: 2500 },
  'narrow-trace': { path: kTrace, narrow: true },
};

const wanted = process.argv.slice(2);
const looks = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
};
mkdirSync(kFolder, { recursive: true });
const browser = await launch();
let failures = 0;
try {
  for (const [name, shot] of Object.entries(kShots)) {
    if ((wanted.length > 0 && !wanted.includes(name)) || (shot.only && !shot.only())) continue;
    for (const [look, media] of Object.entries(looks)) await take(name, shot, look, media);
  }
} finally {
  await browser.close();
}
process.exitCode = failures === 0 ? 0 : 1;

async function take(name, { path, act, narrow, waitMs = 600 }, look, media) {
  const page = await browser.newPage({
    viewport: narrow ? { width: 390, height: 780 } : kViewport,
    ...media,
  });
  const report = text => {
    if (!/status of 4\d\d/.test(text)) console.log(`${name}-${look}: ${text}`);
  };
  page.on('console', message => message.type() === 'error' && report(message.text()));
  page.on('pageerror', error => report(error.stack));
  try {
    await page.goto(kUrl + path);
    await page.locator('#main:not([aria-busy="true"])').waitFor({ timeout: 20_000 });
    await page.waitForTimeout(waitMs);
    if (act) {
      await act(page);
      await page.waitForTimeout(700);
    }
    await page.screenshot({ path: join(kFolder, `${name}-${look}.png`) });
  } catch (error) {
    failures++;
    console.log(`${name}-${look}: ${error.message}`);
  } finally {
    await page.close();
  }
}
