// The npm package @anthropic-ai/sdk against a running Gufo with the demo model.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { all, apiKey, baseURL, france, model, oslo, parisAnswer, sunny, tooLong, weatherParameters } from './demo.mjs';

const client = new Anthropic({ baseURL: baseURL.replace(/\/v1$/, ''), apiKey, maxRetries: 0 });
const bearer = new Anthropic({ baseURL: baseURL.replace(/\/v1$/, ''), authToken: apiKey, apiKey: null, maxRetries: 0 });
const asked = (fields) => ({ model, max_tokens: 60, temperature: 0, messages: [france], ...fields });
const ask = (fields) => client.messages.create(asked(fields));
const weather = { name: 'get_weather', description: 'Get the current weather of a city', input_schema: weatherParameters };

test('a message is answered', async () => {
  const answer = await ask();
  assert.equal(answer.type, 'message');
  assert.equal(answer.role, 'assistant');
  assert.equal(answer.model, model);
  assert.deepEqual(answer.content, [{ type: 'text', text: parisAnswer }]);
  assert.equal(answer.stop_reason, 'end_turn');
  assert.equal(answer.stop_sequence, null);
  assert.match(answer._request_id, /^req_/);
});

test('the key may come as a bearer token', async () => {
  assert.equal((await bearer.messages.create(asked())).content[0].text, parisAnswer);
});

test('a stream has the same text and usage', async () => {
  const answer = await ask();
  const stream = client.messages.stream(asked());
  const texts = [];
  stream.on('text', (delta) => texts.push(delta));
  const whole = await stream.finalMessage();
  assert.equal(texts.join(''), parisAnswer);
  assert.deepEqual(whole.content, answer.content);
  assert.equal(whole.stop_reason, 'end_turn');
  assert.equal(whole.usage.output_tokens, answer.usage.output_tokens);
  const prompt = ({ usage }) => usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens;
  assert.equal(prompt(whole), prompt(answer));
});

test('events come in their order', async () => {
  const events = await all(await ask({ stream: true }));
  const kinds = events.map((event) => event.type).filter((type, i, types) => type !== types[i - 1]);
  assert.deepEqual(kinds, ['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop']);
});

test('a system text is followed, as a string and as blocks', async () => {
  const text = "Always end with 'over.'";
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'What color is grass?' }] }];
  for (const system of [text, [{ type: 'text', text, cache_control: { type: 'ephemeral' } }]]) {
    assert.equal((await ask({ system, messages })).content[0].text, 'Grass is green. over.');
  }
});

test('a stop text is told', async () => {
  const answer = await ask({ stop_sequences: ['Rome', ' Paris'] });
  assert.equal(answer.content[0].text, parisAnswer.split(' Paris')[0]);
  assert.equal(answer.stop_reason, 'stop_sequence');
  assert.equal(answer.stop_sequence, ' Paris');
});

test('a tool is called, whole and streamed, and its result is read', async () => {
  const fields = { messages: [oslo], tools: [weather], tool_choice: { type: 'tool', name: 'get_weather' } };
  const answer = await ask(fields);
  const call = answer.content.find((block) => block.type === 'tool_use');
  assert.equal(answer.stop_reason, 'tool_use');
  assert.equal(call.name, 'get_weather');
  assert.equal(call.input.city, 'Oslo');
  const streamed = await client.messages.stream(asked(fields)).finalMessage();
  assert.deepEqual(streamed.content.find((block) => block.type === 'tool_use').input, call.input);
  const result = { type: 'tool_result', tool_use_id: call.id, content: JSON.stringify(sunny('Oslo')) };
  const next = await ask({ messages: [oslo, { role: 'assistant', content: answer.content }, { role: 'user', content: [result] }], tools: [weather] });
  assert.equal(next.content[0].type, 'text');
  assert.ok(next.usage.cache_read_input_tokens > 0);
});

test('a form is kept', async () => {
  const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'], additionalProperties: false };
  const answer = await ask({ output_config: { format: { type: 'json_schema', schema } } });
  assert.equal(typeof JSON.parse(answer.content[0].text).n, 'number');
});

test('tokens are counted', async () => {
  const { model: _, max_tokens: __, temperature: ___, ...rest } = asked();
  const counted = await client.messages.countTokens({ model, ...rest });
  const { usage } = await ask();
  assert.equal(counted.input_tokens, usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens);
});

test('models are listed and found', async () => {
  const ids = (await all(client.models.list({ limit: 1 }))).map((one) => one.id);
  assert.ok(ids.includes(model), ids);
  const one = await client.models.retrieve(model);
  assert.equal(one.type, 'model');
  assert.ok(!Number.isNaN(Date.parse(one.created_at)));
});

test('a batch of messages is made, awaited, read, listed and deleted', async () => {
  const batch = await client.messages.batches.create({
    requests: [
      { custom_id: 'paris', params: asked() },
      { custom_id: 'wrong', params: asked({ max_tokens: -1 }) },
    ],
  });
  assert.equal(batch.type, 'message_batch');
  let now = batch;
  while (now.processing_status !== 'ended') {
    await new Promise((resolve) => setTimeout(resolve, 50));
    now = await client.messages.batches.retrieve(batch.id);
  }
  assert.deepEqual(now.request_counts, { processing: 0, succeeded: 1, errored: 1, canceled: 0, expired: 0 });
  const results = Object.fromEntries(
    (await all(await client.messages.batches.results(batch.id))).map((line) => [line.custom_id, line.result]),
  );
  assert.equal(results.paris.message.content[0].text, parisAnswer);
  assert.equal(results.wrong.error.error.type, 'invalid_request_error');
  assert.ok((await all(client.messages.batches.list({ limit: 1 }))).some((one) => one.id === batch.id));
  await assert.rejects(client.messages.batches.cancel(batch.id), Anthropic.ConflictError);
  assert.equal((await client.messages.batches.delete(batch.id)).type, 'message_batch_deleted');
  await assert.rejects(client.messages.batches.retrieve(batch.id), Anthropic.NotFoundError);
});

test('errors have their classes', async () => {
  await assert.rejects(ask({ messages: [{ role: 'user', content: tooLong }] }), (error) => {
    assert.ok(error instanceof Anthropic.BadRequestError);
    assert.match(error.error.error.message, /^prompt is too long: \d+ tokens > \d+ maximum$/);
    return true;
  });
  await assert.rejects(ask({ model: 'none' }), Anthropic.NotFoundError);
  await assert.rejects(
    new Anthropic({ baseURL: client.baseURL, apiKey: 'wrong', maxRetries: 0 }).messages.create(asked()),
    Anthropic.AuthenticationError,
  );
});
