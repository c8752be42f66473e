package dev.gufo.server.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests of clients one server for all of them, with the demo model, the embedding model and a key, and stops it
 * when the last test has run.
 */
final class ClientsGufo implements ParameterResolver {
    static final String API_KEY = "sk-clients-test";
    static final String MODEL = "demo-chat";
    static final String EMBEDDING_MODEL = "all-minilm-l6-v2";

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == RunningGufo.class;
    }

    @Override
    public RunningGufo resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(Namespace.create(ClientsGufo.class))
                .computeIfAbsent("server", _ -> Shared.start(), Shared.class)
                .gufo();
    }

    /** Closed by JUnit. */
    private record Shared(RunningGufo gufo, Path dataDir) implements AutoCloseable {
        static Shared start() {
            try {
                Path dataDir = Files.createTempDirectory("gufo-clients");
                Path policy = Files.writeString(
                        dataDir.resolve("policy.json"),
                        "{\"rules\": [{\"category\": \"harassment\", \"words\": [\"darn fool\"]}]}");
                RunningGufo gufo = RunningGufo.start(
                        dataDir,
                        "--model",
                        MODEL,
                        "--model",
                        EMBEDDING_MODEL,
                        "--parallel",
                        "4",
                        "--api-key",
                        API_KEY,
                        "--policy",
                        policy.toString());
                return new Shared(gufo, dataDir);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws IOException {
            try {
                int _ = gufo.stop();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            gufo.close();
            try (Stream<Path> files = Files.walk(dataDir)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
