package dev.gufo.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.boot.Reasons;
import dev.gufo.server.boot.StartFailed;
import dev.gufo.server.boot.UsageException;
import dev.gufo.server.connect.AgentServer;
import dev.gufo.server.connect.AgentTool;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code gufo connect}: tells a coding agent to use this server. */
@Command(
        name = "connect",
        description = "Write the settings that point a coding agent at a running server.",
        footer = "%nThe server is asked for its models. Settings of the agent that have nothing to do with this stay.")
final class ConnectCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int TIMEOUT_MILLIS = 5_000;

    /** The words of the tools, for help and completion. */
    static final class Words implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(AgentTool.values()).map(AgentTool::word).iterator();
        }
    }

    @Parameters(
            paramLabel = "AGENT",
            completionCandidates = Words.class,
            description = "Which one: ${COMPLETION-CANDIDATES}.")
    String agent = "";

    @Option(
            names = "--print",
            description = "Print the settings instead of writing them. Those of cline and copilot are always printed.")
    boolean print;

    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "http://127.0.0.1:8080",
            description = "Where the server is (default: ${DEFAULT-VALUE}).")
    String url = "";

    @Option(names = "--model", paramLabel = "ID", description = "Model to use (default: the server's first for chat).")
    String model = "";

    @Option(
            names = "--key",
            paramLabel = "KEY",
            defaultValue = "gufo",
            description = "API key, if the server needs one. It ends up in the agent's settings.")
    String key = "";

    @Option(names = "--home", hidden = true, defaultValue = "${sys:user.home}", description = "Whose settings.")
    Path home = Path.of("");

    private final PrintStream out;

    ConnectCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() {
        AgentTool tool = Arrays.stream(AgentTool.values())
                .filter(one -> one.word().equals(agent))
                .findFirst()
                .orElseThrow(() -> new UsageException("there is no agent '%s' here, but %s"
                        .formatted(
                                agent,
                                Arrays.stream(AgentTool.values())
                                        .map(AgentTool::word)
                                        .collect(Collectors.joining(", ")))));
        AgentTool.Settings settings = tool.settings(server());
        if (print || settings instanceof AgentTool.Settings.Shell) {
            out.println(settings.text().stripTrailing());
            return GufoCommand.DONE;
        }
        Path file = tool.file(home);
        try {
            write(
                    file,
                    switch (settings) {
                        case AgentTool.Settings.Json(Map<String, Object> fields) ->
                            text(merged(read(file), JSON.valueToTree(fields)));
                        case AgentTool.Settings.Text(String content) -> whereThereIsNone(file, content);
                        case AgentTool.Settings.Shell(String lines) -> lines;
                    });
        } catch (IOException e) {
            throw new StartFailed("%s can't be written: %s".formatted(file, Reasons.of(e)));
        }
        out.println("%s uses %s now: see %s".formatted(tool.title(), url, file));
        return GufoCommand.DONE;
    }

    private AgentServer server() {
        String base = url.replaceAll("/+$", "");
        JsonNode models = models(base);
        for (JsonNode one : models) {
            boolean chats = one.path("roles").isMissingNode()
                    || one.path("roles")
                            .valueStream()
                            .anyMatch(role -> role.asText().equals("chat"));
            if (model.isEmpty() ? chats : one.path("id").asText().equals(model)) {
                OptionalInt tokens = one.has("max_model_len")
                        ? OptionalInt.of(one.get("max_model_len").intValue())
                        : OptionalInt.empty();
                return new AgentServer(base, key, one.path("id").asText(), tokens);
            }
        }
        throw new UsageException(
                model.isEmpty()
                        ? "%s has no model for chat".formatted(base)
                        : "%s has no model '%s'".formatted(base, model));
    }

    private JsonNode models(String base) {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(base + "/v1/models").toURL().openConnection();
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            connection.setRequestProperty("Authorization", "Bearer " + key);
            if (connection.getResponseCode() == HttpURLConnection.HTTP_UNAUTHORIZED) {
                throw new UsageException("%s needs an API key: give it with --key".formatted(base));
            }
            try (InputStream body = connection.getInputStream()) {
                return JSON.readTree(body).path("data");
            }
        } catch (IllegalArgumentException | ClassCastException e) {
            throw new UsageException("--url must begin with http:// or https://, is " + url);
        } catch (IOException e) {
            throw new StartFailed("%s does not answer: %s".formatted(base, Reasons.of(e)));
        }
    }

    private static ObjectNode read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return JSON.createObjectNode();
        }
        try {
            if (JSON.readTree(Files.readString(file)) instanceof ObjectNode there) {
                return there;
            }
        } catch (JsonProcessingException e) {
            // the same
        }
        throw new StartFailed("%s is no JSON object, so it stays as it is: see --print".formatted(file));
    }

    private static String whereThereIsNone(Path file, String content) throws IOException {
        if (Files.exists(file) && !Files.readString(file).equals(content)) {
            throw new StartFailed("%s is there already, so it stays as it is: see --print".formatted(file));
        }
        return content;
    }

    private static ObjectNode merged(ObjectNode there, ObjectNode more) {
        for (Map.Entry<String, JsonNode> field : more.properties()) {
            if (there.get(field.getKey()) instanceof ObjectNode inner && field.getValue() instanceof ObjectNode added) {
                merged(inner, added);
            } else if (there.get(field.getKey()) instanceof ArrayNode list
                    && field.getValue() instanceof ArrayNode added) {
                there.set(field.getKey(), merged(list, added));
            } else {
                there.set(field.getKey(), field.getValue());
            }
        }
        return there;
    }

    /** The elements that are there, without those whose id is among the further ones, and these. */
    private static ArrayNode merged(ArrayNode there, ArrayNode more) {
        ArrayNode all = JSON.createArrayNode();
        for (JsonNode element : there) {
            boolean replaced = more.valueStream()
                    .anyMatch(other -> other.has("id") && other.get("id").equals(element.get("id")));
            if (!replaced) {
                all.add(element);
            }
        }
        return all.addAll(more);
    }

    /** All of it or nothing: the agent may read it at any time. */
    private static void write(Path file, String settings) throws IOException {
        Files.createDirectories(file.getParent());
        Path made = Files.createTempFile(file.getParent(), ".gufo", ".new"); // for its owner only
        try {
            Files.writeString(made, settings);
            Files.move(made, file, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(made);
        }
    }

    private static String text(ObjectNode settings) {
        return settings.toPrettyString() + "\n";
    }
}
