package dev.gufo.server.cli;

import dev.gufo.server.ServerSettings;
import dev.gufo.server.Storage;
import dev.gufo.server.access.Limits;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.accounting.MetricsAccess;
import dev.gufo.server.boot.Converters;
import dev.gufo.server.boot.StartFailed;
import dev.gufo.server.boot.UsageException;
import dev.gufo.server.database.Database;
import dev.gufo.server.limits.CountersUnavailable;
import dev.gufo.server.usage.Ledger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** What {@code gufo serve} counts, limits and tells of its use: options, filled by picocli. */
final class AccountOptions {
    private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

    @Option(
            names = "--limit",
            paramLabel = "NAME=N",
            split = Layers.SEPARATOR,
            hideParamSyntax = true,
            description =
                    "A limit of every key that has none of its own, repeatable, for instance tokens-per-day=1000000. Names:"
                            + " requests-per-minute, requests-per-day, tokens-per-minute, tokens-per-day, concurrent-requests,"
                            + " queued-requests, max-tokens, tokens-per-month.")
    List<String> limits = new ArrayList<>();

    @Option(
            names = "--limits-url",
            paramLabel = "URL",
            description =
                    "Count limits on Redis or Valkey, for several servers together: redis://[:PASSWORD@]HOST[:PORT][/DATABASE]")
    String limitsUrl = "";

    @Option(
            names = "--usage-retention",
            paramLabel = "TIME",
            defaultValue = "90d",
            converter = Converters.Time.class,
            description = "How long the ledger keeps who used what, such as 90d or 52w; 0 for ever" + DEFAULT)
    Duration usageRetention = Duration.ZERO;

    @Option(
            names = "--metrics",
            paramLabel = "key|open|off",
            defaultValue = "key",
            description = "Who may read /metrics: holders of a key if keys are set, everyone, or no one" + DEFAULT)
    String metrics = "";

    @Option(
            names = "--log-content",
            arity = "0..1",
            fallbackValue = "true",
            defaultValue = "false",
            paramLabel = "true|false",
            description = "Write prompts and answers to the log too. They may be private.")
    boolean logContent;

    void into(ServerSettings.Builder settings) {
        Ledger.Settings ledger = Ledger.Settings.DEFAULT.retaining(usageRetention);
        settings.accounting(new Accounting.Settings(ledger, metricsAccess(), logContent));
    }

    private MetricsAccess metricsAccess() {
        return switch (metrics) {
            case "key" -> MetricsAccess.KEY;
            case "open" -> MetricsAccess.OPEN;
            case "off" -> MetricsAccess.OFF;
            default -> throw new UsageException("--metrics must be key, open or off, is " + metrics);
        };
    }

    /**
     * The limits of keys that have none of their own.
     *
     * @throws UsageException if one of them is none
     */
    Limits defaultLimits() {
        try {
            return Limits.NONE.with(KeyOptions.limits(limits));
        } catch (IllegalArgumentException e) {
            throw new UsageException("--limit: " + e.getMessage());
        }
    }

    /**
     * What is kept and counted.
     *
     * @throws StartFailed if no one answers where limits are to be counted
     */
    Storage open(Database database, Limits defaults) {
        try {
            return Storage.open(database, defaults, limitsUrl);
        } catch (CountersUnavailable e) {
            throw new StartFailed("no server answers at --limits-url: " + e.getMessage());
        } catch (IllegalArgumentException _) { // whose message quotes the URL, with the password that is in it
            throw new UsageException(
                    "--limits-url must be redis://[:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// with TLS;"
                            + " in a password @, / and : are written %40, %2F and %3A");
        }
    }
}
