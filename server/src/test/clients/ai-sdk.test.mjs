// The npm package ai with @ai-sdk/openai-compatible against a running Gufo with the demo model.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  APICallError, Output, cosineSimilarity, embed, embedMany, generateText, stepCountIs, streamText, tool,
} from 'ai';
import { z } from 'zod';
import {
  all, apiKey, baseURL, embeddingModel, france, model, oslo, parisAnswer, sunny, tooLong,
} from './demo.mjs';

const gufo = createOpenAICompatible({ name: 'gufo', baseURL, apiKey, includeUsage: true, supportsStructuredOutputs: true });
const common = { model: gufo.chatModel(model), temperature: 0, maxRetries: 0 };
const ask = (fields) => generateText({ ...common, ...(fields?.messages || fields?.prompt ? {} : { messages: [france] }), ...fields });
/** The stream's promises, after it has been read to its end. */
const stream = async (fields) => {
  const errors = [];
  const result = streamText({
    ...common,
    ...(fields?.messages || fields?.prompt ? {} : { messages: [france] }),
    onError: ({ error }) => errors.push(error),
    ...fields,
  });
  const parts = await all(result.fullStream);
  if (errors.length > 0) {
    throw errors[0];
  }
  return { result, parts };
};
const getWeather = (asked = []) => tool({
  description: 'Get the current weather of a city',
  inputSchema: z.object({
    city: z.string().describe('The name of the city'),
    unit: z.enum(['celsius', 'fahrenheit']).optional(),
  }),
  execute: ({ city }) => {
    asked.push(city);
    return sunny(city);
  },
});
const calculator = tool({
  description: 'Evaluate an arithmetic expression',
  inputSchema: z.object({ expression: z.string().describe('The expression') }),
});
const rome = { prompt: 'What is the weather in Rome?' };
const emma = 'Give me name, age as a JSON object: Emma is 31 years old and lives in Vienna.';
const person = z.object({ name: z.string(), age: z.number().int().min(0).max(150) });

test('a chat is answered with its usage', async () => {
  const { text, finishReason, usage, response } = await ask();
  assert.equal(text, parisAnswer);
  assert.equal(finishReason, 'stop');
  assert.equal(usage.totalTokens, usage.inputTokens + usage.outputTokens);
  assert.equal(response.modelId, model);
});

test('a stream has the same text and usage', async () => {
  const whole = await ask();
  const { result, parts } = await stream();
  assert.equal(await result.text, parisAnswer);
  assert.ok(parts.filter((part) => part.type === 'text-delta').length >= 1);
  assert.equal((await result.usage).totalTokens, whole.usage.totalTokens);
  assert.equal(await result.finishReason, 'stop');
});

test('a system message is followed', async () => {
  const fields = { system: "Always end with 'over.'", prompt: 'What color is grass?' };
  assert.equal((await ask(fields)).text, 'Grass is green. over.');
  assert.equal(await (await stream(fields)).result.text, 'Grass is green. over.');
});

test('stop texts, length and seed are obeyed', async () => {
  assert.equal((await ask({ stopSequences: ['Paris'] })).text, 'The capital of France is ');
  assert.equal(await (await stream({ stopSequences: ['Paris'] })).result.text, 'The capital of France is ');
  assert.equal((await ask({ maxOutputTokens: 2 })).finishReason, 'length');
  const story = { prompt: 'Tell me a story.', temperature: 1.3, seed: 7, maxOutputTokens: 30 };
  const { text } = await ask(story);
  assert.equal((await ask(story)).text, text);
  assert.equal(await (await stream(story)).result.text, text);
});

test('an object follows its schema, whole and streamed', async () => {
  const fields = { prompt: emma, output: Output.object({ schema: person }) };
  const { output } = await ask(fields);
  assert.deepEqual(output, { name: 'Emma', age: 31 });
  const result = streamText({ ...common, ...fields });
  const partial = await all(result.partialOutputStream);
  assert.deepEqual(partial.at(-1), output);
  assert.deepEqual(await result.output, output);
});

test('a choice, an array and free JSON come too', async () => {
  const choice = await ask({ prompt: 'What is the opposite of hot?', output: Output.choice({ options: ['cold', 'warm'] }) });
  assert.ok(['cold', 'warm'].includes(choice.output));
  const array = await ask({ prompt: 'Name 2 colors.', maxOutputTokens: 400,
    output: Output.array({ element: z.enum(['red', 'blue', 'green']) }) });
  assert.ok(array.output.every((color) => ['red', 'blue', 'green'].includes(color)));
  const json = await ask({ prompt: emma, output: Output.json() });
  assert.equal(json.output.name, 'Emma');
});

test('a tool is called if it is needed and left alone if not', async () => {
  const { toolCalls, finishReason } = await ask({ messages: [oslo], tools: { get_weather: getWeather(), calculator } });
  assert.deepEqual(toolCalls.map((call) => [call.toolName, call.input]), [['get_weather', { city: 'Oslo' }]]);
  assert.equal(finishReason, 'tool-calls');
  const hello = await ask({ prompt: 'Hello', tools: { get_weather: getWeather() } });
  assert.equal(hello.text, 'Hello! How can I help you today?');
  assert.deepEqual(hello.toolCalls, []);
});

test('tool calls are streamed with their input', async () => {
  const { result, parts } = await stream({ messages: [oslo], tools: { get_weather: getWeather(), calculator } });
  const input = parts.filter((part) => part.type === 'tool-input-delta').map((part) => part.delta).join('');
  assert.deepEqual(JSON.parse(input), { city: 'Oslo' });
  assert.deepEqual(parts.filter((part) => part.type === 'tool-call').map((part) => part.toolName), ['get_weather']);
  assert.equal(await result.finishReason, 'tool-calls');
});

test('toolChoice is obeyed, whole and streamed', async () => {
  const tools = { get_weather: getWeather(), calculator };
  const calls = async (fields) => [
    (await ask({ tools, maxOutputTokens: 300, ...fields })).toolCalls,
    await (await stream({ tools, maxOutputTokens: 300, ...fields })).result.toolCalls,
  ];
  for (const made of await calls({ prompt: 'What is 12 + 30?', toolChoice: 'required' })) {
    assert.ok(made.length >= 1);
  }
  for (const made of await calls({ messages: [oslo], toolChoice: { type: 'tool', toolName: 'calculator' } })) {
    assert.deepEqual(made.map((call) => call.toolName), ['calculator']);
    assert.equal(typeof made[0].input.expression, 'string');
  }
  for (const made of await calls({ messages: [oslo], toolChoice: 'none', maxOutputTokens: 50 })) {
    assert.deepEqual(made, []);
  }
});

test('the loop goes from the question over the call to the answer', async () => {
  const asked = [];
  const fields = { ...rome, tools: { get_weather: getWeather(asked) }, stopWhen: stepCountIs(3) };
  const whole = await ask(fields);
  assert.equal(whole.text, 'It is 21 degrees and sunny in Rome.');
  assert.equal(whole.steps.length, 2);
  assert.equal(await (await stream(fields)).result.text, 'It is 21 degrees and sunny in Rome.');
  assert.deepEqual(asked, ['Rome', 'Rome']);
});

test('errors tell status and body', async () => {
  const both = async (fields, status, code) => {
    const check = (error) => {
      assert.ok(APICallError.isInstance(error), error);
      assert.equal(error.statusCode, status);
      assert.equal(JSON.parse(error.responseBody).error.code, code);
      return true;
    };
    await assert.rejects(() => ask(fields), check);
    await assert.rejects(() => stream(fields), check);
  };
  await both({ model: gufo.chatModel('owl') }, 404, 'model_not_found');
  await both({ temperature: 7 }, 400, 'invalid_value');
  await both({ prompt: tooLong }, 413, 'context_length_exceeded');
  const stranger = createOpenAICompatible({ name: 'gufo', baseURL, apiKey: 'wrong' });
  await both({ model: stranger.chatModel(model) }, 401, 'invalid_api_key');
});

test('a stream that the client aborts ends on the server', async () => {
  for (let i = 0; i < 6; i++) {
    const controller = new AbortController();
    const result = streamText({ ...common, prompt: 'Tell me a story.', abortSignal: controller.signal,
      providerOptions: { gufo: { ignore_eos: true } } });
    const parts = [];
    for await (const part of result.fullStream) {
      parts.push(part.type);
      if (part.type === 'text-delta') {
        controller.abort();
      }
    }
    assert.equal(parts.at(-1), 'abort');
  }
  assert.equal((await ask()).text, parisAnswer);
});

test('text is completed, whole and streamed', async () => {
  const fields = { model: gufo.completionModel(model), prompt: 'What is the capital of France?', maxOutputTokens: 8 };
  const { text, usage } = await ask(fields);
  assert.ok(text.length > 0);
  assert.ok(usage.outputTokens <= 8);
  assert.equal(await (await stream(fields)).result.text, text);
});

test('texts are embedded', { skip: !embeddingModel }, async () => {
  const vectors = gufo.embeddingModel(embeddingModel);
  const { embedding, usage } = await embed({ model: vectors, value: 'a small owl' });
  assert.equal(embedding.length, 384);
  assert.ok(usage.tokens > 3);
  const { embeddings } = await embedMany({ model: vectors, values: ['a small owl', 'the price of steel'] });
  assert.ok(cosineSimilarity(embeddings[0], embedding) > 0.9999);
  assert.ok(cosineSimilarity(embeddings[1], embedding) < 0.6);
});
