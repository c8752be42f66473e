package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.grammar.schema.JsonSchemaGrammar;
import dev.gufo.grammar.schema.RandomSchemas;
import dev.gufo.grammar.schema.SchemaJudge;
import dev.gufo.grammar.schema.UnsupportedSchema;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Schemas and grammars through HTTP, the demo model in a worker, the server's heap as small as in the distribution. */
@Timeout(240)
class StructuredOutputTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path dataDir;

    private static RunningGufo gufo;

    /** What an answer said, streamed or not. */
    private record Said(String content, List<String> arguments, String finishReason) {}

    @BeforeAll
    static void start() throws IOException {
        gufo = RunningGufo.startWith(
                List.of("-Xmx160m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"),
                dataDir,
                "--model",
                "demo-chat",
                "--parallel",
                "8",
                "--ctx-size",
                "2048",
                "--queue-length",
                "64");
    }

    @AfterAll
    static void stop() {
        gufo.close();
    }

    private static List<Map<String, Object>> schemas(int count, int seed) {
        var random = new RandomSchemas(new Random(seed));
        List<Map<String, Object>> schemas = new ArrayList<>();
        while (schemas.size() < count) {
            // In an object, as OpenAI wants the outermost schema to be.
            Map<String, Object> schema = new LinkedHashMap<>();
            Object inner = random.next();
            schema.put("type", "object");
            schema.put("properties", Map.of("it", inner));
            schema.put("required", List.of("it"));
            schema.put("additionalProperties", false);
            if (inner instanceof Map<?, ?> map && map.get("$defs") != null) {
                schema.put("$defs", map.get("$defs"));
            }
            try {
                JsonSchemaGrammar.of(schema);
                schemas.add(schema);
            } catch (UnsupportedSchema e) {
                assertThat(e).hasMessageContaining(e.keyword());
            }
        }
        return schemas;
    }

    @Test
    void contentSatisfiesItsSchemaStreamedOrNot() throws InterruptedException, ExecutionException {
        List<Callable<Boolean>> questions = new ArrayList<>();
        int number = 0;
        for (Map<String, Object> schema : schemas(36, 8)) {
            int way = number++ % 4;
            questions.add(() -> ended(schema, ask(way % 2 == 0, request -> {
                switch (way) {
                    case 0, 1 ->
                        request.putObject("response_format")
                                .put("type", "json_schema")
                                .putObject("json_schema")
                                .put("name", "thing")
                                .set("schema", JSON.valueToTree(schema));
                    case 2 -> request.set("json_schema", JSON.valueToTree(schema));
                    default -> request.put("grammar", JsonSchemaGrammar.of(schema));
                }
            })));
        }
        questions.add(() -> ended(Map.of("type", "object"), ask(true, StructuredOutputTest::anyObject)));
        questions.add(() -> ended(Map.of("type", "object"), ask(false, StructuredOutputTest::anyObject)));
        assertThat(all(questions).stream().filter(ended -> ended)).hasSizeGreaterThan(20);
    }

    private static void anyObject(ObjectNode request) {
        request.putObject("response_format").put("type", "json_object");
    }

    /** Whether it came to its end; then it must be right. */
    private static boolean ended(Map<String, Object> schema, Said said) {
        boolean ended = said.finishReason().equals("stop");
        if (ended) {
            assertThat(new SchemaJudge(schema).faults(said.content()))
                    .as("%s for %s", said.content(), schema)
                    .isEmpty();
        } else {
            assertThat(said.finishReason()).isEqualTo("length");
        }
        return ended;
    }

    @Test
    void argumentsSatisfyTheParametersOfTheirFunction() throws InterruptedException, ExecutionException {
        List<Callable<Boolean>> questions = new ArrayList<>();
        int number = 0;
        // The prompt shows them to the model, whose context is short.
        List<Map<String, Object>> small = schemas(60, 9).stream()
                .filter(schema -> schema.toString().length() < 500)
                .limit(16)
                .toList();
        for (Map<String, Object> schema : small) {
            boolean stream = number++ % 2 == 0;
            questions.add(() -> {
                Said said = ask(stream, request -> {
                    request.put("tool_choice", "required").put("parallel_tool_calls", false);
                    request.putArray("tools")
                            .addObject()
                            .put("type", "function")
                            .putObject("function")
                            .put("name", "do_it")
                            .set("parameters", JSON.valueToTree(schema));
                });
                boolean ended = said.finishReason().equals("tool_calls");
                if (ended && !said.arguments().isEmpty()) {
                    assertThat(said.arguments()).hasSize(1);
                    assertThat(new SchemaJudge(schema).faults(said.arguments().getFirst()))
                            .as("%s for %s", said, schema)
                            .isEmpty();
                }
                return ended;
            });
        }
        assertThat(all(questions).stream().filter(ended -> ended)).hasSizeGreaterThan(6);
    }

    @Test
    void aBurstOfHostileSchemasEndsNobody() throws InterruptedException, ExecutionException, IOException {
        long worker = gufo.worker().pid();
        List<Callable<Boolean>> attacks = new ArrayList<>();
        List<Consumer<ObjectNode>> kinds = hostile();
        for (int i = 0; i < 50; i++) {
            Consumer<ObjectNode> kind = kinds.get(i % kinds.size());
            attacks.add(() -> {
                ObjectNode request = question();
                kind.accept(request.put("max_tokens", 8));
                HttpResponse<String> response = gufo.chat(request.toString());
                assertThat(response.statusCode()).as(response.body()).isIn(200, 400, 413, 503);
                return true;
            });
        }
        all(attacks);
        assertThat(gufo.worker().pid()).isEqualTo(worker);
        assertThat(gufo.process().isAlive()).isTrue();
        assertThat(gufo.chat(question().put("max_tokens", 3).toString()).statusCode())
                .isEqualTo(200);
    }

    private static List<Consumer<ObjectNode>> hostile() {
        Map<String, Object> properties = new HashMap<>();
        for (int i = 0; i < 400; i++) {
            properties.put("p" + i, Map.of("$ref", "#"));
        }
        String values = "\"value\",".repeat(120_000);
        return List.of(
                request -> request.put("grammar", "root ::= " + "root ".repeat(200_000) + "| \"a\""),
                request -> request.put("grammar", "root ::= [a-z ]" + " [a-z ]?".repeat(49_000)),
                request -> request.put("grammar", "(".repeat(1 << 20)),
                request -> request.put("grammar", "root ::= [a-z]*\n" + "#\n".repeat(500_000)),
                request -> request.set("json_schema", tree("{\"enum\":[" + values + "0]}")),
                request -> request.set("json_schema", tree("{\"enum\":[" + "[],".repeat(340_000) + "0]}")),
                request -> request.set("json_schema", JSON.valueToTree(Map.of("properties", properties))),
                request -> request.set("json_schema", tree("{\"items\":".repeat(200) + "{}" + "}".repeat(200))),
                request -> request.set(
                        "json_schema", tree("{\"type\":\"string\",\"pattern\":\"((a{0,50}){0,50}){0,50}(x+x+)+y\"}")),
                request -> request.set(
                        "json_schema", tree("{\"type\":\"string\",\"pattern\":\"" + "(a|".repeat(20_000) + "\"}")));
    }

    private static JsonNode tree(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(json, e);
        }
    }

    private static <T> List<T> all(List<Callable<T>> tasks) throws InterruptedException, ExecutionException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<T> results = new ArrayList<>();
            for (Future<T> result : threads.invokeAll(tasks)) {
                results.add(result.get());
            }
            return results;
        }
    }

    private static ObjectNode question() {
        ObjectNode request = JSON.createObjectNode().put("model", "demo-chat");
        request.putArray("messages").addObject().put("role", "user").put("content", "What is the capital of France?");
        return request;
    }

    private static Said ask(boolean stream, Consumer<ObjectNode> fields) throws IOException, InterruptedException {
        ObjectNode request =
                question().put("temperature", 1.2).put("max_tokens", 250).put("seed", 4);
        fields.accept(request);
        if (stream) {
            return streamed(request.put("stream", true).toString());
        }
        HttpResponse<String> response = gufo.chat(request.toString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode choice = JSON.readTree(response.body()).at("/choices/0");
        List<String> arguments = new ArrayList<>();
        choice.at("/message/tool_calls")
                .forEach(call -> arguments.add(call.at("/function/arguments").textValue()));
        return new Said(
                choice.at("/message/content").asText(),
                arguments,
                choice.at("/finish_reason").textValue());
    }

    private static Said streamed(String body) throws IOException, InterruptedException {
        StringBuilder content = new StringBuilder();
        Map<Integer, StringBuilder> arguments = new LinkedHashMap<>();
        String finishReason = "";
        HttpResponse<String> response = gufo.chat(body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        for (String line : response.body()
                .lines()
                .filter(text -> text.startsWith("data: {"))
                .toList()) {
            JsonNode choice = JSON.readTree(line.substring("data: ".length())).at("/choices/0");
            content.append(choice.at("/delta/content").asText());
            choice.at("/delta/tool_calls")
                    .forEach(call -> arguments
                            .computeIfAbsent(call.at("/index").intValue(), _ -> new StringBuilder())
                            .append(call.at("/function/arguments").asText()));
            finishReason = choice.at("/finish_reason").asText("").isEmpty()
                    ? finishReason
                    : choice.at("/finish_reason").asText();
        }
        return new Said(
                content.toString(),
                arguments.values().stream().map(StringBuilder::toString).toList(),
                finishReason);
    }
}
