package dev.gufo.engine.worker;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** A worker's log goes to its server, which alone knows where logs are kept. Any thread may log and does not wait. */
final class WorkerLog extends UnsynchronizedAppenderBase<ILoggingEvent> {
    /** A line longer than this is cut: characters. */
    private static final int MAX_MESSAGE = 16 << 10;

    private final Connection connection;

    private WorkerLog(Connection connection) {
        this.connection = connection;
    }

    /** Replaces whatever logging this process was configured with; warnings and errors at first. */
    static WorkerLog install(Connection connection) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        WorkerLog log = new WorkerLog(connection);
        log.setContext(context);
        log.start();
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(log);
        log.level(Level.WARN);
        return log;
    }

    /** Lines below this level are not sent any more. */
    void level(Level level) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(ch.qos.logback.classic.Level.convertAnSLF4JLevel(level));
    }

    @Override
    protected void append(ILoggingEvent event) {
        int level = ch.qos.logback.classic.Level.toLocationAwareLoggerInteger(event.getLevel());
        connection.post(new Report.Log(Level.intToLevel(level), event.getLoggerName(), message(event)));
    }

    private static String message(ILoggingEvent event) {
        String message = String.valueOf(event.getFormattedMessage());
        IThrowableProxy thrown = event.getThrowableProxy();
        if (thrown != null) {
            message += System.lineSeparator() + ThrowableProxyUtil.asString(thrown);
        }
        return message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE) + "…";
    }
}
