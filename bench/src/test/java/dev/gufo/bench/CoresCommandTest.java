package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(120)
class CoresCommandTest {
    @TempDir
    private Path folder;

    @Test
    void everyServerGetsATableOfWhatIsLeftOfItsSpeed() throws IOException {
        var out = new StringWriter();
        CommandLine bench = Main.commandLine();
        bench.setOut(new PrintWriter(out));
        try (var server = server()) {
            String launcher = launcher("one", server).toString();
            String other = launcher("other", server).toString();
            int status = bench.execute(
                    "cores",
                    "--gufo",
                    launcher,
                    "--model",
                    "owl.gguf",
                    "--embeddings",
                    "vectors.gguf",
                    "--rounds",
                    "1",
                    "--seconds",
                    "1",
                    "--gufo",
                    other);
            assertThat(status).isZero();
            assertThat(out.toString())
                    .contains(launcher)
                    .contains(other)
                    .containsPattern("chat alone +[\\d.]+ +tokens/s")
                    .containsPattern("chat beside embeddings +[\\d.]+ +tokens/s +\\d+\\.\\d\\d ")
                    .containsPattern("embeddings beside chat +[\\d.]+ +texts/s +\\d+\\.\\d\\d ")
                    .containsPattern("4 tokens beside a busy program +[\\d.]+ +ms +\\d+\\.\\d\\d ");
            assertThat(server.requests()).anyMatch(request -> request.contains("\"model\":\"owl\""));
            assertThat(server.embedded()).allMatch(request -> request.contains("\"model\":\"vectors\""));
            // The same for both servers, which are one here, and new ones each time, so that no cache is measured.
            assertThat(server.embedded())
                    .hasSizeLessThanOrEqualTo(2 * Set.copyOf(server.embedded()).size());
        }
    }

    @Test
    void aPeerThatEndsAtOnceIsTold() throws IOException {
        Path peer = script("peer", "exit 1");
        assertThatThrownBy(() -> PeerProcess.start(peer, Path.of("owl.gguf"), List.of()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is not ready");
    }

    private static FakeServer server() {
        return new FakeServer((exchange, request) -> {
            if (request.contains("\"stream\":true")) {
                FakeServer.stream(exchange, FakeServer.events(3) + FakeServer.end(30, 3), 500)
                        .close();
            } else {
                FakeServer.json(exchange, 200, FakeServer.whole(30, 1));
            }
        });
    }

    /** What looks like a Gufo that has started. */
    private Path launcher(String name, FakeServer server) throws IOException {
        return script(name, "echo 'Gufo is ready: " + server.target() + "'; exec sleep 100");
    }

    private Path script(String name, String commands) throws IOException {
        Path script = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + commands + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return script;
    }
}
