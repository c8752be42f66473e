import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import { Store } from '../src/chat/store';
import { exported, imported } from '../src/chat/transfer';
import { Tree } from '../src/chat/tree';
import { type Conversation, NO_SETTINGS, type Turn } from '../src/chat/types';

const CONVERSATION: Conversation = {
  id: 'c', title: 'Owls', created: 1, updated: 2, settings: { ...NO_SETTINGS, model: 'm', temperature: 0.5 }, chosen: { '': 'q', q: 'a1' },
};
const TURNS: Turn[] = [
  { id: 'q', conversation: 'c', parent: null, role: 'user', created: 1, content: 'Where do owls sleep?', files: [{ name: 'a.txt', text: 'x' }] },
  { id: 'a1', conversation: 'c', parent: 'q', role: 'assistant', created: 2, content: 'In trees.', model: 'm', finish: 'stop' },
  { id: 'a2', conversation: 'c', parent: 'q', role: 'assistant', created: 3, content: 'By day.', reasoning: 'hm', calls: [{ id: '1', name: 'f', arguments: '{}', result: 'r' }] },
];

function ids(): () => string {
  let n = 0;
  return () => `new-${n++}`;
}

test('what is exported is imported, with new ids and the same branches', () => {
  const [taken] = imported(exported([{ conversation: CONVERSATION, turns: TURNS }]), ids());
  expect(taken?.conversation.settings).toEqual(CONVERSATION.settings);
  const texts = new Tree(taken?.turns ?? []).path(taken?.conversation.chosen ?? {}).map(({ content }) => content);
  expect(texts).toEqual(['Where do owls sleep?', 'In trees.']);
  expect(taken?.turns.map(({ reasoning, calls, files }) => [reasoning, calls, files])).toEqual(TURNS.map(({ reasoning, calls, files }) => [reasoning, calls, files]));
  expect(taken?.turns.some(({ id }) => ['q', 'a1', 'a2'].includes(id))).toBe(false);
});

test('files that hold something else are refused with a sentence', () => {
  const refused = (text: string) => expect(() => imported(text, ids()));
  refused('{').toThrow('no JSON');
  refused('[]').toThrow('no object');
  refused('{"format": "other"}').toThrow('no conversations of Gufo');
  refused('{"format": "gufo-conversations", "version": 2}').toThrow('version 2');
  refused(exported([{ conversation: CONVERSATION, turns: [{ ...(TURNS[1] as Turn), parent: 'missing' }] }])).toThrow('not in the file');
  refused(exported([{ conversation: CONVERSATION, turns: [{ ...(TURNS[0] as Turn), role: 'system' as 'user' }] }])).toThrow('role system');
});

test('conversations are kept, found and deleted', async () => {
  const store = await Store.open('test');
  await store.putAll(CONVERSATION, TURNS);
  await store.putAll({ ...CONVERSATION, id: 'd', updated: 9 }, [{ ...(TURNS[0] as Turn), id: 'e', conversation: 'd', content: 'Bread' }]);
  expect((await store.list()).map(({ id }) => id)).toEqual(['d', 'c']);
  expect([...(await store.search('TREES day'))]).toEqual(['c']);
  expect([...(await store.search('owls bread'))]).toEqual([]);
  await store.remove('c');
  expect(await store.turns('c')).toEqual([]);
  expect((await store.turns('d')).length).toBe(1);
  await store.clear();
  expect(await store.list()).toEqual([]);
  store.close();
});
