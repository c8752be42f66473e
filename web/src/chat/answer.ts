import { call } from '../lib/api';
import { ApiError, type Failure, failureOf } from '../lib/failure';
import { readEvents } from '../lib/sse';
import { budgetOf, figuresOf } from './figures';
import type { Figures, ToolCall } from './types';

/** What has come of an answer so far. */
export interface Progress {
  content: string;
  reasoning: string;
  calls: ToolCall[];
}

/** How an answer ended: as the API has it, or why not. */
export interface End extends Progress {
  finish: string;
  /** The model that answered, as the server named it. */
  model?: string;
  figures: Figures;
  failure?: Failure;
}

interface Chunk {
  model?: string;
  choices?: {
    delta?: {
      content?: string | null;
      reasoning_content?: string | null;
      tool_calls?: { index: number; id?: string; function?: { name?: string; arguments?: string } }[];
    };
    finish_reason?: string | null;
  }[];
  usage?: Parameters<typeof figuresOf>[0];
  timings?: Parameters<typeof figuresOf>[1];
  error?: { message?: string; code?: string | null };
}

/**
 * Asks for an answer and tells it as it comes. It never throws: what goes wrong is in the end that it returns, beside what had
 * come until then.
 *
 * @param onProgress called for each event with text
 * @param onComment called when the server says that it is still there
 */
export async function answer(
  body: Record<string, unknown>,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
  onComment: (text: string) => void,
): Promise<End> {
  const sent = performance.now();
  const progress: Progress = { content: '', reasoning: '', calls: [] };
  let figures: Figures = {};
  let finish = '';
  let failure: Failure | undefined;
  let whole = false;
  let model: string | undefined;
  let firstToken: number | undefined;
  try {
    const response = await call('v1/chat/completions', { method: 'POST', body: JSON.stringify(body), signal });
    if (response.body === null) throw new ApiError(await failureOf(response));
    const budget = budgetOf(response.headers);
    await readEvents(
      response.body,
      ({ data }) => {
        if (data === '[DONE]') {
          whole = true;
          return;
        }
        const chunk = JSON.parse(data) as Chunk;
        if (chunk.error !== undefined) {
          failure = {
            status: 500,
            code: chunk.error.code ?? 'internal_error',
            message: chunk.error.message ?? 'The server ended the stream with an error.',
            requestId: response.headers.get('x-request-id') ?? undefined,
          };
          return;
        }
        model ??= chunk.model;
        if (chunk.usage || chunk.timings) figures = { ...figuresOf(chunk.usage, chunk.timings), ...budget };
        const choice = chunk.choices?.[0];
        if (choice === undefined) return;
        if (take(progress, choice.delta ?? {})) {
          firstToken ??= performance.now() - sent;
          onProgress({ ...progress, calls: [...progress.calls] });
        }
        if (choice.finish_reason) finish = choice.finish_reason;
      },
      onComment,
    );
    if (!whole && failure === undefined) failure = broken(progress);
  } catch (e) {
    if (signal.aborted) finish = 'stopped';
    else if (e instanceof ApiError) failure = e.failure;
    else failure = broken(progress);
  }
  figures.firstToken = firstToken;
  figures.total = performance.now() - sent;
  if (failure !== undefined) finish = 'broken';
  return { ...progress, finish, model, figures, failure };
}

/** Adds what a chunk brings; false if that is no text. */
function take(progress: Progress, delta: NonNullable<NonNullable<Chunk['choices']>[number]['delta']>): boolean {
  const before = progress.content.length + progress.reasoning.length;
  progress.content += delta.content ?? '';
  progress.reasoning += delta.reasoning_content ?? '';
  for (const part of delta.tool_calls ?? []) {
    const known = progress.calls[part.index] ?? { id: '', name: '', arguments: '' };
    progress.calls[part.index] = {
      id: part.id ?? known.id,
      name: part.function?.name ?? known.name,
      arguments: known.arguments + (part.function?.arguments ?? ''),
    };
  }
  return progress.content.length + progress.reasoning.length > before || (delta.tool_calls ?? []).length > 0;
}

function broken({ content, reasoning }: Progress): Failure {
  const came = content.length + reasoning.length;
  return {
    status: 0,
    code: 'broken',
    message:
      came === 0
        ? 'The connection to the server ended before an answer came.'
        : 'The connection to the server ended in the middle of the answer. The end of it is missing; what came is above.',
  };
}
