#!/usr/bin/env node
// Holds the UI to its budget: what a browser loads before Explore shows anything, and all there is,
// compressed as the binary serves it. Builds into build/ui-size, a second or two.
// usage: tools/ui-size.mjs [--record]     --record writes what is now to ui/sizes.json, which only
//                                         serves to tell, past a limit, which file has grown
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const FIRST_LOAD_KB = 100; // a second at 800 kbit/s
const EVERYTHING_KB = 350;
const FIRST_PAGE = /path: \/\^\\\/search\b[^}]*?import\('\.\/([^']+)'\)/; // of ui/src/pages.ts

const repo = fileURLToPath(new URL('..', import.meta.url));
const dist = join(repo, 'build/ui-size');
const recordPath = join(repo, 'ui/sizes.json');

build();
const sizes = compressedSizes();
const first = firstLoad();
const everything = [...sizes.keys()];
if (process.argv.includes('--record')) {
  writeFileSync(recordPath, `${JSON.stringify(byName(everything), null, 2)}\n`);
}
const within = [
  holds('first load', first, FIRST_LOAD_KB),
  holds('everything', everything, EVERYTHING_KB),
];
process.exitCode = within.every(Boolean) ? 0 : 1;

function build() {
  const args = ['build', '--outDir', dist, '--emptyOutDir', '--logLevel', 'warn'];
  execFileSync('node', ['node_modules/vite/bin/vite.js', ...args, '--manifest', 'manifest.json'], {
    cwd: join(repo, 'ui'),
    stdio: 'inherit',
  });
}

/** File → bytes of it as brotli. */
function compressedSizes() {
  const files = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name !== 'manifest.json')
    .map(entry => join(entry.parentPath, entry.name));
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  return new Map(
    files.map(file => [
      file.slice(dist.length + 1),
      brotliCompressSync(readFileSync(file), { params }).length,
    ]),
  );
}

/** The files behind index.html and the first page: themselves and what they import statically. */
function firstLoad() {
  const manifest = JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8'));
  const page = FIRST_PAGE.exec(readFileSync(join(repo, 'ui/src/pages.ts'), 'utf8'))?.[1];
  const key = Object.keys(manifest).find(name => new RegExp(`^src/${page}\\.tsx?$`).test(name));
  if (!page || !key) throw new Error(`ui-size: where is the page of /search? (${page})`);
  const files = new Set(['index.html']);
  const seen = new Set();
  const visit = name => {
    if (seen.has(name)) return;
    seen.add(name);
    const { file, css = [], assets = [], imports = [] } = manifest[name];
    for (const each of [file, ...css, ...assets]) files.add(each);
    imports.forEach(visit);
  };
  visit('index.html');
  visit(key);
  return [...files];
}

/** Sizes by names without their hashes, which change with every edit. */
function byName(files) {
  const named = {};
  for (const file of [...files].sort()) {
    const name = file.replace(/-[\w-]{8}(\.\w+)$/, '$1');
    named[name] = (named[name] ?? 0) + sizes.get(file);
  }
  return named;
}

/** Whether `files` together fit; says so, and if they do not, which of them have grown. */
function holds(what, files, limitKb) {
  const bytes = files.reduce((sum, file) => sum + sizes.get(file), 0);
  const fits = bytes <= limitKb * 1000;
  console.log(`ui-size: ${what}: ${kb(bytes)} of ${limitKb} KB${fits ? '' : ': too large'}`);
  if (fits) return true;
  const before = JSON.parse(readFileSync(recordPath, 'utf8'));
  const rows = Object.entries(byName(files)).map(([name, now]) => [
    name,
    now,
    now - (before[name] ?? 0),
  ]);
  rows.sort((a, b) => b[2] - a[2] || b[1] - a[1]);
  for (const [name, now, grown] of rows) {
    const since = name in before ? `${grown < 0 ? '' : '+'}${kb(grown)} KB` : 'new';
    console.log(`  ${kb(now).padStart(7)} KB  ${since.padStart(10)}  ${name}`);
  }
  return false;
}

function kb(bytes) {
  return (bytes / 1000).toFixed(1);
}
