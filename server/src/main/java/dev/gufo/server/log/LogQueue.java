package dev.gufo.server.log;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/**
 * The log's way to stderr: a queue of bounded length and a thread that writes. A pipe without a reader stops that
 * thread only. When the queue is full, lines are dropped and counted, and the log says how many once it is read again.
 * What is queued at the end of the process is written then, for which there is a second. Named in the configuration;
 * any thread appends.
 */
public final class LogQueue extends AsyncAppender {
    /** Under which the configuration names it. */
    private static final String NAME = "queue";

    private static final int LINES = 8_192;
    private static final int FLUSH_MILLIS = 1_000;

    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong told = new AtomicLong(); // of those dropped

    /** With what the class says; the configuration need not. */
    public LogQueue() {
        setNeverBlock(true);
        setQueueSize(LINES);
        setDiscardingThreshold(0); // info goes when nothing else fits either
        setMaxFlushTime(FLUSH_MILLIS);
    }

    /** Lines that were dropped since the start of this process. */
    public long dropped() {
        return dropped.get();
    }

    /** The queue of this process's log; empty if it is configured without. */
    public static Optional<LogQueue> installed() {
        ILoggerFactory factory = LoggerFactory.getILoggerFactory();
        return factory instanceof LoggerContext context
                        && context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).getAppender(NAME)
                                instanceof LogQueue queue
                ? Optional.of(queue)
                : Optional.empty();
    }

    @Override
    protected void append(ILoggingEvent event) {
        // Others may take the last place in between: then a line is dropped that is not counted.
        if (getRemainingCapacity() == 0) {
            dropped.incrementAndGet();
            return;
        }
        tellDropped();
        super.append(event);
    }

    /** Half a queue of room means that the log is read again. */
    private void tellDropped() {
        long now = dropped.get();
        long before = told.get();
        if (now > before && getRemainingCapacity() > getQueueSize() / 2 && told.compareAndSet(before, now)) {
            Logger logger = ((LoggerContext) getContext()).getLogger(LogQueue.class);
            String message = "%d lines of the log were dropped, because it was not read".formatted(now - before);
            super.append(new LoggingEvent(LogQueue.class.getName(), logger, Level.WARN, message, null, null));
        }
    }
}
