import { type Conversation, NO_SETTINGS, type Settings, type ToolCall, type Turn } from './types';

/** What a file of exported conversations holds. */
interface Exported {
  format: 'gufo-conversations';
  version: 1;
  conversations: { conversation: Conversation; turns: Turn[] }[];
}

export function exported(conversations: Exported['conversations']): string {
  const file: Exported = { format: 'gufo-conversations', version: 1, conversations };
  return JSON.stringify(file, null, 2);
}

type Loose = Record<string, unknown>;

function object(value: unknown, what: string): Loose {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is no object.`);
  return value as Loose;
}

function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw new Error(`${what} is no list.`);
  return value;
}

function text(value: unknown, otherwise = ''): string {
  return typeof value === 'string' ? value : otherwise;
}

function time(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : Date.now();
}

/**
 * Reads such a file. Every field is checked, and every id is a new one: a file may come from anywhere, and may be imported
 * twice. Throws an error with a sentence for people.
 */
export function imported(json: string, newId: () => string): { conversation: Conversation; turns: Turn[] }[] {
  let file: unknown;
  try {
    file = JSON.parse(json);
  } catch {
    throw new Error('The file is no JSON.');
  }
  const root = object(file, 'The file');
  if (root.format !== 'gufo-conversations') throw new Error('The file holds no conversations of Gufo.');
  if (root.version !== 1) throw new Error(`The file has version ${String(root.version)}, and this page reads version 1.`);
  return list(root.conversations, 'conversations').map((entry) => one(object(entry, 'A conversation'), newId));
}

function one(entry: Loose, newId: () => string): { conversation: Conversation; turns: Turn[] } {
  const told = object(entry.conversation, 'conversation');
  const id = newId();
  const ids = new Map<string, string>();
  const loose = list(entry.turns, 'turns').map((turn) => object(turn, 'A message'));
  for (const turn of loose) ids.set(text(turn.id), newId());
  const turns = loose.map((turn): Turn => {
    if (turn.role !== 'user' && turn.role !== 'assistant') throw new Error(`A message has the role ${String(turn.role)}.`);
    const parent = typeof turn.parent === 'string' ? ids.get(turn.parent) : null;
    if (parent === undefined) throw new Error('A message follows one that is not in the file.');
    return {
      id: ids.get(text(turn.id)) ?? newId(),
      conversation: id,
      parent,
      role: turn.role,
      created: time(turn.created),
      content: text(turn.content),
      ...(Array.isArray(turn.files) ? { files: turn.files.map((f) => object(f, 'A file')).map((f) => ({ name: text(f.name), text: text(f.text) })) } : {}),
      ...(typeof turn.reasoning === 'string' ? { reasoning: turn.reasoning } : {}),
      ...(Array.isArray(turn.calls) ? { calls: turn.calls.map((call) => toolCall(object(call, 'A call'))) } : {}),
      ...(typeof turn.model === 'string' ? { model: turn.model } : {}),
      ...(typeof turn.finish === 'string' ? { finish: turn.finish } : {}),
    };
  });
  const chosen: Record<string, string> = {};
  for (const [from, to] of Object.entries(object(told.chosen ?? {}, 'chosen'))) {
    const parent = from === '' ? '' : ids.get(from);
    const child = ids.get(text(to));
    if (parent !== undefined && child !== undefined) chosen[parent] = child;
  }
  const conversation: Conversation = {
    id,
    title: text(told.title, 'Imported'),
    created: time(told.created),
    updated: time(told.updated),
    settings: settings(object(told.settings ?? {}, 'settings')),
    chosen,
  };
  return { conversation, turns };
}

function toolCall(call: Loose): ToolCall {
  const base = { id: text(call.id), name: text(call.name), arguments: text(call.arguments) };
  return typeof call.result === 'string' ? { ...base, result: call.result } : base;
}

function settings(told: Loose): Settings {
  const kept: Settings = { ...NO_SETTINGS, model: text(told.model), system: text(told.system), schema: text(told.schema), tools: text(told.tools) };
  for (const name of ['temperature', 'top_p', 'top_k', 'min_p', 'repeat_penalty', 'seed', 'max_tokens'] as const) {
    const value = told[name];
    if (typeof value === 'number' && Number.isFinite(value)) kept[name] = value;
  }
  if (typeof told.reasoning_effort === 'string') kept.reasoning_effort = told.reasoning_effort;
  if (Array.isArray(told.stop)) kept.stop = told.stop.filter((stop): stop is string => typeof stop === 'string');
  return kept;
}

/** A conversation as it is shown, as Markdown to read elsewhere. */
export function markdown(title: string, turns: Turn[]): string {
  const parts = turns.map((turn) => `## ${turn.role === 'user' ? 'You' : (turn.model ?? 'Assistant')}\n\n${turn.content}`);
  return `# ${title}\n\n${parts.join('\n\n')}\n`;
}
