package dev.gufo.server.agents;

import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.TestServer;
import dev.gufo.server.responses.Dialogue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program that works in a folder of a home of its own, and knows nothing of who runs the tests.
 *
 * @param home an empty folder, or one that it had before
 */
record Agent(Path home) {
    private static final long MOST_SECONDS = 120;

    /** A server for it, whose model says one text after the other; its tokens are bytes. */
    static TestServer server(ScriptedEngine engine) {
        ServerSettings settings = TestServer.settings()
                .with()
                .maxBodyBytes(8 << 20)
                .allowedHosts(List.of())
                .build();
        return new TestServer(engine, settings);
    }

    static ScriptedEngine engine(int contextTokens, String... answers) {
        return new ScriptedEngine(contextTokens, Dialogue.TEMPLATE).answeringInTurn(answers);
    }

    /** A call as the model of these tests writes it. */
    static String call(String name, String arguments) {
        return "<tool_call>{\"name\": \"%s\", \"arguments\": %s}</tool_call>".formatted(name, arguments);
    }

    /** Where it works. */
    Path work() {
        return home.resolve("work");
    }

    /** Runs a command to its end, and returns what it prints on both streams. */
    String run(List<String> command, Map<String, String> environment) throws IOException, InterruptedException {
        Files.createDirectories(work());
        Path output = home.resolve("output");
        var builder = new ProcessBuilder(command)
                .directory(work().toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(output.toFile());
        var own = new HashMap<>(environment);
        own.put("PATH", System.getenv("PATH"));
        own.put("HOME", home.toString());
        own.put("TERM", "dumb");
        builder.environment().clear();
        builder.environment().putAll(own);
        Process process = builder.start();
        if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        return Files.readString(output, StandardCharsets.UTF_8);
    }
}
