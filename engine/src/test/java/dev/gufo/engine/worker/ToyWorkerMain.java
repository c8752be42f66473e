package dev.gufo.engine.worker;

import java.io.IOException;

/** A worker process with a {@link ToyEngine}. */
final class ToyWorkerMain {
    private ToyWorkerMain() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        WorkerJvm.run(args, ToyEngine::open);
    }
}
