package dev.gufo.engine.worker;

import dev.gufo.engine.batch.LocalEngine;
import java.io.IOException;

/**
 * What a worker process runs: llama.cpp behind the socket that its only argument names. Started by a
 * {@link WorkerEngine}, of no use to a person.
 */
public final class WorkerMain {
    private WorkerMain() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        WorkerJvm.run(args, LocalEngine::open);
    }
}
