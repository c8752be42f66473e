package dev.gufo.server.cli;

import dev.gufo.server.boot.DataFolder;
import dev.gufo.server.boot.StartFailed;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.DatabaseException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Where the server keeps what it keeps: options that {@code gufo serve} shares with commands about it, filled by
 * picocli.
 */
final class DataPlace {
    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Folder for what the server keeps (default: data beside the program).")
    @Nullable
    Path dataDir;

    @Option(
            names = "--database-url",
            paramLabel = "URL",
            description =
                    "A PostgreSQL database instead of SQLite in the data folder: jdbc:postgresql://HOST/NAME?user=...&password=...")
    @Nullable
    String databaseUrl = "";

    /** Where it is. */
    Path folder() {
        return ServeCommand.folder(dataDir, "data");
    }

    /**
     * The folder, made if need be.
     *
     * @throws StartFailed if that can't be done, with the reason and a remedy
     */
    Path prepare() {
        try {
            return DataFolder.prepare(folder());
        } catch (IOException e) {
            throw StartFailed.dataFolder(folder(), e);
        }
    }

    /**
     * Opens the database; the folder is made if need be.
     *
     * @throws StartFailed if that can't be done, with the reason and a remedy
     */
    Database open() {
        try {
            return Database.open(databaseUrl == null ? "" : databaseUrl, prepare());
        } catch (DatabaseException e) {
            throw StartFailed.of(e);
        }
    }
}
