package dev.gufo.server.policy;

import dev.gufo.server.ServerSettings;
import dev.gufo.server.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Policies of tests, written to files and read as the server reads them. */
public final class PolicyFiles {
    private PolicyFiles() {}

    /**
     * A file as the server reads it.
     *
     * @param json with ' for "
     */
    public static PolicyFile read(Path folder, String json) throws IOException {
        return PolicyFile.read(Files.writeString(folder.resolve("policy.json"), json.replace('\'', '"')));
    }

    /** Settings of a server that refuses what can't be checked. */
    public static ServerSettings settings(Path folder, String json) throws IOException {
        return settings(folder, json, true);
    }

    /**
     * The same.
     *
     * @param refuses whether what can't be checked is refused
     */
    public static ServerSettings settings(Path folder, String json, boolean refuses) throws IOException {
        return TestServer.settings()
                .with()
                .policy(new ContentChecks.Settings(Optional.of(read(folder, json)), refuses))
                .build();
    }
}
