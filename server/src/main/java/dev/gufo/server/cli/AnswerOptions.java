package dev.gufo.server.cli;

import dev.gufo.server.ServerSettings;
import dev.gufo.server.boot.Converters;
import dev.gufo.server.boot.UsageException;
import java.time.Duration;
import picocli.CommandLine.Option;

/** How {@code gufo serve} answers: options, filled by picocli. */
final class AnswerOptions {
    private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

    @Option(
            names = "--overflow-status",
            paramLabel = "413|400",
            defaultValue = "" + ServerSettings.DEFAULT_OVERFLOW_STATUS,
            description = "Status of a prompt that does not fit the context; some clients insist on 400" + DEFAULT)
    int overflowStatus;

    @Option(
            names = "--strict-context",
            arity = "0..1",
            fallbackValue = "true",
            defaultValue = "false",
            paramLabel = "true|false",
            description = "Refuse a max_tokens that does not fit the context instead of capping it.")
    boolean strictContext;

    @Option(
            names = "--answer-cache",
            paramLabel = "SIZE",
            defaultValue = "0",
            converter = Converters.ByteSize.class,
            description = "Memory for answers that are given again to a key that asks the same; 0 for none" + DEFAULT)
    long answerCacheBytes;

    @Option(
            names = "--volatile-lines",
            arity = "0..1",
            fallbackValue = "true",
            defaultValue = "false",
            paramLabel = "true|false",
            description =
                    "Leave lines in system texts that clients change with each request (x-anthropic-billing-header);"
                            + " a constant in their place lets prompts be found again.")
    boolean volatileLines;

    @Option(
            names = "--heartbeat",
            paramLabel = "TIME",
            defaultValue = ServerSettings.DEFAULT_HEARTBEAT_SECONDS + "s",
            converter = Converters.Time.class,
            description = "A comment goes into a stream that was silent for this long" + DEFAULT)
    Duration heartbeat = Duration.ZERO;

    @Option(
            names = "--drain-timeout",
            paramLabel = "TIME",
            defaultValue = ServerSettings.DEFAULT_DRAIN_SECONDS + "s",
            converter = Converters.Time.class,
            description = "How long running requests may go on after the signal to stop" + DEFAULT)
    Duration drainTimeout = Duration.ZERO;

    /** @throws UsageException if answers that are kept may take too much of the heap */
    void into(ServerSettings.Builder settings) {
        settings.overflowStatus(overflowStatus)
                .strictContext(strictContext)
                .answerCacheBytes(answerCache())
                .volatileLines(volatileLines)
                .heartbeat(heartbeat)
                .drainTimeout(drainTimeout);
    }

    /** Beside bodies, which have a share of the heap of their own. */
    private long answerCache() {
        long most = Runtime.getRuntime().maxMemory() / 4;
        if (answerCacheBytes > most) {
            throw new UsageException(
                    "--answer-cache may be a quarter of the heap at most, which is %d bytes here, is %d; set GUFO_JAVA_OPTS=-Xmx for a larger heap"
                            .formatted(most, answerCacheBytes));
        }
        return answerCacheBytes;
    }
}
