import { signal } from '@preact/signals';
import { call, type CatalogEntry, getJson, type Model, sendJson } from '../lib/api';
import { ApiError, type Failure } from '../lib/failure';
import { readEvents } from '../lib/sse';
import { type Rates, RateMeter } from './rates';

/** What a tier of the prompt cache holds, and what prompts found there since the model was loaded. */
export interface CacheTier {
  bytes: number;
  most_bytes: number;
  hits: number;
  hit_tokens: number;
}

/** A model as `GET /admin/status` tells it. */
export interface ModelInMemory extends Model {
  pinned?: boolean;
  requests?: number;
  last_used?: number;
  memory_bytes?: Record<string, number>;
  running?: number;
  waiting?: number;
  kv_usage?: number;
  preemptions?: number;
  sequences?: number;
  target_gap_ms?: number;
  /** Of the last minute. */
  gaps?: { tokens: number; median_ms: number; p99_ms: number };
  caches?: Partial<Record<'slots' | 'memory' | 'disk', CacheTier>>;
  tokens: { prompt: number; cached: number; generated: number };
}

/** Requests of one key that have not ended. */
export interface KeyLoad {
  id: string;
  name: string;
  running: number;
  waiting: number;
}

export interface Status {
  parts: Record<string, { state: 'ok' | 'degraded' | 'failing' | 'off'; reason?: string; [number: string]: unknown }>;
  memory: Record<string, { budget_bytes: number; used_bytes: number }>;
  pulls: PullState[];
  keys: KeyLoad[];
  models: ModelInMemory[];
}

/** What a model takes, or would take, as `GET /admin/plan` tells it. */
export interface Planned {
  id: string;
  memory_bytes?: Record<string, number>;
  context_tokens?: number;
  fits: boolean;
  fits_now: boolean;
  problem?: string;
}

/** A download, as `GET /admin/pulls` tells it. */
export interface PullState {
  id: string;
  source: string;
  status: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  bytes: number;
  total_bytes?: number;
  files: string[];
  problem?: string;
}

export interface Row {
  request_id: string;
  time: string;
  key_id: string;
  key_name: string;
  model: string;
  endpoint: string;
  stream: boolean;
  status: string;
  finish_reason: string;
  prompt_tokens: number;
  cached_tokens: number;
  completion_tokens: number;
  queue_ms: number;
  prefill_ms: number;
  decode_ms: number;
  ttft_ms: number | null;
  total_ms: number | null;
}

export interface Key {
  id: string;
  prefix: string;
  name: string;
  owner: string;
  models: string[];
  limits: Record<string, number | 'unlimited'>;
  priority: number;
  admin: boolean;
  disabled: boolean;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  revoked_at: number | null;
  /** Of one that was just made: the key itself. */
  key?: string;
}

export const status = signal<Status | null>(null);
export const rates = signal<Record<string, Rates>>({});
/** Whether the stream of the server's status is there, and why not. */
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting');
export const failure = signal<Failure | null>(null);
export const open = signal<Row[]>([]);
export const plan = signal<Record<string, Planned>>({});
export const catalog = signal<CatalogEntry[]>([]);

/** The server's version; empty where administration has a port of its own, which does not tell it. */
export const serverVersion = signal('');
/** Whether administration has a port of its own, where the API is not. */
export const ownPort = signal(false);

const meter = new RateMeter();
let abort: AbortController | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let asked = 0;

/** Listens to the server's status, and goes on trying when it is away. */
export function listen(): void {
  abort?.abort();
  clearTimeout(timer);
  const controller = new AbortController();
  abort = controller;
  connection.value = status.value === null ? 'connecting' : 'lost';
  void stream(controller).then(() => {
    if (controller.signal.aborted) return;
    connection.value = 'lost';
    const refused = failure.value?.status === 401 || failure.value?.status === 403 || failure.value?.status === 404;
    if (!refused) timer = setTimeout(listen, 2000);
  });
}

async function stream(controller: AbortController): Promise<void> {
  try {
    const response = await call('admin/events', { signal: controller.signal });
    if (response.body === null) return;
    connection.value = 'live';
    failure.value = null;
    await readEvents(response.body, ({ event, data }) => {
      if (event !== 'status') return;
      const now = JSON.parse(data) as Status;
      rates.value = meter.take(now.models, performance.now());
      status.value = now;
      void lookAtOpen();
      void lookAtPlan(now);
    });
  } catch (e) {
    if (e instanceof ApiError) failure.value = e.failure;
  }
}

/** Which requests run; asked when the status has changed and something runs, or ran until then. */
async function lookAtOpen(): Promise<void> {
  const busy = status.value?.models.some((model) => (model.running ?? 0) + (model.waiting ?? 0) > 0) === true;
  if (!busy && open.value.length === 0) return;
  const mine = ++asked;
  try {
    const { data } = await getJson<{ data: Row[] }>('admin/requests?status=open&limit=100');
    if (mine === asked) open.value = data;
    if (!busy && data.length > 0) setTimeout(() => void lookAtOpen(), 1000); // rows are settled a moment later
  } catch {
    // the stream tells what is wrong
  }
}

let planned = '';

/** What fits; asked again when models came, went or moved. */
async function lookAtPlan(now: Status): Promise<void> {
  const state = now.models.map(({ id, status: where }) => `${id} ${where}`).join();
  if (state === planned) return;
  planned = state;
  try {
    const { data } = await getJson<{ data: Planned[] }>('admin/plan');
    plan.value = Object.fromEntries(data.map((each) => [each.id, each]));
    catalog.value = (await getJson<{ data: CatalogEntry[] }>('admin/catalog')).data;
  } catch {
    planned = '';
  }
}

/** Begins a download; answers with what is wrong, in a sentence. */
export async function pull(source: string): Promise<string> {
  try {
    const made = await sendJson<PullState>('POST', 'admin/pulls', { source });
    if (status.value !== null) status.value = { ...status.value, pulls: [made, ...status.value.pulls.filter(({ id }) => id !== made.id)] };
    return '';
  } catch (e) {
    return e instanceof Error ? e.message : String(e);
  }
}

export async function cancelPull(id: string): Promise<void> {
  await sendJson('DELETE', `admin/pulls/${encodeURIComponent(id)}`).catch(() => {}); // it has ended by itself
}

export async function lookAtVersion(): Promise<void> {
  try {
    serverVersion.value = (await getJson<{ info: { version: string } }>('openapi.json')).info.version;
  } catch (e) {
    ownPort.value = e instanceof ApiError && e.failure.status === 404; // the version is only to be shown
  }
}

export async function lastRequests(query: string): Promise<Row[]> {
  return (await getJson<{ data: Row[] }>(`admin/requests${query}`)).data;
}

/** Has a model come, go, stay or not; answers with what went wrong, in a sentence. */
export async function move(id: string, way: 'load' | 'unload' | 'pin' | 'unpin'): Promise<string> {
  try {
    await sendJson('POST', `admin/models/${id.split('/').map(encodeURIComponent).join('/')}/${way}`);
    return '';
  } catch (e) {
    return e instanceof Error ? e.message : String(e);
  }
}

/** A batch of anyone's, as `GET /admin/batches` tells it. */
export interface OwnedBatch {
  key_id: string;
  key_name: string;
  batch: {
    id: string;
    endpoint: string;
    model: string | null;
    status: 'validating' | 'in_progress' | 'finalizing' | 'cancelling' | 'completed' | 'failed' | 'expired' | 'cancelled';
    errors: { data: { line: number | null; message: string }[] } | null;
    created_at: number;
    expires_at: number;
    request_counts: { total: number; completed: number; failed: number };
    usage: { total_tokens: number };
  };
}

/** A kept response of anyone's, as `GET /admin/responses` tells it. */
export interface OwnedResponse {
  id: string;
  key_name: string;
  created_at: number;
  bytes: number;
  model: string;
  status: string;
  unfinished: boolean;
}

export interface Page<T> {
  data: T[];
  has_more: boolean;
}

/** What is kept in all. */
export interface Kept extends Page<OwnedResponse> {
  totals: {
    responses: number;
    response_bytes: number;
    unfinished: number;
    conversations: number;
    conversation_bytes: number;
    most_bytes: number;
    retention_seconds: number;
  };
}

export async function batches(state: string, limit: number): Promise<Page<OwnedBatch>> {
  return getJson(`admin/batches?limit=${limit}${state === '' ? '' : `&status=${state}`}`);
}

export async function cancelBatch(id: string): Promise<void> {
  await sendJson('POST', `admin/batches/${encodeURIComponent(id)}/cancel`);
}

export async function batchResults(id: string, outcome: 'completed' | 'failed'): Promise<string> {
  return (await call(`admin/batches/${encodeURIComponent(id)}/results?outcome=${outcome}`)).text();
}

export async function keptResponses(unfinished: boolean, limit: number): Promise<Kept> {
  return getJson(`admin/responses?limit=${limit}&unfinished=${unfinished}`);
}

export async function cancelResponse(id: string): Promise<void> {
  await sendJson('POST', `admin/responses/${encodeURIComponent(id)}/cancel`);
}

export async function deleteResponse(id: string): Promise<void> {
  await sendJson('DELETE', `admin/responses/${encodeURIComponent(id)}`);
}

/** What the doctor found, as `GET /admin/doctor` tells it. */
export interface Doctor {
  version: string;
  llama_cpp: string;
  examining: boolean;
  examined_at?: number;
  problem?: string;
  findings?: {
    serves: boolean;
    java: string;
    platform: string;
    nvidia_driver: string;
    cpu_backend: string | null;
    chosen?: { backend: string; folder: string; reason: string };
    libraries: { backend: string; version: string; folder: string; lock: string; files: { name: string; bytes: number; sha256: string }[] }[];
    devices: { name: string; description: string; free_bytes: number; total_bytes: number; in_main_memory: boolean }[];
    problems: string[];
  };
}

/** @param anew whether to have it looked for again */
export async function doctor(anew: boolean): Promise<Doctor> {
  return sendJson(anew ? 'POST' : 'GET', 'admin/doctor');
}

export async function keys(): Promise<Key[]> {
  return (await getJson<{ data: Key[] }>('admin/keys')).data;
}

export async function createKey(wish: Record<string, unknown>): Promise<Key> {
  return sendJson<Key>('POST', 'admin/keys', wish);
}

export async function revokeKey(id: string): Promise<void> {
  await sendJson('DELETE', `admin/keys/${encodeURIComponent(id)}`);
}

export interface UsageRow {
  day?: string;
  key_name?: string;
  model?: string;
  endpoint?: string;
  requests: number;
  completed: number;
  prompt_tokens: number;
  cached_tokens: number;
  completion_tokens: number;
}

export async function usage(since: string, by: string): Promise<{ data: UsageRow[]; total: UsageRow }> {
  return getJson(`admin/usage?since=${since}&group_by=${by}`);
}

export async function usageCsv(since: string, by: string): Promise<string> {
  return (await call(`admin/usage?since=${since}&group_by=${by}&format=csv`)).text();
}
