import { lexer, type Token, type Tokens } from 'marked';

/** A part of a Markdown text that stands for itself: a paragraph, a list, a table, a code block. */
export interface Block {
  /** The Markdown that it was made of. Two blocks with the same raw text look the same. */
  raw: string;
  token: Token;
  /** Whether more text can't change it. */
  closed: boolean;
}

/** Where links may refer to, also from before. */
const DEFINITION = /^ {0,3}\[[^\]]+\]:/m;

/**
 * Splits a growing text into blocks. What more text can't change is split once, so that each step of a stream costs as much
 * as its last blocks, however long the text is.
 */
export class BlockStream {
  private text = '';
  private frozen: Block[] = [];
  private frozenLength = 0;

  /** All blocks of the text; `whole` where it has ended, so that links may refer to definitions behind them. */
  update(text: string, whole: boolean): Block[] {
    if ((whole && DEFINITION.test(text)) || !text.startsWith(this.text.slice(0, this.frozenLength))) {
      this.frozen = [];
      this.frozenLength = 0;
    }
    this.text = text;
    const tail = blocks(lexer(text.slice(this.frozenLength)), whole);
    if (whole) return [...this.frozen, ...tail];
    // The last two may still grow together: "1. a", an empty line, "2" is a paragraph until a dot makes it the list's next item.
    while (tail.length > 2) {
      const block = tail.shift() as Block;
      block.closed = true;
      this.frozen.push(block);
      this.frozenLength += block.raw.length;
    }
    return [...this.frozen, ...tail];
  }
}

/** Empty lines belong to the block before them, so that lengths add up. */
function blocks(tokens: Token[], closed: boolean): Block[] {
  const out: Block[] = [];
  let before = '';
  for (const token of tokens) {
    if (token.type === 'space' || token.type === 'def') {
      const last = out.at(-1);
      if (last === undefined) before += token.raw;
      else last.raw += token.raw;
      continue;
    }
    out.push({ raw: before + token.raw, token, closed });
    before = '';
  }
  return out;
}

/** Whether a block is code, which is drawn in a box with a copy button. */
export function isCode(token: Token): token is Tokens.Code {
  return token.type === 'code';
}
