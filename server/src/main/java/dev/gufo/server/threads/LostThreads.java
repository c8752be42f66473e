package dev.gufo.server.threads;

import java.io.PrintStream;
import java.time.Duration;
import org.slf4j.LoggerFactory;

/**
 * What happens when a thread dies of what it threw. Without one of its own threads a server would be half a server: it
 * would answer, and not work. So an {@link Error} on a platform thread ends the process at once, and whoever supervises
 * it starts a whole one.
 *
 * <p>Requests run on virtual threads. What one of them throws is its own request's failure, answered as such long
 * before it comes here; an exception of any thread is a line in the log. A lack of memory never gets here in a server
 * that is started by {@code bin/gufo} or in the image: {@code -XX:+ExitOnOutOfMemoryError} has ended it before.
 */
public final class LostThreads implements Thread.UncaughtExceptionHandler {
    /** The exit status: {@code EX_SOFTWARE} of {@code sysexits.h}, as workers have it. */
    public static final int STATUS = 70;

    /** Nobody may read what is written. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private final PrintStream err;

    private LostThreads(PrintStream err) {
        this.err = err;
    }

    /**
     * Watches over all threads of this process, for the rest of its life.
     *
     * @param err where the last words go
     */
    public static void watch(PrintStream err) {
        Thread.setDefaultUncaughtExceptionHandler(new LostThreads(err));
    }

    @Override
    public void uncaughtException(Thread thread, Throwable cause) {
        if (thread.isVirtual() || !(cause instanceof Error)) {
            // No field: the first logger settles level and form of all, and this class is there before the options are
            // read.
            LoggerFactory.getLogger(LostThreads.class)
                    .error("the thread '{}' ended unexpectedly", thread.getName(), cause);
            return;
        }
        try {
            Thread speaker = Thread.ofPlatform().daemon().start(() -> lastWords(thread, cause));
            speaker.join(LAST_WORDS);
        } catch (InterruptedException | OutOfMemoryError e) {
            // then without a word
        } finally {
            Runtime.getRuntime().halt(STATUS);
        }
    }

    private void lastWords(Thread thread, Throwable cause) {
        err.println("gufo: the thread '%s' failed, so the process ends with status %d: %s"
                .formatted(thread.getName(), STATUS, cause));
        cause.printStackTrace(err);
        err.flush();
    }
}
