import { batch, computed, signal } from '@preact/signals';
import { getJson, type Model, models as fetchModels, waitingFor } from '../lib/api';
import { ApiError, explain, type Failure } from '../lib/failure';
import { answer, type Progress } from './answer';
import { body, SettingsError } from './request';
import type { Store } from './store';
import { exported, imported } from './transfer';
import { Tree } from './tree';
import { type Conversation, NO_SETTINGS, type Settings, type TextFile, type Turn } from './types';

/*
 * The state of the chat. One module owns it: components read signals and call functions here. What is drawn for each token is
 * `live` alone; the list of messages changes when a message begins or ends.
 */

/** An answer that is being made. */
export interface Live {
  turn: Turn;
  phase: 'waiting' | 'loading' | 'writing';
  since: number;
  /** How far its model is loaded. */
  percent?: number;
  /** Its model's place in the line of those to be loaded. */
  position?: number;
  /** How many requests wait for its model, this one among them. */
  queue?: number;
  /** Parts that came, and when the first one did: about the tokens in a second. */
  parts: number;
  firstPart: number;
}

export const conversations = signal<Conversation[]>([]);
export const current = signal<Conversation | null>(null);
/** Settings of the next conversation. */
export const draftSettings = signal<Settings>({ ...NO_SETTINGS });
export const live = signal<Live | null>(null);
/** Which message is being written: unlike `live` it does not change with each token. */
export const liveId = computed(() => live.value?.turn.id ?? null);
export const serverModels = signal<Model[]>([]);
export const modelsFailure = signal<Failure | null>(null);
export const asksForKey = signal(false);
/** What is told to those who don't see the page. */
export const announcement = signal('');
/** Seconds until it is tried again, and of which message. */
export const retry = signal<{ turn: string; seconds: number } | null>(null);

const tree = signal(new Tree([]));
const version = signal(0);

/** The messages that are shown. */
export const path = computed(() => {
  void version.value;
  return current.value === null ? [] : tree.value.path(current.value.chosen);
});
export const settings = computed(() => current.value?.settings ?? draftSettings.value);
export const chatModels = computed(() => serverModels.value.filter((model) => model.roles === undefined || model.roles.includes('chat')));
/** The model that answers: the chosen one, else the server's first. */
export const model = computed(() => chatModels.value.find((one) => one.id === settings.value.model) ?? chatModels.value[0]);

let store: Store | null = null;
let abort: AbortController | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

const LAST_SETTINGS = 'gufo.settings';

export function newId(): string {
  const random = crypto.getRandomValues(new Uint8Array(12));
  return [...random].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Begins with what this browser keeps; without a store everything works until the page is left. */
export async function start(opened: Store | null): Promise<void> {
  store = opened;
  try {
    const kept = JSON.parse(localStorage.getItem(LAST_SETTINGS) ?? '{}') as Partial<Settings>;
    draftSettings.value = { ...NO_SETTINGS, ...kept };
  } catch {
    // nothing kept
  }
  conversations.value = (await store?.list()) ?? [];
  await loadModels();
}

export async function loadModels(): Promise<void> {
  try {
    serverModels.value = await fetchModels();
    modelsFailure.value = null;
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    modelsFailure.value = e.failure;
    if (e.failure.status === 401) asksForKey.value = true;
  }
}

export async function open(id: string): Promise<void> {
  const conversation = conversations.value.find((one) => one.id === id);
  if (conversation === undefined) return;
  if (current.value?.id === id) return;
  stop();
  const turns = (await store?.turns(id)) ?? [];
  batch(() => {
    retry.value = null;
    tree.value = new Tree(turns);
    current.value = conversation;
    version.value++;
  });
}

export function begin(): void {
  stop();
  batch(() => {
    retry.value = null;
    tree.value = new Tree([]);
    current.value = null;
  });
}

export function changeSettings(change: Partial<Settings>): void {
  const changed = { ...settings.value, ...change };
  draftSettings.value = { ...changed, system: current.value === null ? changed.system : draftSettings.value.system };
  try {
    localStorage.setItem(LAST_SETTINGS, JSON.stringify(draftSettings.value));
  } catch {
    // they hold until the page is left
  }
  if (current.value !== null) update({ ...current.value, settings: changed });
}

export function rename(id: string, title: string): void {
  const conversation = conversations.value.find((one) => one.id === id);
  if (conversation !== undefined && title.trim() !== '') update({ ...conversation, title: title.trim() });
}

export async function remove(id: string): Promise<void> {
  if (current.value?.id === id) begin();
  conversations.value = conversations.value.filter((one) => one.id !== id);
  await store?.remove(id);
}

export async function removeAll(): Promise<void> {
  begin();
  conversations.value = [];
  await store?.clear();
}

export async function find(text: string): Promise<Set<string> | null> {
  if (text.trim() === '') return null;
  const found = (await store?.search(text)) ?? new Set<string>();
  for (const one of conversations.value) if (one.title.toLowerCase().includes(text.trim().toLowerCase())) found.add(one.id);
  return found;
}

/** One conversation, or all, as the text of a file. */
export async function exportText(id?: string): Promise<string> {
  const wanted = conversations.value.filter((one) => id === undefined || one.id === id);
  return exported(await Promise.all(wanted.map(async (conversation) => ({ conversation, turns: (await store?.turns(conversation.id)) ?? [] }))));
}

/** Takes conversations from a file's text; throws an error with a sentence for people. */
export async function importText(text: string): Promise<number> {
  const taken = imported(text, newId);
  for (const { conversation, turns } of taken) await store?.putAll(conversation, turns);
  conversations.value = [...taken.map(({ conversation }) => conversation), ...conversations.value].sort((a, b) => b.updated - a.updated);
  return taken.length;
}

/** Sends what a person wrote, as the next message or instead of another one. */
export async function send(content: string, files: TextFile[], instead?: Turn): Promise<void> {
  stop();
  const parent = instead !== undefined ? instead.parent : (path.value.at(-1)?.id ?? null);
  const conversation = current.value ?? startConversation(content, files);
  const turn: Turn = { id: newId(), conversation: conversation.id, parent, role: 'user', created: Date.now(), content };
  if (files.length > 0) turn.files = files;
  put(turn, true);
  await respond(turn);
}

/** Has the message before this answer answered once more. */
export async function regenerate(turn: Turn): Promise<void> {
  stop();
  const before = turn.parent === null ? undefined : tree.value.get(turn.parent);
  if (before !== undefined) await respond(before);
}

/** What the person answered for the model's tools; then the model goes on. */
export async function sendResults(turn: Turn, results: string[]): Promise<void> {
  stop();
  const answered = { ...turn, calls: (turn.calls ?? []).map((call, i) => ({ ...call, result: results[i] ?? '' })) };
  put(answered, false);
  await respond(answered);
}

/** Has an answer that was cut off gone on with. */
export async function goOn(turn: Turn): Promise<void> {
  stop();
  const before = turn.parent === null ? undefined : tree.value.get(turn.parent);
  if (before === undefined) return;
  if (turn.content === '') await regenerate(turn);
  else await respond(before, turn);
}

/** Shows another of several alternatives. */
export function choose(turn: Turn): void {
  stop();
  const conversation = current.value;
  if (conversation === null) return;
  update({ ...conversation, chosen: { ...conversation.chosen, [turn.parent ?? '']: turn.id } });
}

export function alternatives(turn: Turn): Turn[] {
  return tree.value.siblings(turn);
}

/** Stops the answer that is being made, or the waiting for a next try. */
export function stop(): void {
  clearTimeout(timer);
  retry.value = null;
  abort?.abort();
  abort = null;
}

function startConversation(content: string, files: TextFile[]): Conversation {
  const now = Date.now();
  const words = content.trim().replace(/\s+/g, ' ');
  const title = (words === '' ? (files[0]?.name ?? 'New chat') : words).slice(0, 80);
  const conversation: Conversation = { id: newId(), title, created: now, updated: now, settings: { ...draftSettings.value }, chosen: {} };
  batch(() => {
    tree.value = new Tree([]);
    current.value = conversation;
    conversations.value = [conversation, ...conversations.value];
  });
  return conversation;
}

function update(conversation: Conversation): void {
  batch(() => {
    if (current.value?.id === conversation.id) current.value = conversation;
    conversations.value = conversations.value
      .map((one) => (one.id === conversation.id ? conversation : one))
      .sort((a, b) => b.updated - a.updated);
  });
  void store?.putConversation(conversation).catch(notKept);
}

function put(turn: Turn, shown: boolean): void {
  tree.value.put(turn);
  version.value++;
  void store?.putTurn(turn).catch(notKept);
  const conversation = current.value;
  if (conversation !== null && conversation.id === turn.conversation) {
    const chosen = shown ? { ...conversation.chosen, [turn.parent ?? '']: turn.id } : conversation.chosen;
    update({ ...conversation, updated: Date.now(), chosen });
  }
}

function notKept(e: unknown): void {
  announcement.value = `This browser could not keep the message: ${String(e)}`;
}

/**
 * Has a message answered.
 *
 * @param continued an answer that is gone on with
 * @param failed an answer without a word whose place the new one takes
 */
async function respond(parent: Turn, continued?: Turn, failed?: Turn): Promise<void> {
  const conversation = current.value;
  if (conversation === null) return;
  const wanted = conversation.settings;
  const controller = new AbortController();
  abort = controller;
  const already = continued?.content ?? '';
  const turn: Turn = continued ?? {
    id: failed?.id ?? newId(),
    conversation: conversation.id,
    parent: parent.id,
    role: 'assistant',
    created: failed?.created ?? Date.now(),
    content: '',
    model: model.value?.id ?? wanted.model,
  };
  const turns = tree.value.ancestry(parent.id);
  let request: Record<string, unknown>;
  try {
    request = body(wanted, continued === undefined ? turns : [...turns, continued], continued !== undefined);
  } catch (e) {
    if (!(e instanceof SettingsError)) throw e;
    put({ ...turn, finish: 'broken', failure: { status: 400, code: 'invalid_value', message: e.message } }, true);
    return;
  }
  put({ ...turn, finish: undefined, failure: undefined }, true);
  live.value = { turn, phase: 'waiting', since: Date.now(), parts: 0, firstPart: 0 };
  announcement.value = 'Waiting for the answer';
  const watching = watchModel(turn.model ?? '', controller.signal);
  let pending: Progress | null = null;
  let kept = Date.now();
  const draw = () => {
    const state = live.value;
    if (pending === null || state === null || controller.signal.aborted) return;
    const { content, reasoning, calls } = pending;
    pending = null;
    const grown = { ...turn, content: already + content, ...(reasoning === '' ? {} : { reasoning }), ...(calls.length === 0 ? {} : { calls }) };
    if (state.phase !== 'writing') announcement.value = 'The answer is being written';
    live.value = { ...state, phase: 'writing', turn: grown, parts: received, firstPart };
    if (Date.now() - kept > 2000) {
      kept = Date.now(); // a tab that is closed loses two seconds
      void store?.putTurn({ ...grown, finish: 'broken', failure: left }).catch(notKept);
    }
  };
  const left: Failure = { status: 0, code: 'broken', message: 'The page was left while this was written. The end of it is missing.' };
  let received = 0;
  let firstPart = 0;
  const end = await answer(
    request,
    controller.signal,
    (progress) => {
      received++;
      if (firstPart === 0) firstPart = performance.now();
      if (pending === null) requestAnimationFrame(draw);
      pending = progress;
    },
    () => {},
  );
  watching();
  const done: Turn = {
    ...turn,
    content: already + end.content,
    finish: end.finish,
    model: end.model ?? turn.model,
    figures: end.figures,
    ...(end.reasoning === '' ? {} : { reasoning: end.reasoning }),
    ...(end.calls.length === 0 ? {} : { calls: end.calls }),
    failure: end.failure,
  };
  batch(() => {
    if (abort === controller || abort === null) live.value = null;
    if (abort === controller) abort = null;
    if (current.value?.id === done.conversation) put(done, false);
    else void store?.putTurn(done).catch(notKept);
  });
  tell(done);
}

function tell(done: Turn): void {
  if (done.failure === undefined) {
    announcement.value = done.finish === 'stopped' ? 'Stopped' : 'The answer is complete';
    void loadModels();
    return;
  }
  const why = explain(done.failure);
  announcement.value = `${why.title}. ${why.text}`;
  if (why.remedy === 'key') asksForKey.value = done.failure.status === 401;
  if (why.wait !== undefined && why.remedy === 'retry' && current.value?.id === done.conversation) countDown(done, Math.ceil(why.wait));
}

function countDown(turn: Turn, seconds: number): void {
  if (seconds <= 0) {
    retry.value = null;
    void tryAgain(turn);
    return;
  }
  retry.value = { turn: turn.id, seconds };
  timer = setTimeout(() => countDown(turn, seconds - 1), 1000);
}

/** Has an answer that failed made again, in its place: it is no alternative of its own. */
export async function tryAgain(turn: Turn): Promise<void> {
  stop();
  const before = turn.parent === null ? undefined : tree.value.get(turn.parent);
  if (before === undefined) return;
  if (turn.content !== '') await goOn(turn);
  else await respond(before, undefined, turn);
}

/** While nothing has come: whether the model is being loaded, and how far it is. Ends with the function it returns. */
function watchModel(id: string, signal: AbortSignal): () => void {
  let over = false;
  let next: ReturnType<typeof setTimeout> | undefined;
  const look = async () => {
    const state = live.value;
    if (over || signal.aborted || state === null || state.phase === 'writing') return;
    try {
      const told = await getJson<Model>(`v1/models/${id.split('/').map(encodeURIComponent).join('/')}`, signal);
      const loading = told.status !== 'loaded';
      const queue = loading || Date.now() - state.since < 1000 ? undefined : await waitingFor(id, signal).catch(() => undefined);
      const now = live.value;
      if (!over && now !== null && now.phase !== 'writing') {
        live.value = { ...now, phase: loading ? 'loading' : 'waiting', queue, percent: told.percent, position: told.position };
      }
    } catch {
      // the answer itself will tell
    }
    if (!over) next = setTimeout(() => void look(), 1000);
  };
  if (id !== '') next = setTimeout(() => void look(), 300);
  return () => {
    over = true;
    clearTimeout(next);
  };
}
