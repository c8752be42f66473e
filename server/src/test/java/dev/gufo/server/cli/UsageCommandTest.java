package dev.gufo.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.database.Database;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class UsageCommandTest {
    @TempDir
    private Path folder;

    @Test
    void itPrintsWhatWasUsed() throws IOException, InterruptedException {
        try (Database database = Database.open("", folder);
                var server = new TestServer(
                        TestServer.settings(),
                        database,
                        new TestModel("scripted", new dev.gufo.server.ScriptedEngine()))) {
            server.chat(TestServer.HELLO);
        }
        assertThat(run("usage", "--since", "7d", "--by", "model"))
                .startsWith("0 model")
                .containsPattern("(?m)^scripted +1 +0 +1 ")
                .containsPattern("(?m)^total +1 +0 +1 ");
        assertThat(run("usage", "--by", "day,key", "--csv")).startsWith("0 day,key_id,key_name,requests,");
        assertThat(run("usage", "--json")).contains("\"completion_tokens\":7");
        assertThat(run("usage", "--key", "nobody", "--csv")).hasLineCount(1);
    }

    @Test
    void whatCannotBeMeantIsAUsageError() {
        assertThat(run("usage", "--by", "owner")).startsWith("2 gufo: --by takes");
        assertThat(run("usage", "--since", "yesterday")).startsWith("2 ");
        assertThat(run("usage", "--json", "--csv")).startsWith("2 ");
    }

    private String run(String... arguments) {
        var out = new ByteArrayOutputStream();
        var stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        int status = GufoCommand.run(arguments, Map.of("GUFO_DATA_DIR", folder.toString()), stream, stream);
        return status + " " + out.toString(StandardCharsets.UTF_8);
    }
}
