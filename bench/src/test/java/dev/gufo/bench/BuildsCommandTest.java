package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(120)
class BuildsCommandTest {
    @TempDir
    private Path folder;

    @Test
    void everyBuildGetsATableOfStartMemoryAndSpeedWithRatiosToTheFirst() throws IOException {
        var out = new StringWriter();
        try (var server = server()) {
            String old = launcher("old", server, "", "exec sleep 100").toString();
            String now = launcher("now", server, "sleep 100 & ", "wait").toString(); // with a worker beside it
            assertThat(bench(
                            out,
                            "builds",
                            old,
                            now,
                            "--model",
                            "owl.gguf",
                            "--rounds",
                            "1",
                            "--seconds",
                            "1",
                            "--rest",
                            "0"))
                    .isZero();
            assertThat(out.toString())
                    .contains(old)
                    .contains(now)
                    .containsPattern("ready, s +[\\d.]+ +1\\.00 ")
                    .containsPattern("server at rest, MiB +[\\d.]+ +\\d+\\.\\d\\d ")
                    .containsPattern("workers at rest, MiB +0\\.00 ")
                    .containsPattern("workers at rest, MiB +[\\d.]*[1-9][\\d.]* ")
                    .containsPattern("1 clients, tokens/s +[\\d.]+ ")
                    .containsPattern("4 clients, µs of the server's CPU a token +[\\d.]+ ");
        }
    }

    @Test
    void aBuildThatDoesNotStartEndsTheMeasurement() throws IOException {
        Path broken = script("broken", "exit 1");
        var err = new StringWriter();
        CommandLine bench = Main.commandLine();
        bench.setErr(new PrintWriter(err));
        assertThat(bench.execute("builds", broken.toString(), "--model", "owl.gguf"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("ended before it was ready").hasLineCount(1);
    }

    private static int bench(StringWriter out, String... arguments) {
        CommandLine bench = Main.commandLine();
        bench.setOut(new PrintWriter(out));
        return bench.execute(arguments);
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
    private Path launcher(String name, FakeServer server, String before, String then) throws IOException {
        return script(name, before + "echo 'Gufo is ready: " + server.target() + "'; " + then);
    }

    private Path script(String name, String commands) throws IOException {
        Path script = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + commands + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return script;
    }
}
