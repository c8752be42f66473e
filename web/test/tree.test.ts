import { expect, test } from 'vitest';
import { Tree } from '../src/chat/tree';
import type { Turn } from '../src/chat/types';

function turn(id: string, parent: string | null, created: number): Turn {
  return { id, conversation: 'c', parent, role: parent === null ? 'user' : 'assistant', created, content: id };
}

const TURNS = [turn('q1', null, 1), turn('a1', 'q1', 2), turn('a2', 'q1', 3), turn('q2', null, 4), turn('b1', 'q2', 5)];

test('the newest branch is shown, unless another one was chosen', () => {
  const tree = new Tree(TURNS);
  const ids = (chosen: Record<string, string>) => tree.path(chosen).map(({ id }) => id);
  expect(ids({})).toEqual(['q2', 'b1']);
  expect(ids({ '': 'q1' })).toEqual(['q1', 'a2']);
  expect(ids({ '': 'q1', q1: 'a1' })).toEqual(['q1', 'a1']);
  expect(ids({ '': 'gone' })).toEqual(['q2', 'b1']);
});

test('alternatives stay in the order in which they were made', () => {
  const tree = new Tree([...TURNS].reverse());
  expect(tree.siblings(TURNS[0] as Turn).map(({ id }) => id)).toEqual(['q1', 'q2']);
  tree.put({ ...(TURNS[0] as Turn), content: 'changed' });
  expect(tree.siblings(TURNS[0] as Turn).map(({ content }) => content)).toEqual(['changed', 'q2']);
});

test('a message leads back to the first, and circles end', () => {
  const tree = new Tree(TURNS);
  expect(tree.ancestry('a2').map(({ id }) => id)).toEqual(['q1', 'a2']);
  const circle = new Tree([turn('x', 'y', 1), turn('y', 'x', 2)]);
  expect(circle.path({})).toEqual([]);
  expect(circle.ancestry('x').length).toBe(2);
});
