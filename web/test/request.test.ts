import { expect, test } from 'vitest';
import { body, messages, SettingsError, withFiles } from '../src/chat/request';
import { NO_SETTINGS, type Turn } from '../src/chat/types';

const ASK: Turn = { id: 'q', conversation: 'c', parent: null, role: 'user', created: 1, content: 'Hi' };
const ANSWER: Turn = { id: 'a', conversation: 'c', parent: 'q', role: 'assistant', created: 2, content: 'Hello' };

test('only what was set is sent', () => {
  expect(body(NO_SETTINGS, [ASK], false)).toEqual({
    messages: [{ role: 'user', content: 'Hi' }], stream: true, stream_options: { include_usage: true }, timings: true,
  });
  const sent = body({ ...NO_SETTINGS, model: 'm', temperature: 0, max_tokens: 5, system: 'Be brief.' }, [ASK, ANSWER], true);
  expect(sent).toMatchObject({ model: 'm', temperature: 0, max_completion_tokens: 5, continue_final_message: true });
  expect((sent.messages as { role: string }[]).map(({ role }) => role)).toEqual(['system', 'user', 'assistant']);
});

test('a schema and tools are sent as the API has them; what is no JSON names its field', () => {
  const sent = body({ ...NO_SETTINGS, schema: '{"type":"object"}', tools: '[{"name":"f"}]' }, [ASK], false);
  expect(sent.response_format).toEqual({ type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } });
  expect(sent.tools).toEqual([{ type: 'function', function: { name: 'f' } }]);
  expect(() => body({ ...NO_SETTINGS, schema: '{' }, [ASK], false)).toThrow(SettingsError);
  expect(() => body({ ...NO_SETTINGS, tools: '{}' }, [ASK], false)).toThrow('array');
});

test('calls go with their results, and answers that failed are left out', () => {
  const call = { id: '1', name: 'f', arguments: '{}' };
  const sent = messages('', [ASK, { ...ANSWER, content: '', calls: [{ ...call, result: '42' }] }]);
  expect(sent.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool']);
  expect(messages('', [ASK, { ...ANSWER, content: '', calls: [call] }]).length).toBe(1);
  expect(messages('', [ASK, { ...ANSWER, content: '' }]).length).toBe(1);
});

test('a file can’t end its own fence', () => {
  const text = withFiles({ ...ASK, files: [{ name: 'a.md', text: 'x\n````\ny' }] });
  expect(text).toBe('File: a.md\n`````\nx\n````\ny\n`````\n\nHi');
});
