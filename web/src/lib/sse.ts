/** An event of a stream of server-sent events. */
export interface ServerEvent {
  /** Its type; `message` where the server names none. */
  event: string;
  data: string;
}

/**
 * Reads a stream of server-sent events from text that comes in pieces of any size.
 * Comments are told too: Gufo says in them that it is still there.
 * See https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventParser {
  private rest = '';
  private event = '';
  private data: string[] = [];
  private started = false;

  constructor(
    private readonly onEvent: (event: ServerEvent) => void,
    private readonly onComment: (text: string) => void = () => {},
  ) {}

  /** Takes the next piece. A line that is not whole yet is kept for the next one. */
  push(text: string): void {
    if (!this.started && text !== '') {
      this.started = true;
      if (text.startsWith('\ufeff')) text = text.slice(1);
    }
    const all = this.rest + text;
    let begin = 0;
    for (let i = 0; i < all.length; i++) {
      const c = all[i];
      if (c === '\n') {
        this.line(all.slice(begin, i));
        begin = i + 1;
      } else if (c === '\r') {
        if (i + 1 === all.length) break; // a line feed may follow, which belongs to it
        this.line(all.slice(begin, i));
        if (all[i + 1] === '\n') i++;
        begin = i + 1;
      }
    }
    this.rest = all.slice(begin);
  }

  private line(line: string): void {
    if (line === '') {
      if (this.data.length > 0) this.onEvent({ event: this.event || 'message', data: this.data.join('\n') });
      this.event = '';
      this.data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) {
      this.onComment(line.slice(1).trim());
      return;
    }
    const field = colon < 0 ? line : line.slice(0, colon);
    const raw = colon < 0 ? '' : line.slice(colon + 1);
    const value = raw.startsWith(' ') ? raw.slice(1) : raw;
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.event = value;
  }
}

/** Reads a response's body as events, until it ends. Throws what the network throws. */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: (event: ServerEvent) => void,
  onComment?: (text: string) => void,
): Promise<void> {
  const parser = new EventParser(onEvent, onComment);
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parser.push(decoder.decode(value, { stream: true }));
  }
  parser.push(decoder.decode());
}
