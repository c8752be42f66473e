import { expect, test } from 'vitest';
import { cut } from '../src/ui/pieces';

const LINES = Array.from({ length: 2000 }, (_, i) => `line ${i}`).join('\n');

test('pieces end with a line, and what was cut stays cut while the text grows', () => {
  const cuts: number[] = [];
  let earlier: number[] = [];
  for (let end = 0; end <= LINES.length; end += 777) {
    cut(LINES.slice(0, end), cuts);
    expect(cuts.slice(0, earlier.length)).toEqual(earlier);
    earlier = [...cuts];
  }
  cut(LINES, cuts);
  expect(cuts.length).toBeGreaterThan(2);
  expect(cuts.every((end) => LINES[end - 1] === '\n')).toBe(true);
  const sizes = cuts.map((end, i) => end - (cuts[i - 1] ?? 0));
  expect(Math.max(...sizes)).toBeLessThan(4020);
  const atOnce: number[] = [];
  cut(LINES, atOnce);
  expect(atOnce).toEqual(cuts);
});

test('a line without an end is one piece', () => {
  const cuts: number[] = [];
  cut('x'.repeat(100_000), cuts);
  expect(cuts).toEqual([]);
});
