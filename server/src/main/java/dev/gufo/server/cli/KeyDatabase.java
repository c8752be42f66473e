package dev.gufo.server.cli;

import dev.gufo.server.access.KeyStore;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.DatabaseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.Function;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/** Where the keys are: options that {@code gufo keys} has in common with {@code gufo serve}, filled by picocli. */
final class KeyDatabase {
    private static final Set<String> PLACE = Set.of("--data-dir", "--database-url");

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Folder for what the server keeps (default: data beside the program).")
    Path dataDir;

    @Option(
            names = "--database-url",
            paramLabel = "URL",
            description =
                    "The PostgreSQL database, if the server has one: jdbc:postgresql://HOST/NAME?user=...&password=...")
    String databaseUrl = "";

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
        try (Database database = open(databaseUrl, dataDir)) {
            return work.apply(new KeyStore(database, InstantSource.system(), new SecureRandom()));
        } catch (DatabaseException e) {
            throw new StartFailed(e.getMessage());
        }
    }

    /** Opens the database; {@code dataDir} is made if need be. */
    static Database open(String url, Path dataDir) {
        Path folder = dataDir != null ? dataDir : Path.of(System.getProperty("gufo.data", "data"));
        try {
            return Database.open(url == null ? "" : url, Files.createDirectories(folder));
        } catch (IOException e) {
            throw new StartFailed("the data folder %s can't be made: %s; choose another one with --data-dir"
                    .formatted(folder, Reasons.of(e)));
        } catch (DatabaseException e) {
            throw new StartFailed(e.getMessage());
        }
    }
}
