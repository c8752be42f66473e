package dev.gufo.engine.pool;

import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.Owner;
import dev.gufo.engine.StatusListener;
import dev.gufo.engine.StatusSource;
import dev.gufo.engine.Subscription;
import dev.gufo.template.Rendering;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** An engine that is where a test says, and runs nothing. */
final class FakeEngine implements Engine {
    final String id;
    final CountDownLatch closed = new CountDownLatch(1);
    final AtomicInteger closes = new AtomicInteger();
    private final StatusSource status = new StatusSource(new EngineStatus.Loading(0));

    FakeEngine(String id) {
        this.id = id;
    }

    FakeEngine becomes(EngineStatus next) {
        status.set(next);
        return this;
    }

    FakeEngine ready() {
        return becomes(new EngineStatus.Ready(0, 0));
    }

    FakeEngine failed(String reason) {
        return becomes(new EngineStatus.Failed(reason));
    }

    @Override
    public EngineStatus status() {
        return status.status();
    }

    @Override
    public Subscription onStatus(StatusListener listener) {
        return status.subscribe(listener);
    }

    @Override
    public void close() {
        status.set(new EngineStatus.Closed());
        closes.incrementAndGet();
        closed.countDown();
    }

    @Override
    public ModelInfo model() {
        throw used();
    }

    @Override
    public List<int[]> tokenize(List<Rendering> texts, Framing framing, Owner owner, int most) {
        throw used();
    }

    @Override
    public byte[][] pieces(int[] tokens) {
        throw used();
    }

    @Override
    public Generation generate(GenerationRequest request) {
        throw used();
    }

    @Override
    public Embeddings embed(EmbeddingRequest request) {
        throw used();
    }

    private static AssertionError used() {
        return new AssertionError("a pool lends engines and does not use them");
    }
}
