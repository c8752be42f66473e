// Ends the build of the page: checks how much script the first look loads, compresses every file as far as it goes, and writes the licences of
// what is in the bundle.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const DIST = new URL('../dist/', import.meta.url).pathname;
const MOST_SCRIPT = 100 * 1024;

const manifest = JSON.parse(readFileSync(join(DIST, '.vite/manifest.json'), 'utf8'));

function loaded(entry, seen = new Set()) {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  for (const other of manifest[entry].imports ?? []) loaded(other, seen);
  return seen;
}

for (const entry of ['index.html', 'admin.html']) {
  const scripts = [...loaded(entry)].map((name) => manifest[name].file).filter((file) => file.endsWith('.js'));
  const size = scripts.reduce((sum, file) => sum + gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length, 0);
  console.log(`${entry}: ${(size / 1024).toFixed(1)} KiB of script, compressed, at the first look`);
  if (size > MOST_SCRIPT) {
    console.error(`That is more than ${MOST_SCRIPT / 1024} KiB.`);
    process.exit(1);
  }
}
rmSync(join(DIST, '.vite'), { recursive: true });

const lock = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const licences = [];
const told = new Set();
function licence(name) {
  if (told.has(name)) return;
  told.add(name);
  const folder = new URL(`../node_modules/${name}/`, import.meta.url).pathname;
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const text = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  licences.push(`${name} ${about.version} (${about.license})\n\n${text === undefined ? '' : readFileSync(join(folder, text), 'utf8').trim()}\n`);
  for (const other of Object.keys(about.dependencies ?? {})) licence(other);
}
Object.keys(lock.dependencies).sort().forEach(licence);
writeFileSync(join(DIST, 'web/licenses.txt'), licences.join('\n----------------------------------------\n\n'));

for (const file of readdirSync(DIST, { recursive: true })) {
  const path = join(DIST, file);
  if (!statSync(path).isFile()) continue;
  const content = readFileSync(path);
  const forms = {
    gz: gzipSync(content, { level: 9 }),
    br: brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
  };
  for (const [suffix, compressed] of Object.entries(forms)) {
    if (compressed.length < content.length * 0.95) writeFileSync(`${path}.${suffix}`, compressed);
  }
}
writeFileSync(join(DIST, '.built'), ''); // tells scripts that all of it is there, and since when
