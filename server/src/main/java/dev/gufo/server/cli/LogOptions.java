package dev.gufo.server.cli;

import dev.gufo.server.boot.Converters;
import dev.gufo.server.boot.UsageException;
import picocli.CommandLine.Option;

/** What {@code gufo serve} logs, and how: options, filled by picocli. */
final class LogOptions {
    private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            defaultValue = "info",
            converter = Converters.LogLevel.class,
            description = "error, warn, info, debug or trace" + DEFAULT)
    String logLevel = "";

    @Option(
            names = "--log-format",
            paramLabel = "text|json",
            defaultValue = "text",
            description = "How the log is written" + DEFAULT)
    String logFormat = "";

    /**
     * Has logs written so; they are read when the first logger is made, so before that.
     *
     * @throws UsageException if there is no such format
     */
    void apply() {
        if (!logFormat.equals("text") && !logFormat.equals("json")) {
            throw new UsageException("--log-format must be text or json, is " + logFormat);
        }
        System.setProperty("gufo.log-level", logLevel);
        System.setProperty("gufo.log-format", logFormat);
    }
}
