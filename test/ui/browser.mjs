// What the tests of the pages share: a browser, a page that reports every trouble, axe, pictures.
//
// Environment: CLEW_URL is the running clew; TRACES a JSON object of the traces that
// test/ui_traces.py has sent to it, by what is special about them; SCREENSHOT_DIR takes pictures;
// CHROMIUM is the browser's path.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';

const require = createRequire(new URL('../../ui/package.json', import.meta.url));
const { chromium } = require('playwright-core');

export const kUrl = (process.env.CLEW_URL ?? 'http://127.0.0.1:16686').replace(/\/$/, '');
const kShots = process.env.SCREENSHOT_DIR;
const kArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How long a page may take for what it does at once when nothing else runs. */
const kPatienceMs = 30_000;

/** Trace IDs by what is special about them: ordinary, failed, slow, linked, deep, wide, odd, sdk. */
export const traces = JSON.parse(process.env.TRACES ?? '{}');

/** A Chromium; the caller closes it. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: kArgs,
  });
}

/**
 * A fresh page before each test of the file, closed after it. A test fails if the browser had
 * anything to complain about that the test did not `expectTrouble` of: messages of the console,
 * exceptions, failed requests, requests to elsewhere, violations of the policy. Call it once, at
 * the top of the file; `tab.page` is Playwright's page of the test that runs.
 */
export function useTab(options = {}) {
  let browser;
  const tab = new Tab();
  before(async () => (browser = await launch()));
  after(() => browser?.close());
  beforeEach(() => tab.open(browser, options));
  afterEach(() => tab.close());
  return tab;
}

class Tab {
  page;
  #troubles = [];
  #expected = [];

  async open(browser, options) {
    this.#troubles = [];
    this.#expected = [];
    this.page = await browser.newPage({
      viewport: { width: 1440, height: 900 },
      colorScheme: 'light',
      ...options,
    });
    this.page.setDefaultTimeout(kPatienceMs);
    await watch(this.page, trouble => this.#troubles.push(trouble));
  }

  async close() {
    await this.page.close();
    this.noTroubles();
  }

  /** Troubles that match belong to this test: `tab.expectTrouble(/404/)`. */
  expectTrouble(pattern) {
    this.#expected.push(pattern);
  }

  /** For a test that wants to know earlier than at its end. */
  noTroubles() {
    const left = this.#troubles.filter(text => !this.#expected.some(like => like.test(text)));
    assert.deepEqual(left, []);
  }

  /** Goes to a path of the app and waits until `selector` is there. */
  async goto(path, selector) {
    await this.page.goto(kUrl + path);
    if (selector) await this.page.locator(selector).first().waitFor();
  }

  picture(name) {
    return picture(this.page, name);
  }

  noSeriousFindings(options) {
    return noSeriousFindings(this.page, options);
  }
}

/** Tells `report` each thing the browser complains about. */
async function watch(page, report) {
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') {
      report(`${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', error => report(String(error.stack)));
  page.on('requestfailed', request => {
    // Leaving a page cancels what it still asked for; that is no trouble.
    const why = request.failure()?.errorText;
    if (why !== 'net::ERR_ABORTED') report(`${request.url()}: ${why}`);
  });
  page.on('request', request => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== new URL(kUrl).origin && protocol !== 'data:' && protocol !== 'blob:')
      report(`a request to elsewhere: ${request.url()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', event =>
      console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
}

/** Takes a picture into SCREENSHOT_DIR, if there is one. */
export async function picture(page, name) {
  if (!kShots) return;
  mkdirSync(kShots, { recursive: true });
  await page.screenshot({ path: join(kShots, `${name}.png`) });
}

/**
 * What axe finds on the page as it is now must not be serious or critical. `within` is a selector
 * of the part to look at; `except` are selectors of parts to leave out, for which the caller has a
 * reason.
 */
export async function noSeriousFindings(page, { within, except = [] } = {}) {
  // Not as a script of the page, which its policy forbids.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource());
  const findings = await page.evaluate(
    async ([include, exclude]) => {
      const { violations } = await window.axe.run(
        { ...(include ? { include: [include] } : { include: [['html']] }), exclude },
        { resultTypes: ['violations'], preload: false },
      );
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) =>
          nodes.map(
            ({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`,
          ),
        );
    },
    [within, except.map(selector => [selector])],
  );
  assert.deepEqual(findings, []);
}

let axe;
function axeSource() {
  axe ??= readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
  return axe;
}

/**
 * Status, headers and text of a path. Not by `fetch`: Node's fails an assertion of its own where a server ends the connection
 * after a large answer, as a simple proxy does (nodejs/undici#5360).
 */
export function get(path) {
  return new Promise((resolve, reject) => {
    const request = httpGet(kUrl + path, async answer => {
      try {
        const text = Buffer.concat(await answer.toArray()).toString();
        resolve({ status: answer.statusCode, headers: answer.headers, text });
      } catch (error) {
        reject(error);
      }
    });
    request.on('error', reject);
  });
}

/** The JSON of a path that must answer 200. */
export async function fetchJson(path) {
  const { status, text } = await get(path);
  assert.equal(status, 200, path);
  return JSON.parse(text);
}

/** Sends spans to the clew behind the pages, as an SDK does: ResourceSpans of OTLP/JSON. */
export async function sendOtlp(resourceSpans) {
  const { receivers } = await fetchJson('/api/clew/v1/system');
  const { value } = receivers.find(({ name }) => name === 'otlp/http');
  const answer = await fetch(`http://${value}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans }),
  });
  assert.equal(answer.status, 200);
}

/**
 * Asks again and again until the answer is the expected one: a page answers a key within a frame or two, on a busy machine
 * later. `expected` may be a pattern; lists and objects are compared by what they hold.
 */
export async function soon(ask, expected) {
  const until = Date.now() + kPatienceMs;
  for (;;) {
    try {
      return check(await ask(), expected);
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }
}

function check(answer, expected) {
  if (expected instanceof RegExp) assert.match(answer, expected);
  else assert.deepEqual(answer, expected);
}
