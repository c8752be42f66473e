// OpenAI's Agents SDK, which speaks the Responses API unless told otherwise, against a running Gufo with the demo model.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agent, run, setDefaultOpenAIClient, setTracingDisabled, tool } from '@openai/agents';
import OpenAI from 'openai';
import { z } from 'zod';

setTracingDisabled(true);
setDefaultOpenAIClient(new OpenAI({ baseURL: process.env.GUFO_BASE_URL, apiKey: 'none', maxRetries: 0 }));
const question = 'What is the weather in Rome?';
const answer = 'It is 21 degrees and sunny in Rome.';

function agent(asked) {
  const weather = tool({
    name: 'get_weather',
    description: 'Get the current weather of a city',
    parameters: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      asked.push(city);
      return JSON.stringify({ city, temperature: 21, condition: 'sunny' });
    },
  });
  return new Agent({ name: 'Weather', model: 'demo-chat', tools: [weather], modelSettings: { temperature: 0 } });
}

test('a run goes from the question over the call to the answer', async () => {
  const asked = [];
  assert.equal((await run(agent(asked), question)).finalOutput, answer);
  assert.deepEqual(asked, ['Rome']);
});

test('a streamed run says the same', async () => {
  const asked = [];
  const streamed = await run(agent(asked), question, { stream: true });
  let text = '';
  for await (const part of streamed.toTextStream()) {
    text += part;
  }
  await streamed.completed;
  assert.equal(text, answer);
  assert.deepEqual(asked, ['Rome']);
});
