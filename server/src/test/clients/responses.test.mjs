// The Responses API of the npm package openai against a running Gufo with the demo model.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { all, apiKey, baseURL, model, oslo, parisAnswer, sunny, tooLong, weatherTool } from './demo.mjs';

const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const question = 'What is the capital of France?';
const ask = (fields) => client.responses.create({ model, temperature: 0, input: question, ...fields });
const stream = (fields) => client.responses.stream({ model, temperature: 0, input: question, ...fields });
const weather = { type: 'function', strict: false, ...weatherTool.function };
const person = z.object({ name: z.string(), age: z.number().int().min(0).max(150), city: z.string().nullable() });
const emma = 'Give me name, age as a JSON object: Emma is 31 years old and lives in Vienna.';

test('a text is answered', async () => {
  const answer = await ask();
  assert.equal(answer.object, 'response');
  assert.equal(answer.status, 'completed');
  assert.equal(answer.model, model);
  assert.equal(answer.output_text, parisAnswer);
  assert.equal(answer.usage.total_tokens, answer.usage.input_tokens + answer.usage.output_tokens);
});

test('a stream adds up to the whole response', async () => {
  const streamed = stream();
  const texts = [];
  streamed.on('response.output_text.delta', (event) => texts.push(event.delta));
  const whole = await streamed.finalResponse();
  assert.equal(texts.join(''), parisAnswer);
  assert.equal(whole.output_text, parisAnswer);
  assert.equal(whole.status, 'completed');
  const { input_tokens, output_tokens } = (await ask()).usage;
  assert.deepEqual([whole.usage.input_tokens, whole.usage.output_tokens], [input_tokens, output_tokens]);
});

test('events are numbered without gaps and end with the response', async () => {
  const events = await all(await ask({ stream: true }));
  assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, i) => i));
  assert.equal(events[0].type, 'response.created');
  assert.equal(events.at(-1).type, 'response.completed');
  assert.equal(events.at(-1).response.id, events[0].response.id);
});

test('instructions and developer messages are followed', async () => {
  const grass = 'What color is grass?';
  assert.equal((await ask({ instructions: "Always end with 'over.'", input: grass })).output_text, 'Grass is green. over.');
  const input = [{ role: 'developer', content: [{ type: 'input_text', text: "Always end with 'over.'" }] }, { role: 'user', content: grass }];
  assert.equal((await ask({ input })).output_text, 'Grass is green. over.');
});

test('a call goes out and its output comes back', async () => {
  const input = [{ role: 'user', content: 'What is the weather in Rome?' }];
  const asked = await ask({ input, tools: [weather] });
  const [call] = asked.output;
  assert.equal(call.type, 'function_call');
  assert.equal(call.name, 'get_weather');
  assert.deepEqual(JSON.parse(call.arguments), { city: 'Rome' });
  input.push(...asked.output, { type: 'function_call_output', call_id: call.call_id, output: JSON.stringify(sunny('Rome')) });
  assert.equal((await ask({ input, tools: [weather] })).output_text, 'It is 21 degrees and sunny in Rome.');
});

test('a streamed call adds up', async () => {
  const streamed = stream({ input: [oslo], tools: [weather] });
  const deltas = [];
  streamed.on('response.function_call_arguments.delta', (event) => deltas.push(event.delta));
  const whole = await streamed.finalResponse();
  assert.equal(whole.output[0].name, 'get_weather');
  assert.equal(whole.output[0].arguments, deltas.join(''));
});

test('a forced call comes, and none where none may', async () => {
  const forced = await ask({ input: 'Hello', tools: [weather], tool_choice: { type: 'function', name: 'get_weather' }, max_output_tokens: 300 });
  assert.equal(forced.output[0].name, 'get_weather');
  const none = await ask({ input: [oslo], tools: [weather], tool_choice: 'none', max_output_tokens: 50 });
  assert.ok(none.output.every((item) => item.type === 'message'));
});

test('hosted tools are left out, and told', async () => {
  const { data, response } = await ask({ tools: [{ type: 'web_search' }, weather] }).withResponse();
  assert.equal(data.output_text.length > 0, true);
  assert.equal(response.headers.get('x-gufo-left-out'), 'web_search');
});

test('structured output is parsed by the SDK, whole and streamed', async () => {
  const fields = { input: emma, text: { format: zodTextFormat(person, 'person') } };
  const whole = await client.responses.parse({ model, temperature: 0, ...fields });
  assert.equal(whole.output_parsed.name, 'Emma');
  assert.equal((await stream(fields).finalResponse()).output_parsed.name, 'Emma');
});

test('a limit of tokens makes the response incomplete, whole and streamed', async () => {
  for (const answer of [await ask({ max_output_tokens: 3 }), await stream({ max_output_tokens: 3 }).finalResponse()]) {
    assert.equal(answer.status, 'incomplete');
    assert.equal(answer.incomplete_details.reason, 'max_output_tokens');
    assert.equal(answer.output[0].status, 'incomplete');
  }
});

test('logprobs come with the text', async () => {
  const answer = await ask({ top_logprobs: 2, include: ['message.output_text.logprobs'] });
  const { logprobs, text } = answer.output[0].content[0];
  assert.equal(logprobs.map((token) => token.token).join(''), text);
  assert.ok(logprobs.every((token) => token.top_logprobs.length === 2));
});

test('input tokens are counted', async () => {
  const counted = await client.responses.inputTokens.count({ model, input: question });
  assert.equal(counted.object, 'response.input_tokens');
  assert.equal(counted.input_tokens, (await ask()).usage.input_tokens);
});

test('a context that is too long is a 400 with its code', async () => {
  for (const fields of [{}, { stream: true }]) {
    await assert.rejects(ask({ input: tooLong, ...fields }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.code, 'context_length_exceeded');
      return true;
    });
  }
});

test('a dialogue is made shorter, and goes on', async () => {
  const input = [
    { role: 'user', content: 'What is the capital of France?' },
    { role: 'assistant', content: 'The capital of France is Paris.' },
  ];
  const shorter = await client.responses.compact({ model, input });
  assert.equal(shorter.object, 'response.compaction');
  assert.deepEqual(shorter.output.map((item) => item.type), ['message', 'compaction']);
  assert.ok(shorter.usage.total_tokens > 0);
  const answer = await client.responses.create({ model, input: [...shorter.output, { role: 'user', content: 'Hello' }], max_output_tokens: 5 });
  assert.ok(answer.output_text.length > 0);
});
