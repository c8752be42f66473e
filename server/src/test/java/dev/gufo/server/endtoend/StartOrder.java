package dev.gufo.server.endtoend;

import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.Owner;
import dev.gufo.engine.StatusListener;
import dev.gufo.engine.StepEngine;
import dev.gufo.engine.Subscription;
import dev.gufo.template.Rendering;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * An engine whose starts are noted in their order. At the first one it stands still until {@link #go}, so that a test
 * can put what it wants into the queue.
 *
 * @param starts the owners' ids, written by the engine's thread
 */
record StartOrder(StepEngine engine, List<String> starts, CountDownLatch gate) implements Engine {
    StartOrder(StepEngine engine) {
        this(engine, new CopyOnWriteArrayList<>(), new CountDownLatch(1));
    }

    void go() {
        gate.countDown();
    }

    @Override
    public Generation generate(GenerationRequest request) {
        var events = new LinkedBlockingQueue<GenerationEvent>();
        Runnable cancel = engine.submit(request, event -> {
            if (event instanceof GenerationEvent.Started) {
                starts.add(request.owner().id());
                awaitGate();
            }
            events.add(event);
        });
        return new Queued(events, cancel);
    }

    private void awaitGate() {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts the engine thread", e);
        }
    }

    private record Queued(BlockingQueue<GenerationEvent> events, Runnable onCancel) implements Generation {
        @Override
        public Optional<GenerationEvent> next(Duration timeout) throws InterruptedException {
            return Optional.ofNullable(events.poll(timeout.toNanos(), TimeUnit.NANOSECONDS));
        }

        @Override
        public void cancel() {
            onCancel.run();
        }
    }

    @Override
    public EngineStatus status() {
        return engine.status();
    }

    @Override
    public Subscription onStatus(StatusListener listener) {
        return engine.onStatus(listener);
    }

    @Override
    public ModelInfo model() {
        return engine.model();
    }

    @Override
    public List<int[]> tokenize(List<Rendering> texts, Framing framing, Owner owner, int most) {
        return engine.tokenize(texts, framing, owner, most);
    }

    @Override
    public byte[][] pieces(int[] tokens) {
        return engine.pieces(tokens);
    }

    @Override
    public Embeddings embed(EmbeddingRequest request) {
        return engine.embed(request);
    }

    @Override
    public void close() {
        engine.close();
    }
}
