// The AI SDK's provider for Anthropic, against a running Gufo with the demo model.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';

const model = createAnthropic({ baseURL: process.env.GUFO_BASE_URL, apiKey: 'none' })('demo-chat');
const fields = { model, temperature: 0, maxOutputTokens: 80, maxRetries: 0 };

test('a tool is called, and the answer comes in the second step', async () => {
  const tools = {
    get_weather: tool({
      description: 'Get the current weather of a city',
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => ({ city, temperature: 21, condition: 'sunny' }),
    }),
  };
  const result = await generateText({ ...fields, prompt: 'What is the weather in Rome?', tools, stopWhen: stepCountIs(4) });
  assert.match(result.text, /21/);
  assert.equal(result.steps.length, 2);
});

test('a stream has text, reason and usage', async () => {
  const result = streamText({ ...fields, prompt: 'What is the capital of France?' });
  let text = '';
  for await (const part of result.textStream) {
    text += part;
  }
  assert.equal(text, 'The capital of France is Paris.');
  assert.equal(await result.finishReason, 'stop');
  assert.ok((await result.usage).totalTokens > 0);
});
