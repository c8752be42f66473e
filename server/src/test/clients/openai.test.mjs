// The npm package openai against a running Gufo with the demo model.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI, { toFile } from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import {
  all, apiKey, baseURL, calculatorTool, cosine, embeddingModel, france, model, oslo, parisAnswer, sunny, tooLong, weatherTool,
} from './demo.mjs';

const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const chat = client.chat.completions;
const ask = (fields) => chat.create({ model, temperature: 0, messages: [france], ...fields });
const stream = (fields) => chat.stream({ model, temperature: 0, messages: [france], ...fields });
const person = z.object({ name: z.string(), age: z.number().int().min(0).max(150), city: z.string().nullable() });
const emma = { role: 'user', content: 'Give me name, age as a JSON object: Emma is 31 years old and lives in Vienna.' };

test('a chat is answered', async () => {
  const answer = await ask();
  assert.equal(answer.object, 'chat.completion');
  assert.equal(answer.model, model);
  assert.deepEqual(answer.choices[0].message, { role: 'assistant', content: parisAnswer, refusal: null });
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
});

test('a stream has the same text and usage', async () => {
  const answer = await ask();
  const streamed = stream({ stream_options: { include_usage: true } });
  const texts = [];
  streamed.on('content', (delta) => texts.push(delta));
  const whole = await streamed.finalChatCompletion();
  assert.equal(texts.join(''), parisAnswer);
  assert.equal(whole.choices[0].message.content, parisAnswer);
  assert.equal(whole.choices[0].finish_reason, 'stop');
  const { prompt_tokens, completion_tokens, total_tokens } = answer.usage;
  const { prompt_tokens: p, completion_tokens: c, total_tokens: t } = whole.usage;
  assert.deepEqual([p, c, t], [prompt_tokens, completion_tokens, total_tokens]);
});

test('only the last chunk tells the usage, and only if it is asked for', async () => {
  const chunks = await all(await ask({ stream: true, stream_options: { include_usage: true } }));
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.ok(chunks.at(-1).usage.total_tokens > 0);
  assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null && chunk.choices.length === 1));
  const without = await all(await ask({ stream: true }));
  assert.ok(without.every((chunk) => !('usage' in chunk) && chunk.choices.length === 1));
  assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
});

test('a system message is followed, whole and streamed', async () => {
  const messages = [{ role: 'system', content: "Always end with 'over.'" }, { role: 'user', content: 'What color is grass?' }];
  assert.equal((await ask({ messages })).choices[0].message.content, 'Grass is green. over.');
  assert.equal(await stream({ messages }).finalContent(), 'Grass is green. over.');
});

test('n choices come, whole and streamed', async () => {
  const fields = { n: 3, temperature: 1.5, seed: 5, max_completion_tokens: 12, messages: [{ role: 'user', content: 'Tell me a story.' }] };
  const answer = await ask(fields);
  assert.deepEqual(answer.choices.map((choice) => choice.index), [0, 1, 2]);
  const texts = answer.choices.map((choice) => choice.message.content);
  assert.ok(new Set(texts).size > 1, texts);
  const whole = await stream(fields).finalChatCompletion();
  assert.deepEqual(whole.choices.map((choice) => choice.message.content), texts);
  assert.deepEqual(whole.choices.map((choice) => choice.finish_reason), answer.choices.map((choice) => choice.finish_reason));
});

test('a stop text ends the answer and does not show', async () => {
  for (const stop of ['Paris', [' Paris', 'Rome']]) {
    const expected = parisAnswer.split([stop].flat()[0])[0];
    assert.equal((await ask({ stop })).choices[0].message.content, expected);
    assert.equal(await stream({ stop }).finalContent(), expected);
  }
});

test('max_completion_tokens cuts, and the reason says so', async () => {
  const answer = await ask({ max_completion_tokens: 2 });
  assert.equal(answer.choices[0].finish_reason, 'length');
  assert.equal(answer.usage.completion_tokens, 2);
  const chunks = await all(await ask({ max_completion_tokens: 2, stream: true }));
  assert.equal(chunks.at(-1).choices[0].finish_reason, 'length');
});

test('the same seed gives the same text', async () => {
  const fields = { temperature: 1.3, seed: 42, max_completion_tokens: 30, messages: [{ role: 'user', content: 'Tell me a story.' }] };
  const first = (await ask(fields)).choices[0].message.content;
  const others = await Promise.all([ask(fields), ask({ ...fields, seed: 43 }), ask(fields)]);
  assert.equal(others[0].choices[0].message.content, first);
  assert.equal(others[2].choices[0].message.content, first);
  assert.equal(await stream(fields).finalContent(), first);
});

test('logprobs add up to the text, whole and streamed', async () => {
  const fields = { logprobs: true, top_logprobs: 3 };
  const { logprobs, message } = (await ask(fields)).choices[0];
  const bytes = Buffer.from(logprobs.content.flatMap((token) => token.bytes));
  assert.equal(bytes.toString('utf8'), message.content);
  for (const token of logprobs.content) {
    assert.equal(token.top_logprobs.length, 3);
    assert.equal(token.top_logprobs[0].token, token.token);
    assert.equal(token.top_logprobs[0].logprob, token.logprob);
    assert.ok(token.logprob <= 0 && token.top_logprobs[0].logprob >= token.top_logprobs[1].logprob);
    assert.ok(token.top_logprobs.reduce((sum, top) => sum + Math.exp(top.logprob), 0) <= 1.001);
  }
  const whole = await stream(fields).finalChatCompletion();
  const near = (tokens) => tokens.map((token) => [token.token, Math.round(token.logprob * 100)]);
  assert.deepEqual(near(whole.choices[0].logprobs.content), near(logprobs.content));
});

test('JSON mode gives a JSON object', async () => {
  const fields = { response_format: { type: 'json_object' }, max_completion_tokens: 200, messages: [emma] };
  assert.equal(JSON.parse((await ask(fields)).choices[0].message.content).name, 'Emma');
  assert.equal(JSON.parse(await stream(fields).finalContent()).name, 'Emma');
});

test('a zod schema is parsed by the SDK, whole and streamed', async () => {
  const fields = { model, temperature: 0, messages: [emma], response_format: zodResponseFormat(person, 'person') };
  const { parsed } = (await chat.parse(fields)).choices[0].message;
  assert.equal(parsed.name, 'Emma');
  assert.equal(parsed.age, 31);
  const streamed = chat.stream(fields);
  const whole = await streamed.finalChatCompletion();
  assert.deepEqual(whole.choices[0].message.parsed, parsed);
});

test('a tool is called if it is needed and left alone if not', async () => {
  const tools = [weatherTool, calculatorTool];
  const { message, finish_reason } = (await ask({ messages: [oslo], tools })).choices[0];
  assert.equal(finish_reason, 'tool_calls');
  assert.equal(message.content, null);
  assert.equal(message.tool_calls.length, 1);
  assert.equal(message.tool_calls[0].type, 'function');
  assert.equal(message.tool_calls[0].function.name, 'get_weather');
  assert.deepEqual(JSON.parse(message.tool_calls[0].function.arguments), { city: 'Oslo' });
  const hello = await ask({ messages: [{ role: 'user', content: 'Hello' }], tools: [weatherTool] });
  assert.equal(hello.choices[0].message.content, 'Hello! How can I help you today?');
  assert.equal(hello.choices[0].finish_reason, 'stop');
});

test('streamed tool calls add up in the accumulator', async () => {
  const streamed = stream({ messages: [oslo], tools: [weatherTool, calculatorTool] });
  const deltas = [];
  const done = [];
  streamed.on('tool_calls.function.arguments.delta', (event) => deltas.push(event.arguments_delta));
  streamed.on('tool_calls.function.arguments.done', (event) => done.push(event));
  const whole = await streamed.finalChatCompletion();
  const [call] = whole.choices[0].message.tool_calls;
  assert.equal(whole.choices[0].finish_reason, 'tool_calls');
  assert.match(call.id, /^.{6,}$/);
  assert.equal(call.function.name, 'get_weather');
  assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Oslo' });
  assert.equal(deltas.join(''), call.function.arguments);
  assert.deepEqual(done.map((event) => [event.index, event.name]), [[0, 'get_weather']]);
});

test('tool_choice is obeyed, whole and streamed', async () => {
  const tools = [weatherTool, calculatorTool];
  const hello = [{ role: 'user', content: 'Hello' }];
  const answers = async (fields) => [
    (await ask(fields)).choices[0],
    (await stream(fields).finalChatCompletion()).choices[0],
  ];
  for (const choice of await answers({ messages: hello, tools, tool_choice: 'required', max_completion_tokens: 300 })) {
    assert.ok(choice.message.tool_calls.length >= 1);
    assert.ok(['get_weather', 'calculator'].includes(choice.message.tool_calls[0].function.name));
  }
  const named = { type: 'function', function: { name: 'calculator' } };
  for (const choice of await answers({ messages: [oslo], tools, tool_choice: named, max_completion_tokens: 300 })) {
    assert.deepEqual(choice.message.tool_calls.map((call) => call.function.name), ['calculator']);
    assert.equal(typeof JSON.parse(choice.message.tool_calls[0].function.arguments).expression, 'string');
  }
  for (const choice of await answers({ messages: [oslo], tools, tool_choice: 'none', max_completion_tokens: 50 })) {
    assert.ok(!choice.message.tool_calls?.length);
    assert.notEqual(choice.finish_reason, 'tool_calls');
  }
});

test("the SDK's tool runner goes from the question over the call to the answer", async () => {
  const asked = [];
  const runTool = {
    type: 'function',
    function: {
      ...weatherTool.function,
      parse: JSON.parse,
      function: ({ city }) => {
        asked.push(city);
        return sunny(city);
      },
    },
  };
  const fields = { model, temperature: 0, messages: [{ role: 'user', content: 'What is the weather in Rome?' }], tools: [runTool] };
  assert.equal(await chat.runTools(fields).finalContent(), 'It is 21 degrees and sunny in Rome.');
  assert.equal(await chat.runTools({ ...fields, stream: true }).finalContent(), 'It is 21 degrees and sunny in Rome.');
  assert.deepEqual(asked, ['Rome', 'Rome']);
});

test('arguments of a strict zod function are parsed by the SDK', async () => {
  const tool = zodFunction({ name: 'book_table', description: 'Book a table',
    parameters: z.object({ name: z.string(), count: z.number().int(), urgent: z.boolean() }) });
  const messages = [{ role: 'user', content: 'Please book a table with name Clara and count 4 and urgent true.' }];
  const answer = await chat.parse({ model, temperature: 0, messages, tools: [tool] });
  assert.deepEqual(answer.choices[0].message.tool_calls[0].function.parsed_arguments, { name: 'Clara', count: 4, urgent: true });
});

test("errors arrive as the SDK's own classes, whole and streamed", async () => {
  const both = async (fields, check) => {
    await assert.rejects(() => ask(fields), check);
    await assert.rejects(() => ask({ ...fields, stream: true }), check);
  };
  await both({ model: 'owl' }, (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found');
  await both({ temperature: 7 }, (error) => error instanceof OpenAI.BadRequestError && error.param === 'temperature');
  await both({ messages: [{ role: 'user', content: tooLong }] }, (error) => {
    assert.equal(error.status, 413);
    assert.equal(error.code, 'context_length_exceeded');
    assert.match(error.message, /2048.*[^0-9](6\d{3}|[1-9]\d{4})[^0-9]/);
    return true;
  });
  const stranger = new OpenAI({ baseURL, apiKey: 'wrong', maxRetries: 0 });
  await assert.rejects(() => stranger.models.list(), OpenAI.AuthenticationError);
});

test('a stream that the client aborts ends on the server', async () => {
  const endless = { ignore_eos: true, messages: [{ role: 'user', content: 'Tell me a story.' }] };
  // More of them than run at once: the last ones only start if the first ones end.
  for (let i = 0; i < 6; i++) {
    const streamed = await ask({ ...endless, stream: true });
    for await (const chunk of streamed) {
      if (chunk.choices[0].delta.content) {
        streamed.controller.abort();
      }
    }
  }
  assert.equal((await ask()).choices[0].message.content, parisAnswer);
});

test('text is completed, whole and streamed', async () => {
  const prompt = '<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n';
  const fields = { model, prompt, temperature: 0, max_tokens: 30 };
  const answer = await client.completions.create({ ...fields, logprobs: 2 });
  assert.equal(answer.object, 'text_completion');
  assert.equal(answer.choices[0].text, parisAnswer);
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.equal(answer.choices[0].logprobs.tokens.join(''), parisAnswer);
  assert.equal(answer.choices[0].logprobs.text_offset[0], 0);
  const chunks = await all(await client.completions.create({ ...fields, stream: true, stream_options: { include_usage: true } }));
  assert.equal(chunks.flatMap((chunk) => chunk.choices).map((choice) => choice.text).join(''), parisAnswer);
  assert.deepEqual(chunks.at(-1).usage.total_tokens, answer.usage.total_tokens);
  const two = await client.completions.create({ ...fields, prompt: [prompt, prompt], echo: true });
  assert.deepEqual(two.choices.map((choice) => choice.text), [prompt + parisAnswer, prompt + parisAnswer]);
});

test('models are listed and found', async () => {
  const ids = (await all(client.models.list())).map((each) => each.id);
  assert.ok(ids.includes(model), ids);
  assert.equal((await client.models.retrieve(model)).object, 'model');
  await assert.rejects(() => client.models.retrieve('owl'), OpenAI.NotFoundError);
});

test('embeddings come as base64, which the SDK asks for, and as numbers', { skip: !embeddingModel }, async () => {
  const input = ['a small owl', 'a little owl', 'the price of steel'];
  const packed = await client.embeddings.create({ model: embeddingModel, input });
  const plain = await client.embeddings.create({ model: embeddingModel, input, encoding_format: 'float' });
  const [owl, bird, steel] = packed.data.map((each) => each.embedding);
  assert.equal(owl.length, 384);
  plain.data.forEach((each, i) => assert.ok(cosine(each.embedding, packed.data[i].embedding) > 0.9999));
  assert.ok(cosine(owl, bird) > cosine(owl, steel) + 0.2);
  assert.equal(packed.usage.total_tokens, packed.usage.prompt_tokens);
  const short = await client.embeddings.create({ model: embeddingModel, input: 'a small owl', dimensions: 64 });
  assert.equal(short.data[0].embedding.length, 64);
  assert.ok(Math.abs(Math.hypot(...short.data[0].embedding) - 1) < 1e-4);
  await assert.rejects(() => client.embeddings.create({ model: embeddingModel, input: [] }), OpenAI.BadRequestError);
});

test('texts are moderated', async () => {
  const { results, model: said } = await client.moderations.create({ model: 'omni-moderation-latest', input: ['Good evening', 'You DARN fool!'] });
  assert.equal(said, 'rules');
  assert.deepEqual(results.map((each) => each.flagged), [false, true]);
  assert.equal(results[1].category_scores.harassment, 1);
  assert.deepEqual(results[1].category_applied_input_types.harassment, ['text']);
});

const batchLines = (...bodies) =>
  bodies
    .map((body, i) => JSON.stringify({ custom_id: `line-${i}`, method: 'POST', url: '/v1/chat/completions', body: { model, temperature: 0, ...body } }))
    .join('\n');

/** A batch when it has ended. */
async function ended(batch) {
  let now = batch;
  while (!['completed', 'failed', 'expired', 'cancelled'].includes(now.status)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    now = await client.batches.retrieve(batch.id);
  }
  return now;
}

test('a file is uploaded, listed, read and deleted', async () => {
  const file = await client.files.create({ file: await toFile(Buffer.from('one\n'), 'notes.txt'), purpose: 'user_data' });
  assert.equal(file.filename, 'notes.txt');
  assert.equal(file.bytes, 4);
  assert.equal((await client.files.retrieve(file.id)).status, 'processed');
  assert.ok((await all(client.files.list({ purpose: 'user_data', limit: 1 }))).some((one) => one.id === file.id));
  assert.equal(await (await client.files.content(file.id)).text(), 'one\n');
  assert.equal((await client.files.delete(file.id)).deleted, true);
  await assert.rejects(client.files.retrieve(file.id), OpenAI.NotFoundError);
});

test('a batch answers the lines of a file, which may come in parts', async () => {
  const lines = batchLines({ messages: [france] }, { messages: [] });
  const upload = await client.uploads.create({ filename: 'lines.jsonl', purpose: 'batch', bytes: lines.length, mime_type: 'application/jsonl' });
  const parts = [];
  for (const piece of [lines.slice(0, 50), lines.slice(50)]) {
    parts.push((await client.uploads.parts.create(upload.id, { data: await toFile(Buffer.from(piece), 'part') })).id);
  }
  const { file } = await client.uploads.complete(upload.id, { part_ids: parts });
  const batch = await client.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h', metadata: { night: '1' } });
  const now = await ended(batch);
  assert.equal(now.status, 'completed');
  assert.deepEqual(now.request_counts, { total: 2, completed: 1, failed: 1 });
  const good = JSON.parse(await (await client.files.content(now.output_file_id)).text());
  assert.equal(good.custom_id, 'line-0');
  assert.equal(good.response.body.choices[0].message.content, parisAnswer);
  const wrong = JSON.parse(await (await client.files.content(now.error_file_id)).text());
  assert.equal(wrong.response.status_code, 400);
  assert.ok((await all(client.batches.list({ limit: 1 }))).some((one) => one.id === batch.id));
  await assert.rejects(client.batches.cancel(batch.id), OpenAI.ConflictError);
});

test('a batch moderates texts', async () => {
  const line = (id, input) => JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/moderations', body: { model: 'omni-moderation-latest', input } });
  const file = await client.files.create({ file: await toFile(Buffer.from(`${line('kind', 'Good evening')}\n${line('rude', 'You darn fool!')}`), 'lines.jsonl'), purpose: 'batch' });
  const now = await ended(await client.batches.create({ input_file_id: file.id, endpoint: '/v1/moderations', completion_window: '24h' }));
  assert.deepEqual(now.request_counts, { total: 2, completed: 2, failed: 0 });
  const lines = (await (await client.files.content(now.output_file_id)).text()).trim().split('\n').map((each) => JSON.parse(each));
  assert.deepEqual(lines.map((each) => [each.custom_id, each.response.body.results[0].flagged]), [['kind', false], ['rude', true]]);
});

test('an upload is cancelled', async () => {
  const upload = await client.uploads.create({ filename: 'x', purpose: 'user_data', bytes: 1, mime_type: 'text/plain' });
  assert.equal((await client.uploads.cancel(upload.id)).status, 'cancelled');
  await assert.rejects(client.uploads.complete(upload.id, { part_ids: [] }), OpenAI.ConflictError);
});

test('a batch with a wrong line is refused', async () => {
  const file = await client.files.create({ file: await toFile(Buffer.from(`${batchLines({ messages: [france] })}\n{}`), 'lines.jsonl'), purpose: 'batch' });
  const now = await ended(await client.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' }));
  assert.equal(now.status, 'failed');
  assert.equal(now.errors.data[0].line, 2);
});
