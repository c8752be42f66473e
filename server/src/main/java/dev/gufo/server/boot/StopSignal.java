package dev.gufo.server.boot;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ctrl-C, SIGTERM and SIGHUP. The first of them asks the main thread to stop in good order, so that the exit status is
 * its to choose; the second ends the process at once, and the workers follow when their connections break.
 *
 * <p>A shutdown hook would be the portable way, but it hears of the first signal only. Signals that were ignored when
 * the process started, as under nohup, stay ignored.
 */
public final class StopSignal {
    /** The exit status that shells give to a program ended by Ctrl-C. */
    private static final int KILLED = 130;

    private final AtomicBoolean first = new AtomicBoolean(true);
    private final CountDownLatch asked = new CountDownLatch(1);
    private volatile Runnable listener = () -> {};

    private StopSignal() {}

    /** Takes the signals from the JVM, for the rest of the process's life. */
    public static StopSignal install() {
        var stop = new StopSignal();
        try {
            stop.handle("INT", "TERM", "HUP");
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("a JDK without the module jdk.unsupported", e);
        }
        return stop;
    }

    /** By reflection: javac warns of sun.misc.Signal, no annotation silences it, and warnings are errors here. */
    private void handle(String... names) throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        Class<?> handler = Class.forName("sun.misc.SignalHandler");
        MethodHandle received = MethodHandles.lookup().bind(this, "received", MethodType.methodType(void.class));
        Object proxy =
                MethodHandleProxies.asInterfaceInstance(handler, MethodHandles.dropArguments(received, 0, signal));
        for (String name : names) {
            Object of = signal.getConstructor(String.class).newInstance(name);
            signal.getMethod("handle", signal, handler).invoke(null, of, proxy);
        }
    }

    /** Called on a thread of the JVM, which lets no exception through. */
    @SuppressWarnings("UnusedMethod") // by the handle above
    private void received() {
        if (!first.getAndSet(false)) {
            Runtime.getRuntime().halt(KILLED);
        }
        asked.countDown();
        listener.run();
    }

    /** Waits until someone asks to stop. */
    void await() throws InterruptedException {
        asked.await();
    }

    /** Whether someone has asked to stop. */
    public boolean isAsked() {
        return asked.getCount() == 0;
    }

    /** Sets what is told when someone asks, on a thread of the JVM; not if that was before: see {@link #isAsked}. */
    public void onAsked(Runnable told) {
        listener = told;
    }
}
