import type { Settings, Turn } from './types';

/** Settings that can't be sent, with the field at fault. */
export class SettingsError extends Error {
  constructor(
    readonly field: 'schema' | 'tools',
    message: string,
  ) {
    super(message);
  }
}

/** The body of `POST /v1/chat/completions` for the answer that follows these messages. */
export function body(settings: Settings, turns: Turn[], goOn: boolean): Record<string, unknown> {
  const request: Record<string, unknown> = {
    messages: messages(settings.system, turns),
    stream: true,
    stream_options: { include_usage: true },
    timings: true,
  };
  if (settings.model !== '') request.model = settings.model;
  if (goOn) request.continue_final_message = true;
  const { temperature, top_p, top_k, min_p, repeat_penalty, seed, reasoning_effort } = settings;
  const plain = { temperature, top_p, top_k, min_p, repeat_penalty, seed, reasoning_effort, max_completion_tokens: settings.max_tokens };
  for (const [name, value] of Object.entries(plain)) if (value !== undefined && value !== '') request[name] = value;
  if (settings.stop !== undefined && settings.stop.length > 0) request.stop = settings.stop;
  if (settings.schema.trim() !== '') {
    request.response_format = { type: 'json_schema', json_schema: { name: 'answer', schema: parse('schema', settings.schema) } };
  }
  if (settings.tools.trim() !== '') {
    const tools = parse('tools', settings.tools);
    if (!Array.isArray(tools)) throw new SettingsError('tools', 'The tools must be an array, as in OpenAI’s API.');
    if (tools.length > 0) request.tools = tools.map((tool) => (isFunction(tool) ? tool : { type: 'function', function: tool }));
  }
  return request;
}

function isFunction(tool: unknown): boolean {
  return typeof tool === 'object' && tool !== null && 'function' in tool;
}

function parse(field: 'schema' | 'tools', text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (e) {
    throw new SettingsError(field, `The ${field === 'schema' ? 'JSON schema' : 'list of tools'} is no JSON: ${(e as Error).message}`);
  }
}

interface Message {
  role: string;
  content: string | null;
  [more: string]: unknown;
}

/** The messages as the API takes them. What failed without a word is left out. */
export function messages(system: string, turns: Turn[]): Message[] {
  const out: Message[] = [];
  if (system.trim() !== '') out.push({ role: 'system', content: system });
  for (const turn of turns) {
    if (turn.role === 'user') {
      out.push({ role: 'user', content: withFiles(turn) });
      continue;
    }
    const answered = (turn.calls ?? []).filter((call) => call.result !== undefined);
    if (turn.content === '' && answered.length === 0) continue;
    const message: Message = { role: 'assistant', content: turn.content };
    if (turn.reasoning) message.reasoning_content = turn.reasoning;
    if (answered.length > 0) {
      message.tool_calls = answered.map(({ id, name, arguments: text }) => ({ id, type: 'function', function: { name, arguments: text } }));
    }
    out.push(message);
    for (const call of answered) out.push({ role: 'tool', tool_call_id: call.id, content: call.result ?? '' });
  }
  return out;
}

/** Files stand before what is asked of them, each in a fence that is longer than any in it. */
export function withFiles(turn: Turn): string {
  const files = (turn.files ?? []).map(({ name, text }) => {
    const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
    const fence = '`'.repeat(longest + 1);
    return `File: ${name}\n${fence}\n${text}${text.endsWith('\n') ? '' : '\n'}${fence}\n\n`;
  });
  return files.join('') + turn.content;
}
