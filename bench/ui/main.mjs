// The trace page with traces of 10,000, 100,000 and 1,000,000 spans, in Debian's Chromium without a GPU, 1600×900, from
// a clew on the same machine: first paint, frames per second while panning and zooming with every line in view, memory
// of the renderer above that of an empty page, and how long finding and folding take until they are seen.
//
//   node bench/ui/main.mjs [--spans 10000,100000] [--url URL --otlp URL]     else build/clew is started
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sendTrace } from './made_trace.mjs';

const require = createRequire(new URL('../../ui/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const kClew = process.env.CLEW ?? fileURLToPath(new URL('../../build/clew', import.meta.url));
const kFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--enable-unsafe-swiftshader',
  '--no-first-run',
  '--disable-background-networking',
];
const kRuns = 3;
const kMoveMs = 3000;
const kBars = { warm: 600, frames: 30, memory: 350 };

const { values: options } = parseArgs({
  options: {
    spans: { type: 'string', default: '10000,100000,1000000' },
    url: { type: 'string' },
    otlp: { type: 'string' },
  },
});

const server = options.url
  ? { url: options.url, otlp: options.otlp, stop() {} }
  : await startClew();
try {
  console.log(
    `${cpus().length} cores, ${cpus()[0].model}; Chromium ${kFlags.slice(1, 3).join(' ')}`,
  );
  const emptyMib = await emptyPage();
  for (const spans of options.spans.split(',').map(Number)) {
    const traceId = await sendTrace(server.otlp, spans);
    print(spans, await measure(`${server.url}/trace/${traceId}`, emptyMib));
  }
} finally {
  server.stop();
}

async function startClew() {
  const data = mkdtempSync(join(tmpdir(), 'clew-bench-ui-'));
  const [http, otlp] = [26186, 26118];
  const off = [
    'otlp-grpc',
    'zipkin',
    'jaeger-query-grpc',
    'jaeger-storage-grpc',
    'tempo-query',
    'tempo-query-grpc',
  ];
  const child = spawn(kClew, [
    'all-in-one',
    ...['--data', data, '--http', `127.0.0.1:${http}`, '--otlp-http', `127.0.0.1:${otlp}`],
    ...off.flatMap(name => [`--${name}`, 'off']),
  ]);
  let log = '';
  child.stderr.on('data', text => (log += text));
  const url = `http://127.0.0.1:${http}`;
  const stop = () => {
    child.kill();
    rmSync(data, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error(`clew ended: ${log}`);
    if (
      await fetch(`${url}/ready`).then(
        answer => answer.ok,
        () => false,
      )
    ) {
      return { url, otlp: `http://127.0.0.1:${otlp}`, stop };
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  stop();
  throw new Error(`clew is not ready: ${log}`);
}

function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: kFlags,
  });
}

async function emptyPage() {
  const browser = await launch();
  const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
  await page.goto('about:blank');
  await page.waitForTimeout(500);
  const mib = renderersMib(process.pid);
  await browser.close();
  return mib;
}

async function measure(url, emptyMib) {
  const browser = await launch();
  const context = await browser.newContext({ viewport: { width: 1600, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(watchPictures);
  const serverMs = await timeOf(() =>
    fetch(`${url.replace('/trace/', '/api/clew/v1/traces/')}/columns`).then(answer =>
      answer.arrayBuffer(),
    ),
  );
  const coldMs = await firstPaint(page, `${url}?face=waterfall`);
  const warm = [];
  for (let run = 0; run < kRuns; run++) warm.push(await firstPaint(page, `${url}?face=waterfall`));
  const [shellMs] = [await firstPaint(page, url)];
  await firstPaint(page, `${url}?face=waterfall`);
  const timesMs = {};
  timesMs.find = await until(page, () => window.typeQuery('service=db'));
  timesMs.unfind = await until(page, () => window.typeQuery(''));
  timesMs.apart = await until(page, () => window.press('x'));
  timesMs.collapse = await until(page, () => window.press(']'));
  timesMs.expand = await until(page, () => window.press('['));
  timesMs.fit = await until(page, () => window.press('z'));
  // Equal siblings are folded in huge traces only: now every span has a line, and all of them are in view.
  if (Number(await page.locator('[role=treegrid]').getAttribute('aria-rowcount')) < 10_000)
    timesMs.apart = await until(page, () => window.press('x'));
  const moves = await page.evaluate(moveAbout, kMoveMs);
  const mib = renderersMib(process.pid) - emptyMib;
  await browser.close();
  return { serverMs, coldMs, warmMs: median(warm), shellMs, timesMs, moves, mib };
}

async function firstPaint(page, url) {
  await page.goto('about:blank');
  await page.goto(url, { waitUntil: 'commit' });
  await page.waitForFunction(() => window.firstPicture > 0, null, {
    timeout: 120_000,
    polling: 20,
  });
  return page.evaluate(() => window.firstPicture);
}

/** Milliseconds until what `act` does is seen in a picture of the lines. */
async function until(page, act) {
  await page.waitForTimeout(500);
  await page.evaluate(() => (window.pictures = []));
  const began = await page.evaluate(
    `(() => { const began = performance.now(); (${act})(); return began; })()`,
  );
  const first = began => window.pictures.find(time => time >= began);
  await page.waitForFunction(first, began, { polling: 20 });
  return (await page.evaluate(first, began)) - began;
}

/** In the page: notes when pictures of the waterfall are put, and when the first was on the screen. */
function watchPictures() {
  window.firstPicture = 0;
  window.pictures = [];
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...args) {
    put.apply(this, args);
    const isMap = this.canvas.closest('.minimap') !== null;
    if (!isMap) window.pictures.push(performance.now());
    // Painted with the frame that follows.
    if (window.firstPicture === 0 && (!isMap || !location.search.includes('waterfall')))
      requestAnimationFrame(() => setTimeout(() => (window.firstPicture ||= performance.now())));
  };
  window.press = key =>
    document
      .querySelector('[role="row"][tabindex="0"]')
      .dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  window.typeQuery = text => {
    const input = document.querySelector('.find-input input');
    input.value = text;
    input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  };
}

/** In the page: turns the wheel in every frame, zooming in, panning, zooming out; what was drawn meanwhile. */
async function moveAbout(lengthMs) {
  const box = document.querySelector('.waterfall');
  const { left, top, width, height } = box.getBoundingClientRect();
  const frames = [];
  window.pictures = [];
  const began = performance.now();
  for (let now = began; now - began < lengthMs;) {
    now = await new Promise(resolve => requestAnimationFrame(resolve));
    frames.push(now);
    const phase = ((now - began) / 600) % 3;
    const at = {
      clientX: left + width * 0.6,
      clientY: top + height / 2,
      bubbles: true,
      cancelable: true,
    };
    if (phase < 1)
      box.dispatchEvent(new WheelEvent('wheel', { ...at, deltaY: -24, ctrlKey: true }));
    else if (phase < 2)
      box.dispatchEvent(new WheelEvent('wheel', { ...at, deltaX: phase < 1.5 ? 20 : -20 }));
    else box.dispatchEvent(new WheelEvent('wheel', { ...at, deltaY: 24, ctrlKey: true }));
  }
  const gaps = times =>
    times
      .slice(1)
      .map((time, i) => time - times[i])
      .sort((a, b) => a - b);
  const p95 = sorted => sorted[Math.floor(sorted.length * 0.95)];
  const rasters = performance
    .getEntriesByName('raster rows')
    .slice(-50)
    .map(entry => entry.duration);
  return {
    picturesPerSecond: (window.pictures.length * 1000) / lengthMs,
    pictureP95Ms: p95(gaps(window.pictures)),
    framesPerSecond: (frames.length * 1000) / lengthMs,
    frameP95Ms: p95(gaps(frames)),
    rasterMs: rasters.sort((a, b) => a - b)[Math.floor(rasters.length / 2)],
  };
}

async function timeOf(act) {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

/** Memory of all renderers below a process: what is theirs, and their share of what they share. */
function renderersMib(root) {
  const parents = new Map();
  for (const name of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const isBelow = pid => pid === root || (parents.has(pid) && pid > 1 && isBelow(parents.get(pid)));
  let kib = 0;
  for (const pid of parents.keys()) {
    try {
      if (!isBelow(pid)) continue;
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer')) continue;
      kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);
    } catch {
      // As above.
    }
  }
  return kib / 1024;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function print(spans, { serverMs, coldMs, warmMs, shellMs, timesMs, moves, mib }) {
  const ms = value => `${Math.round(value)} ms`;
  const bar = (met, text) => `${text} (bar ${met ? 'met' : 'MISSED'})`;
  console.log(`\n${spans.toLocaleString('en')} spans`);
  const lines = {
    'the server alone, columns as they are': ms(serverMs),
    'first paint of the waterfall, cold': ms(coldMs),
    'the same, warm': bar(warmMs <= kBars.warm, `${ms(warmMs)}, at most ${kBars.warm}`),
    'first paint of the page as it opens, warm': ms(shellMs),
    'pictures a second, panning and zooming': bar(
      moves.picturesPerSecond >= kBars.frames,
      `${moves.picturesPerSecond.toFixed(1)}, 95 % within ${ms(moves.pictureP95Ms)}; at least ${kBars.frames}`,
    ),
    'frames of the page meanwhile': `${moves.framesPerSecond.toFixed(1)}, 95 % within ${ms(moves.frameP95Ms)}`,
    'one picture takes the worker': `${moves.rasterMs.toFixed(1)} ms`,
    'renderer above an empty page': bar(
      mib <= kBars.memory,
      `${Math.round(mib)} MiB, at most ${kBars.memory}`,
    ),
    'until it is seen': Object.entries(timesMs)
      .map(([what, value]) => `${what} ${ms(value)}`)
      .join(', '),
  };
  for (const [what, value] of Object.entries(lines)) console.log(`  ${what.padEnd(44)} ${value}`);
}
