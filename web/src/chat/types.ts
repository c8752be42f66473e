import type { Failure } from '../lib/failure';

/** A text file that goes with a message. */
export interface TextFile {
  name: string;
  text: string;
}

export interface ToolCall {
  id: string;
  name: string;
  /** JSON text, as the model wrote it. */
  arguments: string;
  /** What the person answered for the tool; undefined while it is open. */
  result?: string;
}

/** What is known about how an answer came about. Times in milliseconds. */
export interface Figures {
  promptTokens?: number;
  completionTokens?: number;
  reasoningTokens?: number;
  cachedTokens?: number;
  /** Where the cached tokens were. */
  tiers?: { slot: number; memory: number; disk: number };
  cacheStop?: { token: number; message: number | null; reason: string } | null;
  queue?: number;
  load?: number;
  prefill?: number;
  decode?: number;
  /** From sending to the first character, as this browser saw it. */
  firstToken?: number;
  total?: number;
  /** What the key's limit of tokens had left when the answer began. */
  tokensLimit?: number;
  tokensLeft?: number;
}

/** One message. Never changed: a change is a new object with the same id. */
export interface Turn {
  id: string;
  conversation: string;
  /** The message that it follows; null for the first. */
  parent: string | null;
  role: 'user' | 'assistant';
  created: number;
  content: string;
  files?: TextFile[];
  reasoning?: string;
  calls?: ToolCall[];
  model?: string;
  /** As the API has it; `stopped` where the person did, `broken` where the stream did. */
  finish?: string;
  figures?: Figures;
  failure?: Failure;
}

export interface Settings {
  model: string;
  system: string;
  temperature?: number;
  top_p?: number;
  top_k?: number;
  min_p?: number;
  repeat_penalty?: number;
  seed?: number;
  max_tokens?: number;
  reasoning_effort?: string;
  stop?: string[];
  /** JSON text of a schema that answers satisfy; empty for none. */
  schema: string;
  /** JSON text of an array of tools; empty for none. */
  tools: string;
}

export interface Conversation {
  id: string;
  title: string;
  created: number;
  updated: number;
  settings: Settings;
  /** Of messages with several successors: which one is shown. The key '' stands for the beginning. */
  chosen: Record<string, string>;
}

export const NO_SETTINGS: Settings = { model: '', system: '', schema: '', tools: '' };
