// Operation, in a real browser against the real server.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, open, SHOTS } from './browser.mjs';
import { DEMO, Gufo } from './gufo.mjs';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core')), 'utf8');
let browser;
let gufo;
let admin;
let opened = [];

before(async () => {
  browser = await launch();
  gufo = new Gufo();
  admin = await gufo.key('--name', 'root', '--admin');
  await gufo.start(['--heartbeat', '1s']);
});
after(async () => {
  await browser?.close();
  await gufo?.stop();
});
afterEach(async () => {
  for (const { context } of opened) await context.close();
  opened = [];
});

/** The page with an administrator's key. */
async function operation(options, hash = '', url = gufo.url, key = admin) {
  const all = await open(browser, `${url}admin${hash}`, options);
  opened.push(all);
  await all.page.getByLabel('Key', { exact: true }).fill(key);
  await all.page.getByRole('button', { name: 'Use this key' }).click();
  await all.page.getByText('live', { exact: true }).waitFor();
  return all;
}

async function accessible(page, what) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  assert.deepEqual(serious.map(({ id, nodes }) => `${what}: ${id} ${nodes.map(({ html }) => html).join(' ')}`), []);
}

/** Asks the API, as a script would. */
function ask(path, key, body) {
  return fetch(new URL(path, gufo.url), {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

test('a model is loaded and unloaded, and the page follows', async () => {
  const { page, faults } = await operation();
  const row = page.getByRole('row', { name: /all-minilm/ });
  await row.getByText(/would take \d+ MiB/).waitFor();
  await row.getByText('fits', { exact: true }).waitFor();
  await row.getByRole('button', { name: 'Load all-minilm-l6-v2' }).click();
  await row.getByRole('button', { name: 'Unload all-minilm-l6-v2' }).waitFor();
  await row.getByText('loaded', { exact: true }).waitFor();
  await row.getByRole('button', { name: 'Pin all-minilm-l6-v2' }).click();
  await row.getByText('loaded, pinned').waitFor();
  await row.getByRole('button', { name: 'Unpin all-minilm-l6-v2' }).click();
  await row.getByText('loaded', { exact: true }).waitFor();
  await page.getByRole('region', { name: 'Gaps and caches' }).getByText(/ of .* MiB/).first().waitFor();
  await accessible(page, 'now');
  await page.screenshot({ path: `${SHOTS}/operation.png` });
  await row.getByRole('button', { name: 'Unload all-minilm-l6-v2' }).click();
  await row.getByText('not loaded').waitFor();
  assert.equal((await (await ask('v1/models/all-minilm-l6-v2', admin)).json()).status, 'available');
  assert.deepEqual(faults, []);
});

test('what runs is seen while it runs', async () => {
  const { page, faults } = await operation();
  const body = { messages: [{ role: 'user', content: 'Hi' }], stream: true, ignore_eos: true, seed: 1 };
  const streams = [new AbortController(), new AbortController()];
  for (const { signal } of streams) {
    fetch(new URL('v1/chat/completions', gufo.url), { method: 'POST', headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' }, body: JSON.stringify(body), signal })
      .then((response) => response.text())
      .catch(() => {});
  }
  await page.getByRole('region', { name: 'Running requests' }).getByText('root').first().waitFor();
  await page.waitForFunction(() => Number(document.querySelectorAll('.tile .figure')[2]?.textContent) > 0);
  await page.getByRole('list', { name: 'Requests by key' }).getByText('2 running').waitFor();
  const flow = page.getByRole('region', { name: 'Gaps and caches' }).getByRole('row', { name: /demo-chat/ });
  await flow.getByText(/gaps in the last minute/).waitFor();
  assert.match(await flow.innerText(), /\d ms[\s\S]*200 ms/);
  await page.screenshot({ path: `${SHOTS}/running.png` });
  streams.forEach((stream) => stream.abort());
  await page.getByText('Nothing runs.').waitFor();
  assert.deepEqual(faults, []);
});

test('a key is made, shown once, used, limited and revoked', async () => {
  const { page, faults } = await operation({}, '#keys');
  page.on('dialog', (dialog) => void dialog.accept());
  await page.getByRole('button', { name: 'Make a key' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('laptop');
  await page.getByRole('textbox', { name: 'Models' }).fill('demo-*');
  await page.getByLabel('Requests a minute').fill('20');
  await accessible(page, 'make a key');
  await page.screenshot({ path: `${SHOTS}/make-key.png` });
  await page.getByRole('button', { name: 'Make it' }).click();
  const key = await page.locator('.secret code').innerText();
  assert.match(key, /^gufo_/);
  await page.keyboard.press('Escape');
  const row = page.getByRole('row', { name: /laptop/ });
  assert.match(await row.innerText(), /demo-\*[\s\S]*requests per minute: 20/);
  assert.equal(await page.getByText(key).count(), 0);
  const told = await (await ask('v1/models', key)).json();
  assert.deepEqual(told.data.map(({ id }) => id), ['demo-chat']);
  const answer = await ask('v1/chat/completions', key, { messages: [{ role: 'user', content: 'Hi' }] });
  assert.equal(answer.headers.get('x-ratelimit-limit-requests'), '20');
  await row.getByRole('button', { name: 'Revoke laptop' }).click();
  await row.waitFor({ state: 'detached' });
  assert.equal((await ask('v1/models', key)).status, 401);
  await page.getByLabel('revoked ones too').check();
  await page.getByRole('row', { name: /laptop[\s\S]*revoked/ }).waitFor();
  await page.screenshot({ path: `${SHOTS}/keys.png` });
  await accessible(page, 'keys');
  assert.deepEqual(faults, []);
});

test('usage is plotted and saved, and the last requests are listed', async () => {
  await (await ask('v1/chat/completions', admin, { messages: [{ role: 'user', content: 'What is the capital of France?' }] })).text();
  const { page, faults } = await operation({}, '#usage');
  await page.locator('.plot canvas').waitFor();
  await page.getByRole('row', { name: /^demo-chat/ }).waitFor();
  await page.getByLabel('Told apart').selectOption('key');
  await page.getByRole('row', { name: /^root/ }).waitFor();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'CSV' }).click();
  assert.match(readFileSync(await (await download).path(), 'utf8'), /^day,key_id,key_name,requests/);
  await accessible(page, 'usage');
  await page.screenshot({ path: `${SHOTS}/usage.png` });
  await page.getByRole('link', { name: 'Requests' }).click();
  await page.getByRole('row', { name: /root demo-chat chat\/completions/ }).first().waitFor();
  await page.getByLabel('How they ended').selectOption('failed');
  await page.getByText('There are none.').waitFor();
  await page.getByLabel('How they ended').selectOption('');
  await page.getByRole('row', { name: /demo-chat/ }).first().waitFor();
  await accessible(page, 'requests');
  await page.screenshot({ path: `${SHOTS}/requests.png` });
  await page.getByRole('link', { name: 'Connect' }).click();
  await page.getByRole('button', { name: 'Agents' }).click();
  await page.getByText('~/.claude/settings.json').waitFor();
  assert.match(await page.locator('.code code').first().innerText(), /gufo connect claude --url http:\/\/127.0.0.1:\d+ --model demo-chat/);
  assert.match(await page.locator('.code code').nth(1).innerText(), /"ANTHROPIC_AUTH_TOKEN" : "YOUR_API_KEY"[\s\S]*"ANTHROPIC_MODEL" : "demo-chat"/);
  await accessible(page, 'connect');
  await page.getByRole('button', { name: 'Codex' }).click();
  await page.getByText('~/.codex/config.toml').waitFor();
  await page.screenshot({ path: `${SHOTS}/connect-agents.png` });
  assert.deepEqual(faults, []);
});

test('batches of everyone are seen, stopped and saved', async () => {
  const user = await gufo.key('--name', 'nightly');
  const request = (id, limit) => ({ custom_id: id, params: { model: 'demo-chat', max_tokens: limit, messages: [{ role: 'user', content: 'Tell me about owls.' }] } });
  const make = async (requests) => (await (await ask('v1/messages/batches', user, { requests })).json()).id;
  const { page, faults } = await operation({}, '#batches');
  page.on('dialog', (dialog) => void dialog.accept());
  await page.getByText('There are none.').waitFor();
  const small = await make([request('good', 8), request('bad', -1)]);
  const row = page.getByRole('row', { name: small });
  await row.getByText('completed', { exact: true }).waitFor();
  assert.match(await row.innerText(), /nightly[\s\S]*demo-chat[\s\S]*1 of 2/);
  const download = page.waitForEvent('download');
  await row.getByRole('button', { name: 'Save the errors' }).click();
  assert.match(readFileSync(await (await download).path(), 'utf8'), /"custom_id":"bad"/);
  const large = await make(Array.from({ length: 2000 }, (_, i) => request(`r${i}`, 500)));
  const runs = page.getByRole('row', { name: large });
  await runs.getByText('runs', { exact: true }).waitFor();
  await accessible(page, 'batches');
  await page.screenshot({ path: `${SHOTS}/batches.png` });
  await runs.getByRole('button', { name: 'Cancel' }).click();
  await runs.getByText('cancelled', { exact: true }).waitFor();
  await page.getByLabel('Which ones').selectOption('open');
  await page.getByText('There are none.').waitFor();
  assert.deepEqual(faults, []);
});

test('kept responses of everyone are counted and deleted, without a word of what they say', async () => {
  const user = await gufo.key('--name', 'writer');
  const made = await (await ask('v1/responses', user, { input: 'A secret question', max_output_tokens: 8 })).json();
  const { page, faults } = await operation({}, '#responses');
  page.on('dialog', (dialog) => void dialog.accept());
  const row = page.getByRole('row', { name: made.id });
  await row.getByText('writer').waitFor();
  await page.getByText(/1 response \(.* of 1\.0 GiB/).waitFor();
  assert.equal(await page.getByText('secret').count(), 0);
  await accessible(page, 'responses');
  await page.screenshot({ path: `${SHOTS}/responses.png` });
  await page.getByLabel('only those that are still made').check();
  await page.getByText('None is being made in the background.').waitFor();
  await page.getByLabel('only those that are still made').uncheck();
  await row.getByRole('button', { name: 'Delete' }).click();
  await row.waitFor({ state: 'detached' });
  assert.equal((await ask(`v1/responses/${made.id}`, user)).status, 404);
  assert.deepEqual(faults, []);
});

test('the doctor says what it found on this machine', async () => {
  const { page, faults } = await operation({}, '#doctor');
  await page.getByText('Serving works.').waitFor();
  assert.match(await page.getByRole('main').innerText(), /Gufo \d+\.\d+\.\d+[\s\S]*Platform\s+linux/);
  await page.getByText(/^Libraries for cpu/).click();
  await page.getByText(/libllama/).first().waitFor();
  await page.getByRole('button', { name: 'Look again' }).click();
  await page.getByRole('button', { name: 'Looking …' }).waitFor();
  await page.getByRole('button', { name: 'Look again' }).waitFor();
  await accessible(page, 'doctor');
  await page.screenshot({ path: `${SHOTS}/doctor.png` });
  assert.deepEqual(faults, []);
});

test('a model is downloaded with progress, and served without a restart', async () => {
  const file = readFileSync(DEMO);
  let goOn;
  const held = new Promise((resolve) => {
    goOn = resolve;
  });
  const hub = createServer(async (request, response) => {
    if (request.url.startsWith('/api/models/maker/owls/tree/main')) {
      response.end(JSON.stringify([{ type: 'file', path: 'barn-Q8_0.gguf', size: file.length }]));
    } else if (request.url.startsWith('/api/models/Qwen/Qwen3-0.6B-GGUF/tree/main')) {
      response.end(JSON.stringify([{ type: 'file', path: 'Qwen3-0.6B-Q8_0.gguf', size: file.length }]));
    } else if (request.url.endsWith('Qwen3-0.6B-Q8_0.gguf')) {
      response.writeHead(200, { 'Content-Length': file.length });
      response.end(file);
    } else if (request.url.endsWith('barn-Q8_0.gguf')) {
      response.writeHead(200, { 'Content-Length': file.length });
      response.write(file.subarray(0, file.length / 2));
      await held;
      response.end(file.subarray(file.length / 2));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => hub.listen(0, '127.0.0.1', resolve));
  const own = new Gufo();
  try {
    const key = await own.key('--name', 'root', '--admin');
    const models = join(own.data, 'models');
    mkdirSync(models);
    copyFileSync(DEMO, join(models, 'demo-chat.gguf'));
    await own.start(['--heartbeat', '1s'], 0, { models, environment: { HF_ENDPOINT: `http://127.0.0.1:${hub.address().port}` } });
    const { page, faults } = await operation({}, '', own.url, key);
    await page.getByLabel('Model on Hugging Face').fill('https://example.com/x.gguf');
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    await page.getByText('must be hf:OWNER/REPO').waitFor();
    await page.getByLabel('Model on Hugging Face').fill('hf:maker/owls');
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    const row = page.getByRole('list', { name: 'Downloads' }).getByRole('listitem').first();
    await row.getByText(/ of 10\.9 MiB/).waitFor();
    await page.screenshot({ path: `${SHOTS}/download.png`, fullPage: true });
    await accessible(page, 'download');
    goOn();
    await row.getByText('is there').waitFor();
    await page.getByRole('row', { name: /barn-/i }).getByText('fits', { exact: true }).waitFor();
    const suggested = page.getByRole('row', { name: /^Qwen3 0\.6B/ });
    const larger = page.getByRole('button', { name: /that are too large/ });
    if ((await larger.count()) > 0) await larger.click();
    assert.match(await suggested.innerText(), /0\.6B parameters · Apache 2\.0[\s\S]*609\.8 MiB|610 MiB/);
    await suggested.getByRole('button', { name: 'Download Qwen3 0.6B' }).click();
    await suggested.getByText('is there').waitFor();
    await page.getByLabel('Model on Hugging Face').fill('hf:maker/nothing');
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    await row.getByText('failed').waitFor();
    assert.deepEqual(faults, []);
  } finally {
    goOn();
    await own.stop();
    hub.closeAllConnections();
    hub.close();
  }
});

test('where operation has a port of its own, it works there and asks for the address of the API', async () => {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  const own = new Gufo();
  try {
    const key = await own.key('--name', 'root', '--admin');
    await own.start(['--admin', String(port), '--heartbeat', '1s']);
    const { page, faults } = await operation({}, '#batches', `http://127.0.0.1:${port}/`, key);
    await page.getByText('There are none.').waitFor();
    await page.getByRole('link', { name: 'Connect' }).click();
    await page.getByLabel('Address of the API').fill(own.url);
    await page.getByText(`${own.url}v1`, { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Agents' }).click();
    await page.getByText('~/.claude/settings.json').waitFor();
    assert.ok((await page.locator('.code code').nth(1).innerText()).includes(`"ANTHROPIC_BASE_URL" : "${own.url.replace(/\/$/, '')}"`));
    assert.deepEqual(faults, []);
  } finally {
    await own.stop();
  }
});

test('who is no administrator is told what is needed', async () => {
  const key = await gufo.key('--name', 'user');
  const all = await open(browser, `${gufo.url}admin`);
  opened.push(all);
  await all.page.getByLabel('Key', { exact: true }).fill(key);
  await all.page.getByRole('button', { name: 'Use this key' }).click();
  await all.page.getByText('not an administrator').first().waitFor();
  assert.deepEqual(all.faults, []);
});

test('operation fits a phone, and is live again after a restart', async () => {
  const { page, faults } = await operation({ viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true, colorScheme: 'dark' });
  await page.getByText('Nothing runs.').waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await accessible(page, 'phone');
  await page.screenshot({ path: `${SHOTS}/operation-phone.png` });
  for (const tab of ['Requests', 'Batches', 'Responses', 'Keys', 'Usage', 'Doctor', 'Connect']) {
    await page.getByRole('link', { name: tab }).click();
    await page.getByRole('heading', { name: `Operation: ${tab}` }).waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), tab);
    await accessible(page, `${tab} on a phone`);
  }
  await page.getByRole('link', { name: 'Now' }).click();
  await gufo.kill();
  await page.getByText('not connected').waitFor();
  await gufo.start(['--heartbeat', '1s'], gufo.port);
  await page.getByText('live', { exact: true }).waitFor();
  assert.deepEqual(faults, []);
});
