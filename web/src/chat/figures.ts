import { count, duration, plural } from '../lib/format';
import type { Figures } from './types';

interface Usage {
  prompt_tokens?: number;
  completion_tokens?: number;
  prompt_tokens_details?: { cached_tokens?: number };
  completion_tokens_details?: { reasoning_tokens?: number };
}

interface Timings {
  queue_ms?: number;
  load_ms?: number;
  prefill_ms?: number;
  decode_ms?: number;
  cached_tokens?: { slot: number; memory: number; disk: number };
  cache_stop?: { token: number; message: number | null; reason: string } | null;
}

/** What the last chunk of a stream tells. */
export function figuresOf(usage: Usage | undefined | null, timings: Timings | undefined): Figures {
  return {
    promptTokens: usage?.prompt_tokens,
    completionTokens: usage?.completion_tokens,
    cachedTokens: usage?.prompt_tokens_details?.cached_tokens,
    reasoningTokens: usage?.completion_tokens_details?.reasoning_tokens,
    queue: timings?.queue_ms,
    load: timings?.load_ms,
    prefill: timings?.prefill_ms,
    decode: timings?.decode_ms,
    tiers: timings?.cached_tokens,
    cacheStop: timings?.cache_stop,
  };
}

/** The limits of the key that an answer's headers tell. */
export function budgetOf(headers: Headers): Pick<Figures, 'tokensLimit' | 'tokensLeft'> {
  const limit = Number(headers.get('x-ratelimit-limit-tokens') ?? NaN);
  const left = Number(headers.get('x-ratelimit-remaining-tokens') ?? NaN);
  return Number.isFinite(limit) && Number.isFinite(left) ? { tokensLimit: limit, tokensLeft: left } : {};
}

/** Tokens of the answer in a second; the first one is not among them, since it belongs to the prompt. */
export function speed(figures: Figures): number | undefined {
  const tokens = (figures.completionTokens ?? 0) - 1;
  return tokens > 0 && figures.decode !== undefined && figures.decode > 0 ? (tokens * 1000) / figures.decode : undefined;
}

/** The short line under an answer. */
export function line(figures: Figures): string[] {
  const parts: string[] = [];
  if (figures.completionTokens !== undefined) parts.push(plural(figures.completionTokens, 'token'));
  const rate = speed(figures);
  if (rate !== undefined) parts.push(`${rate >= 100 ? Math.round(rate) : rate.toFixed(1)} tokens/s`);
  if (figures.firstToken !== undefined) parts.push(`first after ${duration(figures.firstToken)}`);
  if (figures.promptTokens !== undefined && figures.cachedTokens !== undefined && figures.promptTokens > 0) {
    parts.push(`${Math.round((figures.cachedTokens / figures.promptTokens) * 100)} % of the prompt cached`);
  }
  return parts;
}

const REASONS: Record<string, string> = {
  'different text': 'From there on the text is another one than what was computed before.',
  'nothing kept': 'Nothing was kept that begins like this prompt.',
  evicted: 'The rest was computed before, and made room for others since.',
  'other adapter': 'The rest was computed with another adapter.',
  'no checkpoint': 'This model keeps its state at certain places only, and that was the last one.',
  'too little to copy': 'What was left was too short to be worth a copy.',
  'not used': 'This request asked for no reuse.',
};

/** All that is known, as pairs of a name and a sentence. */
export function details(figures: Figures): [string, string][] {
  const rows: [string, string][] = [];
  const add = (name: string, value: number | undefined, text: (n: number) => string) => {
    if (value !== undefined) rows.push([name, text(value)]);
  };
  add('Waited for a place', figures.queue, duration);
  if ((figures.load ?? 0) > 0) add('Waited for the model', figures.load, duration);
  add('Read the prompt', figures.prefill, (n) => {
    const tokens = (figures.promptTokens ?? 0) - (figures.cachedTokens ?? 0);
    return n > 0 && tokens > 0 ? `${duration(n)}, ${plural(tokens, 'token')} at ${count(Math.round((tokens * 1000) / n))} tokens/s` : duration(n);
  });
  add('Wrote the answer', figures.decode, (n) => {
    const rate = speed(figures);
    return rate === undefined ? duration(n) : `${duration(n)} at ${rate.toFixed(1)} tokens/s`;
  });
  add('First character', figures.firstToken, (n) => `after ${duration(n)}`);
  add('Prompt', figures.promptTokens, (n) => {
    const cached = figures.cachedTokens ?? 0;
    return `${plural(n, 'token')}, ${cached === 0 ? 'none' : count(cached)} cached${where(figures)}`;
  });
  if (figures.cacheStop) rows.push(['Why not more', why(figures.cacheStop)]);
  add('Answer', figures.completionTokens, (n) =>
    (figures.reasoningTokens ?? 0) > 0 ? `${plural(n, 'token')}, ${count(figures.reasoningTokens ?? 0)} of them reasoning` : plural(n, 'token'),
  );
  if (figures.tokensLimit !== undefined && figures.tokensLeft !== undefined) {
    const used = (figures.promptTokens ?? 0) + (figures.completionTokens ?? 0);
    rows.push(['Key’s budget', `${count(used)} of ${count(figures.tokensLimit)} tokens; ${count(figures.tokensLeft)} were left when it began`]);
  }
  return rows;
}

function where({ tiers }: Figures): string {
  if (tiers === undefined) return '';
  const names = { slot: 'a slot', memory: 'main memory', disk: 'disk' } as const;
  const found = (Object.keys(names) as (keyof typeof names)[]).find((tier) => tiers[tier] > 0);
  return found === undefined ? '' : ` in ${names[found]}`;
}

function why(stop: { token: number; message: number | null; reason: string }): string {
  const sentence = REASONS[stop.reason] ?? `Reason: ${stop.reason}.`;
  if (stop.reason === 'nothing kept') return sentence;
  return `Reuse ended at token ${count(stop.token)}${stop.message === null ? '' : `, in message ${stop.message + 1}`}. ${sentence}`;
}
