package dev.gufo.engine.worker;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CountDownLatch;

/**
 * The process around a {@link Worker}: connects before anything is loaded, and ends when the connection does.
 *
 * <p>The process ends by {@code halt} alone. Ctrl-C in a terminal and a service manager's SIGTERM go to all processes
 * of a group, but when a worker ends is the server's decision, who may have requests to finish first. Those signals
 * begin the JVM's shutdown, which runs the hooks and waits for them: a hook that never returns holds it up, while all
 * threads go on. That needs no internal API, and covers SIGHUP too.
 */
final class WorkerJvm {
    private static final int FAILED = 70;

    private WorkerJvm() {}

    /**
     * Serves one model; never returns.
     *
     * @param args the path of the server's socket
     */
    static void run(String[] args, EngineFactory factory) throws IOException, InterruptedException {
        Thread.setDefaultUncaughtExceptionHandler(WorkerJvm::fail);
        Runtime.getRuntime().addShutdownHook(new Thread(WorkerJvm::holdUp, "signals are the server's"));
        Connection connection = new Connection(SocketChannel.open(UnixDomainSocketAddress.of(args[0])));
        Worker worker = new Worker(connection, factory, WorkerLog.install(connection)::level);
        Thread.ofPlatform().name("worker-io").start(() -> receive(worker));
        worker.serve();
        Runtime.getRuntime().halt(0);
    }

    /** The end of the connection is the end of the process, wherever its other threads are. */
    private static void receive(Worker worker) {
        try {
            worker.receive();
            Runtime.getRuntime().halt(0);
        } catch (IOException e) {
            System.err.println("the connection to the server broke: " + e.getMessage());
            Runtime.getRuntime().halt(FAILED);
        }
    }

    /** A thread that is gone leaves half a worker; the server starts a whole one. */
    private static void fail(Thread thread, Throwable cause) {
        System.err.println("thread " + thread.getName() + " failed: " + cause);
        cause.printStackTrace();
        Runtime.getRuntime().halt(FAILED);
    }

    private static void holdUp() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            // nothing interrupts a shutdown hook; the server would see the end of the process
        }
    }
}
