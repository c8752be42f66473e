import type { TextFile } from '../chat/types';
import { bytes } from '../lib/format';

const LARGEST = 4 << 20;

/** A dropped file as text; throws an error with a sentence where it is none. */
export async function textOf(file: File): Promise<TextFile> {
  if (file.size > LARGEST) throw new Error(`${file.name} has ${bytes(file.size)}; a file may have ${bytes(LARGEST)}.`);
  const content = new Uint8Array(await file.arrayBuffer());
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    if (!text.includes('\0')) return { name: file.name, text };
  } catch {
    // no UTF-8
  }
  throw new Error(`${file.name} is no text. Only text files can be sent.`);
}
