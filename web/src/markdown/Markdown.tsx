import type { Token, Tokens } from 'marked';
import { Component } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { CopyButton } from '../ui/CopyButton';
import { GrowingText } from '../ui/GrowingText';
import { type Block, BlockStream, isCode } from './blocks';
import { highlighted } from './highlight';
import { nodesOf } from './html';

/** A text as Markdown. While it grows only its last blocks are drawn anew. */
export function Markdown({ text, whole }: { text: string; whole: boolean }) {
  const stream = useRef<BlockStream | null>(null);
  stream.current ??= new BlockStream();
  const blocks = stream.current.update(text, whole);
  const groups: Block[][] = [];
  for (let i = 0; i < blocks.length; i += GROUP) groups.push(blocks.slice(i, i + GROUP));
  return (
    <div class="markdown">
      {groups.map((group, index) => (
        <BlockGroup key={index} blocks={group} />
      ))}
    </div>
  );
}

/** So many blocks are looked at together: a step of a stream goes through the groups, and not through all blocks. */
const GROUP = 50;

/** Drawn anew only if one of its blocks is another object. */
class BlockGroup extends Component<{ blocks: Block[] }> {
  override shouldComponentUpdate({ blocks }: { blocks: Block[] }): boolean {
    return blocks.length !== this.props.blocks.length || blocks.some((block, i) => block !== this.props.blocks[i]);
  }

  override render({ blocks }: { blocks: Block[] }) {
    return (
      <>
        {blocks.map((block, index) => (
          <BlockView key={index} block={block} />
        ))}
      </>
    );
  }
}

/** Drawn anew only if its text or its end changed. */
class BlockView extends Component<{ block: Block }> {
  override shouldComponentUpdate({ block }: { block: Block }): boolean {
    return block.raw !== this.props.block.raw || block.closed !== this.props.block.closed;
  }

  override render({ block }: { block: Block }) {
    return isCode(block.token) ? (
      <Code text={block.token.text} language={languageOf(block.token)} closed={block.closed} />
    ) : (
      <Html token={block.token} />
    );
  }
}

function languageOf(code: Tokens.Code): string {
  return /^[^\s{]*/.exec(code.lang ?? '')?.[0] ?? '';
}

function Html({ token }: { token: Token }) {
  const host = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    host.current?.replaceChildren(nodesOf(token));
  }, [token]);
  return <div class="block" ref={host} />;
}

/** Code in a box: its language, a copy button, and colours as soon as it is whole. */
export function Code({ text, language, closed }: { text: string; language: string; closed: boolean }) {
  const host = useRef<HTMLElement>(null);
  const [coloured, setColoured] = useState<{ of: string; nodes: DocumentFragment } | null>(null);
  useEffect(() => {
    if (!closed || language === '') return undefined;
    let current = true;
    highlighted(text, language)
      .then((nodes) => {
        if (current && nodes !== undefined) setColoured({ of: text, nodes });
      })
      .catch(() => {}); // a file of the page is gone, after an update: the code stays plain
    return () => {
      current = false;
    };
  }, [text, language, closed]);
  useLayoutEffect(() => {
    if (!closed) return;
    if (coloured !== null && coloured.of === text) host.current?.replaceChildren(coloured.nodes.cloneNode(true));
    else if (host.current !== null && host.current.textContent !== text) host.current.textContent = text;
  }, [text, coloured, closed]);
  return (
    <figure class="code">
      <figcaption>
        <span>{language === '' ? 'text' : language}</span>
        <CopyButton text={text} label="Copy code" />
      </figcaption>
      <pre tabIndex={0} aria-label={`Code${language === '' ? '' : `, ${language}`}`}>
        {closed ? <code key="whole" ref={host} /> : <code key="growing"><GrowingText text={text} /></code>}
      </pre>
    </figure>
  );
}
