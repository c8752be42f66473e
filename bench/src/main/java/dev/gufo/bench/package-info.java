/**
 * Load and ceilings: a generator that drives any server speaking OpenAI's chat API, and what it measured.
 *
 * <p>Generator and server usually share a machine, so the client must cost little per token: every request in flight has
 * a platform thread that blocks in one {@code read}, and events are recognised in the bytes as they arrive
 * ({@link dev.gufo.bench.ChunkScan}). {@code java.net.http.HttpClient} takes a selector thread, an executor hop and
 * several buffers for each event instead, which is processor time the server under test would not get.
 */
package dev.gufo.bench;
