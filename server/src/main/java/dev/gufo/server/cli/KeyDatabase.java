package dev.gufo.server.cli;

import dev.gufo.server.access.KeyStore;
import dev.gufo.server.boot.StartFailed;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.DatabaseException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.Function;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/** Where the keys are: options that {@code gufo keys} has in common with {@code gufo serve}, filled by picocli. */
final class KeyDatabase {
    private static final Set<String> PLACE = Set.of("--data-dir", "--database-url");

    @Mixin
    private DataPlace place = new DataPlace();

    @Option(names = "--config", paramLabel = "FILE", description = "The server's settings file, to find both in.")
    Path config;

    /** Takes these options, and no others that happen to have the same name, from where {@code gufo serve} has them. */
    static IDefaultValueProvider placeFrom(Layers layers) {
        return argument -> argument instanceof OptionSpec option && PLACE.contains(option.longestName())
                ? layers.defaultValue(argument)
                : null;
    }

    /**
     * Does something with the keys.
     *
     * @throws StartFailed if they can't be reached
     */
    <T> T use(Function<KeyStore, T> work) {
        try (Database database = open()) {
            return work.apply(new KeyStore(database, InstantSource.system(), new SecureRandom()));
        } catch (DatabaseException e) {
            throw StartFailed.of(e);
        }
    }

    /** @throws StartFailed if it can't be reached */
    Database open() {
        return place.open();
    }
}
