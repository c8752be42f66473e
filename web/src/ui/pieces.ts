/** Characters of a piece at least. */
const LEAST = 4000;

/**
 * Where a text is cut into pieces that end with a line.
 *
 * @param cuts those of its beginning, to which further ones are added
 */
export function cut(text: string, cuts: number[]): void {
  for (let last = cuts.at(-1) ?? 0; text.length - last > LEAST; last = cuts.at(-1) ?? 0) {
    const end = text.indexOf('\n', last + LEAST);
    if (end < 0) return;
    cuts.push(end + 1);
  }
}
