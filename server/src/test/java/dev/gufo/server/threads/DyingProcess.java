package dev.gufo.server.threads;

import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;

/** A process of a test that loses a thread, and would live for ever otherwise. Its argument says how. */
final class DyingProcess {
    private DyingProcess() {}

    /** Never returns by itself. */
    public static void main(String[] arguments) throws InterruptedException {
        LostThreads.watch(System.err);
        switch (arguments[0]) {
            case "error" ->
                Thread.ofPlatform().start(() -> {
                    throw new StackOverflowError("of a service");
                });
            case "exception" -> {
                Thread.ofPlatform().start(() -> {
                    throw new IllegalStateException("of a service");
                });
                Thread.ofVirtual().start(() -> {
                    throw new StackOverflowError("of a request");
                });
            }
            case "memory" ->
                Thread.ofVirtual().start(() -> {
                    var kept = new ArrayList<long[]>();
                    while (kept.size() < Integer.MAX_VALUE) {
                        kept.add(new long[1 << 20]);
                    }
                });
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        new CountDownLatch(1).await();
    }
}
