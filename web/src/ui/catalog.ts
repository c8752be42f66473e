import type { CatalogEntry, Fit } from '../lib/api';
import { bytes, count } from '../lib/format';

/** Where a model of the catalog has room, in words. */
export const FITS: Record<Fit, string> = { gpu: 'on the GPU', main_memory: 'in main memory', no: 'does not fit' };

/** What a model of the catalog takes, as a sum. */
export function need(one: CatalogEntry): string {
  return `${bytes(one.size_bytes)} of file + ${bytes(one.kv_bytes)} of cache for ${count(one.context_tokens)} tokens + ${bytes(one.buffer_bytes)} of buffers`;
}
