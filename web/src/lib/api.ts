import { ApiError, failureOf } from './failure';
import { apiKey } from './key';

/** Where the server is: the page's own folder, so that it may lie under any path behind a proxy. */
export function endpoint(path: string): string {
  return new URL(path, new URL('.', document.baseURI)).href;
}

/** Sends a request with the key, and answers with a response that is in order. Throws ApiError for any other. */
export async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (apiKey.value !== '') headers.set('Authorization', `Bearer ${apiKey.value}`);
  if (init.body !== undefined && init.body !== null) headers.set('Content-Type', 'application/json');
  let response: Response;
  try {
    response = await fetch(endpoint(path), { ...init, headers, credentials: 'omit', cache: 'no-store' });
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw new ApiError({ status: 0, code: 'network', message: 'The server can’t be reached.' });
  }
  if (!response.ok) throw new ApiError(await failureOf(response));
  return response;
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await call(path, { signal })).json()) as T;
}

export async function sendJson<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return (await (await call(path, { method, signal, body: body === undefined ? undefined : JSON.stringify(body) })).json()) as T;
}

/** A model as `GET /v1/models` tells it. */
export interface Model {
  id: string;
  status?: 'loaded' | 'not ready' | 'waiting' | 'loading' | 'unloading' | 'available' | 'failed';
  roles?: string[];
  alias_of?: string;
  name?: string;
  architecture?: string;
  parameters?: number;
  quantization?: string;
  size_bytes?: number;
  context_length?: number;
  max_model_len?: number;
  adapters?: string[];
  problem?: string;
  percent?: number;
  position?: number;
  license?: string;
}

/** A model that could be downloaded, as `GET /v1/catalog` tells it. */
export interface CatalogEntry {
  id: string;
  name: string;
  use: 'chat' | 'code' | 'embeddings' | 'rerank';
  parameters: string;
  license: string;
  source: string;
  size_bytes: number;
  context_tokens: number;
  kv_bytes: number;
  buffer_bytes: number;
  memory_bytes: number;
  fits: Fit;
  fits_now: Fit;
  there: boolean;
}

/** Where a model has room. */
export type Fit = 'gpu' | 'main_memory' | 'no';

/** How many requests wait for a model, as the metrics tell those who may use it; undefined where they are off. */
export async function waitingFor(model: string, signal?: AbortSignal): Promise<number | undefined> {
  const text = await (await call('metrics', { signal })).text();
  return gauge(text, 'gufo_num_requests_waiting', model);
}

/** A gauge of one model in Prometheus' text format. */
export function gauge(text: string, name: string, model: string): number | undefined {
  const label = `model_name="${model.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  const line = text.split('\n').find((each) => each.startsWith(`${name}{`) && each.includes(label));
  const value = Number(line?.slice(line.lastIndexOf(' ')) ?? NaN);
  return Number.isFinite(value) ? value : undefined;
}

export async function models(signal?: AbortSignal): Promise<Model[]> {
  return (await getJson<{ data: Model[] }>('v1/models', signal)).data;
}
