package dev.gufo.server.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import sun.misc.Signal;

/**
 * Ctrl-C, SIGTERM and SIGHUP. The first of them asks the main thread to stop in good order, so that the exit status is its to choose;
 * the second ends the process at once, and the workers follow when their connections break.
 *
 * <p>A shutdown hook would be the portable way, but it hears of the first signal only. Signals that were ignored when the process
 * started, as under nohup, stay ignored.
 */
final class StopSignal {
    private final AtomicBoolean first = new AtomicBoolean(true);
    private final CountDownLatch asked = new CountDownLatch(1);

    private StopSignal() {}

    /** Takes the signals from the JVM, for the rest of the process's life. */
    @SuppressWarnings("sunapi") // sun.misc.Signal: exported by jdk.unsupported, and there is nothing else
    static StopSignal install() {
        var stop = new StopSignal();
        for (String name : new String[] {"INT", "TERM", "HUP"}) {
            Signal.handle(new Signal(name), signal -> stop.received(128 + signal.getNumber()));
        }
        return stop;
    }

    private void received(int status) {
        if (!first.getAndSet(false)) {
            Runtime.getRuntime().halt(status);
        }
        asked.countDown();
    }

    /** Waits until someone asks to stop. */
    void await() throws InterruptedException {
        asked.await();
    }

    /**
     * Waits a while.
     *
     * @return true if someone has asked to stop
     */
    boolean await(Duration timeout) throws InterruptedException {
        return asked.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }
}
