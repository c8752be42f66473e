/** Tokens in a second. */
export interface Rates {
  prompt: number;
  generated: number;
}

interface Counted {
  id: string;
  tokens: { prompt: number; generated: number };
}

/** Makes rates of counters, over the last few seconds. */
export class RateMeter {
  private readonly seen: { time: number; tokens: Map<string, Counted['tokens']> }[] = [];

  constructor(private readonly span = 5000) {}

  /** Takes the counters of a moment, in milliseconds, and tells the rates since the earliest one that still counts. */
  take(models: Counted[], time: number): Record<string, Rates> {
    this.seen.push({ time, tokens: new Map(models.map(({ id, tokens }) => [id, tokens])) });
    while (this.seen.length > 2 && time - (this.seen[1]?.time ?? time) >= this.span) this.seen.shift();
    const first = this.seen[0];
    const rates: Record<string, Rates> = {};
    for (const { id, tokens } of models) {
      const before = first?.tokens.get(id);
      const seconds = (time - (first?.time ?? time)) / 1000;
      const rate = (now: number, then: number) => (seconds > 0 && now >= then ? (now - then) / seconds : 0); // a restart begins at 0
      rates[id] = before === undefined ? { prompt: 0, generated: 0 } : { prompt: rate(tokens.prompt, before.prompt), generated: rate(tokens.generated, before.generated) };
    }
    return rates;
  }
}
