import { lexer } from 'marked';
import { expect, test } from 'vitest';
import { BlockStream } from '../src/markdown/blocks';

const TEXT = `# Title

A paragraph with **bold**
and a second line.

- one
- two

  more of two
- three

1. a

2. b

| x | y |
| - | - |
| 1 | 2 |

\`\`\`python
print("a")

print("b")
\`\`\`

> quoted

Last ~~words~~
`;

const kinds = (text: string) => lexer(text).filter(({ type }) => type !== 'space').map(({ type, raw }) => `${type}:${raw.trim()}`);

test('a text that came in steps has the same blocks in the end as one that came at once', () => {
  for (const step of [1, 2, 3, 7, 50]) {
    const stream = new BlockStream();
    for (let end = step; end < TEXT.length; end += step) stream.update(TEXT.slice(0, end), false);
    const grown = stream.update(TEXT, false).map(({ token, raw }) => `${token.type}:${raw.trim()}`);
    expect(grown).toEqual(kinds(TEXT));
    expect(stream.update(TEXT, true).map(({ token, raw }) => `${token.type}:${raw.trim()}`)).toEqual(kinds(TEXT));
  }
});

test('blocks that are closed stay the same objects, so that a step draws the last ones only', () => {
  const stream = new BlockStream();
  const text = Array.from({ length: 400 }, (_, i) => `Paragraph ${i}`).join('\n\n');
  const before = stream.update(text, false);
  const after = stream.update(`${text} grows`, false);
  expect(before.filter((block, i) => block !== after[i]).length).toBeLessThanOrEqual(2);
  expect(after.slice(0, -2).every(({ closed }) => closed)).toBe(true);
});

test('the end of a long text draws the last blocks only, unless links refer to a definition at its end', () => {
  const stream = new BlockStream();
  const text = Array.from({ length: 400 }, (_, i) => `Paragraph ${i} of [x]`).join('\n\n');
  const before = stream.update(text, false);
  const ended = stream.update(text, true);
  expect(ended.filter((block, i) => block !== before[i]).length).toBeLessThanOrEqual(2);
  expect(ended.every(({ closed }) => closed)).toBe(true);
  const defined = stream.update(`${text}\n\n[x]: https://example.com/`, true);
  expect(defined[0]).not.toBe(before[0]);
  expect(JSON.stringify(defined[0]?.token)).toContain('https://example.com/');
});

test('another text begins anew', () => {
  const stream = new BlockStream();
  stream.update('a\n\nb\n\nc\n\nd', false);
  expect(stream.update('x\n\ny', false).map(({ raw }) => raw.trim())).toEqual(['x', 'y']);
});
