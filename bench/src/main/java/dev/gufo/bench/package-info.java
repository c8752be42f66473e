/**
 * Load and ceilings: a generator that drives any server speaking OpenAI's chat API, and what it measured.
 *
 * <p>Generator and server usually share a machine, so the client must cost little per token. All connections live on
 * one thread ({@link dev.gufo.bench.EventLoop}): a step of the server under test writes to all its streams at once, and
 * one wake-up reads them all, where a thread per connection would be woken as often as there are streams (measured with
 * 16 streams: half the processor time in the client, and less in the server, which pays for waking). Events are
 * recognised in the bytes as they arrive ({@link dev.gufo.bench.ChunkScan}). {@code java.net.http.HttpClient} takes an
 * executor hop and several buffers for each event instead.
 */
@NullMarked
package dev.gufo.bench;

import org.jspecify.annotations.NullMarked;
