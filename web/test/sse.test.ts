import { expect, test } from 'vitest';
import { EventParser, readEvents, type ServerEvent } from '../src/lib/sse';

const STREAM = '\ufeff: ping\r\n\r\ndata: {"a":\r\ndata: 1}\r\n\r\nevent: done\ndata:x\n\ndata: last\r\rdata: never whole';

function parse(pieces: string[]): { events: ServerEvent[]; comments: string[] } {
  const events: ServerEvent[] = [];
  const comments: string[] = [];
  const parser = new EventParser((event) => events.push(event), (text) => comments.push(text));
  pieces.forEach((piece) => parser.push(piece));
  return { events, comments };
}

test('events are the same however the text is cut', () => {
  const whole = parse([STREAM]);
  expect(whole.events).toEqual([
    { event: 'message', data: '{"a":\n1}' },
    { event: 'done', data: 'x' },
    { event: 'message', data: 'last' },
  ]);
  expect(whole.comments).toEqual(['ping']);
  for (let at = 0; at <= STREAM.length; at++) expect(parse([STREAM.slice(0, at), STREAM.slice(at)])).toEqual(whole);
  expect(parse([...STREAM])).toEqual(whole);
});

test('characters that come in halves are put together', async () => {
  const bytes = new TextEncoder().encode('data: 🦉 è\n\n');
  for (let at = 1; at < bytes.length; at++) {
    const events: ServerEvent[] = [];
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.slice(0, at));
        controller.enqueue(bytes.slice(at));
        controller.close();
      },
    });
    await readEvents(body, (event) => events.push(event));
    expect(events).toEqual([{ event: 'message', data: '🦉 è' }]);
  }
});
