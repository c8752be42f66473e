package dev.gufo.server.cli;

import dev.gufo.server.boot.Converters;
import dev.gufo.server.boot.StartFailed;
import dev.gufo.server.boot.UsageException;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.DatabaseException;
import dev.gufo.server.usage.UsageFormats;
import dev.gufo.server.usage.UsageQuery;
import dev.gufo.server.usage.UsageQuery.Group;
import dev.gufo.server.usage.UsageReport;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code gufo usage}: who used what, from the ledger, whether or not a server is running. */
@Command(name = "usage", sortOptions = false, description = "Print who used how many tokens.")
final class UsageCommand implements Callable<Integer> {
    @Option(
            names = "--since",
            paramLabel = "TIME",
            defaultValue = "30d",
            converter = Converters.Time.class,
            description = "How far back, such as 24h, 7d or 4w (default: ${DEFAULT-VALUE}).")
    Duration since = Duration.ZERO;

    @Option(
            names = "--by",
            paramLabel = "GROUP",
            split = ",",
            defaultValue = "key",
            description =
                    "What to tell apart: key, model, day, endpoint, or several with commas (default: ${DEFAULT-VALUE}).")
    List<String> by = new ArrayList<>();

    @Option(names = "--key", paramLabel = "ID", description = "Only what the key with this id used.")
    String key;

    @Option(names = "--json", description = "As JSON.")
    boolean json;

    @Option(names = "--csv", description = "As CSV.")
    boolean csv;

    @Mixin
    private KeyDatabase place;

    private final PrintStream out;

    UsageCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() {
        if (json && csv) {
            throw new UsageException("--json and --csv can't both be given");
        }
        if (since.isZero()) {
            throw new UsageException("--since must be more than 0");
        }
        Instant now = Instant.now();
        var query = new UsageQuery(now.minus(since), now.plusMillis(1), Optional.ofNullable(key), groups());
        UsageReport report = read(query);
        if (json) {
            out.println(UsageFormats.json(report));
        } else {
            out.print(csv ? UsageFormats.csv(report) : UsageFormats.table(report));
        }
        out.flush();
        return GufoCommand.DONE;
    }

    private List<Group> groups() {
        return by.stream()
                .map(word -> Group.of(word.strip())
                        .orElseThrow(() -> new UsageException("--by takes key, model, day and endpoint, not " + word)))
                .toList();
    }

    private UsageReport read(UsageQuery query) {
        try (Database database = place.open()) {
            return query.run(database);
        } catch (DatabaseException e) {
            throw StartFailed.of(e);
        }
    }
}
