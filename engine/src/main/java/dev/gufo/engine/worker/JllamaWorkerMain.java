package dev.gufo.engine.worker;

import dev.gufo.engine.jllama.JllamaEngine;
import java.io.IOException;

/** {@link WorkerMain} with java-llama.cpp instead of llama.cpp's own libraries. */
public final class JllamaWorkerMain {
    private JllamaWorkerMain() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        WorkerJvm.run(args, JllamaEngine::open);
    }
}
