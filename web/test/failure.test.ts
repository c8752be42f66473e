import { expect, test } from 'vitest';
import { details, line, speed } from '../src/chat/figures';
import { explain, failureOf } from '../src/lib/failure';
import { bytes, duration } from '../src/lib/format';

test('an error’s object is read, and a proxy’s page too', async () => {
  const told = new Response('{"error":{"message":"Slow down.","code":"rate_limit_exceeded"}}', {
    status: 429,
    headers: { 'retry-after': '7', 'retry-after-ms': '6200', 'x-request-id': 'r1' },
  });
  expect(await failureOf(told)).toEqual({ status: 429, code: 'rate_limit_exceeded', message: 'Slow down.', retryAfter: 7, requestId: 'r1' });
  expect(await failureOf(new Response('<html>', { status: 502 }))).toMatchObject({ status: 502, code: 'http_error', message: 'The server answered 502.' });
});

test('each failure has a remedy', () => {
  const remedy = (status: number, code: string, retryAfter?: number) => explain({ status, code, message: 'm', retryAfter });
  expect(remedy(401, 'invalid_api_key').remedy).toBe('key');
  expect(remedy(413, 'context_length_exceeded')).toMatchObject({ remedy: 'shorten', title: 'This conversation is too long for the model' });
  expect(remedy(400, 'context_length_exceeded').remedy).toBe('shorten');
  expect(remedy(413, 'request_too_large').remedy).toBe('shorten');
  expect(remedy(429, 'rate_limit_exceeded', 3)).toMatchObject({ remedy: 'retry', wait: 3 });
  expect(remedy(429, 'rate_limit_exceeded').remedy).toBe('none');
  expect(remedy(429, 'insufficient_quota').remedy).toBe('key');
  expect(remedy(503, 'model_loading').wait).toBe(5);
  expect(remedy(400, 'invalid_value').remedy).toBe('settings');
  expect(remedy(0, 'network').remedy).toBe('retry');
});

test('figures are told in words', () => {
  const figures = {
    promptTokens: 100, cachedTokens: 80, completionTokens: 11, decode: 500, prefill: 20, queue: 0.4, firstToken: 31, tiers: { slot: 80, memory: 0, disk: 0 },
    cacheStop: { token: 80, message: 2, reason: 'different text' }, tokensLimit: 5000, tokensLeft: 4000,
  };
  expect(speed(figures)).toBe(20);
  expect(line(figures)).toEqual(['11 tokens', '20.0 tokens/s', 'first after 31 ms', '80 % of the prompt cached']);
  const rows = Object.fromEntries(details(figures));
  expect(rows.Prompt).toBe('100 tokens, 80 cached in a slot');
  expect(rows['Why not more']).toContain('in message 3.');
  expect(rows['Key’s budget']).toContain('111 of 5,000 tokens');
  expect([bytes(11_534_336), duration(125_000)]).toEqual(['11.0 MiB', '2 min 5 s']);
});
