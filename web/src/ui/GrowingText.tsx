import { Component } from 'preact';
import { useRef } from 'preact/hooks';
import { cut } from './pieces';

/** A text that grows at its end, in pieces: what more text can't change is laid out once, however long it becomes. */
export function GrowingText({ text }: { text: string }) {
  const cuts = useRef<number[]>([]);
  const before = useRef('');
  if (!text.startsWith(before.current)) cuts.current = [];
  before.current = text;
  cut(text, cuts.current);
  const ends = [...cuts.current, text.length];
  return (
    <>
      {ends.map((end, i) => (
        <Piece key={i} text={text.slice(ends[i - 1] ?? 0, end)} />
      ))}
    </>
  );
}

class Piece extends Component<{ text: string }> {
  override shouldComponentUpdate({ text }: { text: string }): boolean {
    return text !== this.props.text;
  }

  override render({ text }: { text: string }) {
    return <span class="piece">{text}</span>;
  }
}
