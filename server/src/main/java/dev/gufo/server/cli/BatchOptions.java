package dev.gufo.server.cli;

import dev.gufo.server.ServerSettings;
import dev.gufo.server.batches.BatchHours;
import dev.gufo.server.boot.Converters;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How much of a model batches get: options of {@code gufo serve}, filled by picocli. */
final class BatchOptions {
    private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

    @Option(
            names = "--batch-share",
            paramLabel = "SHARE",
            defaultValue = "" + ServerSettings.DEFAULT_BATCH_SHARE,
            description =
                    "How much of a model's sequences lines of batches may take, above 0 and at most 1; 0 for none outside --batch-hours"
                            + DEFAULT)
    double batchShare;

    @Option(
            names = "--batch-hours",
            paramLabel = "HH:MM-HH:MM",
            converter = Converters.Hours.class,
            description =
                    "Hours of each day, in local time, in which lines of batches may take all sequences that are free, such as 22:00-06:00.")
    BatchHours batchHours;

    void into(ServerSettings.Builder settings) {
        settings.batchShare(batchShare).batchHours(Optional.ofNullable(batchHours));
    }
}
