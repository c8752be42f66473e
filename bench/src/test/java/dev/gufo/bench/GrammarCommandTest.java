package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(60)
class GrammarCommandTest {
    @TempDir
    private Path folder;

    @Test
    void schemasAreCountedByWhatBecameOfThem() throws IOException {
        write("right", "{\"type\":\"number\"}", "{\"valid\":true,\"data\":1.50},{\"valid\":false,\"data\":\"a\"}");
        write(
                "refused",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"other.json\"}}}",
                "{\"valid\":true,\"data\":{}}");
        // Valid instances are said to be forbidden, and the other way around.
        write("accepted", "{\"type\":\"integer\"}", "{\"valid\":false,\"data\":1}");
        write("below/rejected", "{\"type\":\"integer\"}", "{\"valid\":true,\"data\":\"a\"}");
        var out = new StringWriter();
        CommandLine bench = Main.commandLine();
        bench.setOut(new PrintWriter(out));
        assertThat(bench.execute("grammar", folder.toString(), "--list", "5")).isZero();
        assertThat(out.toString())
                .containsPattern("passing +1 +25.0")
                .containsPattern("refused +1 +25.0")
                .containsPattern("wrongly accepted +1 +25.0")
                .containsPattern("wrongly rejected +1 +25.0")
                .containsPattern("all +4 ")
                .containsPattern("\\$ref +1\n")
                .containsPattern("compiling +p50 +p99 +max\n")
                .contains("WRONGLY_ACCEPTED " + folder.resolve("accepted.json") + ": 1");
    }

    private void write(String name, String schema, String tests) throws IOException {
        Path file = folder.resolve(name + ".json");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "{\"schema\":" + schema + ",\"tests\":[" + tests + "]}");
    }
}
