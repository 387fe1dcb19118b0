// Takes the pictures of docs/ui: each view of a running clew, in light and dark. test/ui_shots.py starts one with
// traces and calls this; arguments are the names of the pictures to take, all without any.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { kUrl, launch, traces } from './browser.mjs';

const kFolder = process.env.SHOTS_DIR ?? 'docs/ui';
const kViewport = { width: 1280, height: 800 };
const kTrace = `/trace/${traces.failed}`;
const kBroken = {
  status: 503,
  json: { error: { code: 'unavailable', message: 'the store is starting' } },
};
/** Of states that look alike in the dark one picture is enough. */
const kLight = ['light'];

/** Picture → the path, what the server fails to answer, and what is done there first. */
const kShots = {
  explore: { path: '/search?last=1h', waitMs: 2500 },
  'explore-query': {
    path: `/search?last=1h&q=${encodeURIComponent('{ status = error && resource.service.name = "payments" }')}`,
    waitMs: 2500,
  },
  'explore-series': {
    path: `/search?last=2h&q=${encodeURIComponent('{ resource.service.name = "tickets" } | rate() by (span.k8s.node.name)')}`,
    waitMs: 2500,
    looks: kLight,
  },
  'explore-empty': {
    looks: kLight,
    path: `/search?q=${encodeURIComponent('{ name = "no such span" }')}`,
  },
  'explore-error': { looks: kLight, path: `/search?q=${encodeURIComponent('{ name = ')}` },
  differ: {
    waitMs: 2500,
    act: page => page.locator('.differ').scrollIntoViewIfNeeded(),
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
  'trace-missing': { path: `/trace/${'ab'.repeat(16)}`, looks: kLight },
  'trace-error': { path: kTrace, fails: '**/api/clew/v1/traces/**', looks: kLight },
  population: {
    path: `/population?lookback=3h&q=${encodeURIComponent('{ resource.service.name = "edge" }')}`,
  },
  'population-empty': {
    looks: kLight,
    path: `/population?q=${encodeURIComponent('{ name = "no such span" }')}`,
  },
  'population-error': { path: `/population?q=${encodeURIComponent('{ name = ')}`, looks: kLight },
  'compare-traces': { path: `/compare?a=${traces.ordinary}&b=${traces.failed}` },
  'compare-empty': { path: '/compare', looks: kLight },
  'compare-error': {
    path: `/compare?a=${'7'.repeat(32)}&b=${traces.ordinary}`,
    looks: kLight,
  },
  services: { path: '/services?lookback=3h' },
  'services-map': { path: '/services?lookback=3h&view=map&at=checkout', waitMs: 3000 },
  'services-calls': { path: '/services?lookback=3h&view=calls', looks: kLight },
  'services-empty': { path: '/services?start=1000000&end=2000000', looks: kLight },
  'services-error': { path: '/services', fails: '**/api/clew/v1/metrics?*', looks: kLight },
  service: { path: '/services/checkout?lookback=3h', waitMs: 2500 },
  'mesh-none': { path: '/mesh', looks: kLight },
  live: { path: '/live', waitMs: 6000 },
  'live-empty': { path: '/live?service=nobody', waitMs: 1500, looks: kLight },
  'live-error': { path: `/live?where=${encodeURIComponent('a =~ (')}`, looks: kLight },
  system: { path: '/system', waitMs: 15000 },
  'system-error': { path: '/system', fails: '**/api/clew/v1/system', looks: kLight },
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
    for (const look of shot.looks ?? Object.keys(looks)) await take(name, shot, look, looks[look]);
  }
} finally {
  await browser.close();
}
process.exitCode = failures === 0 ? 0 : 1;

async function take(name, { path, fails, act, narrow, waitMs = 600 }, look, media) {
  const page = await browser.newPage({
    viewport: narrow ? { width: 390, height: 780 } : kViewport,
    ...media,
  });
  const report = text => {
    if (!/status of (4|5)\d\d/.test(text)) console.log(`${name}-${look}: ${text}`);
  };
  page.on('console', message => message.type() === 'error' && report(message.text()));
  page.on('pageerror', error => report(error.stack));
  if (fails) await page.route(fails, route => route.fulfill(kBroken));
  try {
    await page.goto(kUrl + path);
    await page.locator('#main:not([aria-busy="true"])').waitFor({ timeout: 20_000 });
    await page.waitForTimeout(waitMs);
    await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"]'));
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
