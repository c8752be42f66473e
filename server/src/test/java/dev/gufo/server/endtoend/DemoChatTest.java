package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import dev.gufo.engine.EngineKind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A conversation with the demo model, from an OpenAI client through HTTP and the worker to llama.cpp and back. */
@Timeout(180)
@ParameterizedClass
@EnumSource(EngineKind.class)
class DemoChatTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path dataDir;

    private static RunningGufo gufo;
    private static OpenAIClient client;

    /** @param kind which engine answers: all of this has to hold for both */
    DemoChatTest(EngineKind kind) {
        assertThat(kind).isNotNull();
    }

    @BeforeParameterizedClassInvocation
    static void start(EngineKind kind) throws IOException {
        gufo = RunningGufo.start(
                dataDir, "--engine", kind.id(), "--model", "demo-chat", "--parallel", "4", "--queue-length", "64");
        client = OpenAIOkHttpClient.builder()
                .baseUrl(gufo.baseUrl())
                .apiKey("none")
                .maxRetries(0)
                .build();
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        client.close();
        gufo.close();
    }

    static Stream<JsonNode> expectations() throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        try (var in = new BufferedReader(new InputStreamReader(
                DemoChatTest.class.getResourceAsStream("/demo-chat/expectations.jsonl"), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lines.add(JSON.readTree(line));
            }
        }
        assertThat(lines).hasSize(39);
        return lines.stream();
    }

    @ParameterizedTest
    @MethodSource("expectations")
    void theDemoModelAnswersAsItDidWhenItWasMade(JsonNode expectation) throws IOException, InterruptedException {
        ObjectNode request = expectation.deepCopy();
        request.remove(List.of("expect", "expect_tool_call"));
        request.put("temperature", 0);
        var response = gufo.chat(request.toString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode choice = JSON.readTree(response.body()).at("/choices/0");
        check(expectation, choice.get("message"), choice.get("finish_reason").textValue());

        ObjectNode message = JSON.createObjectNode();
        String finishReason = "";
        try (Stream<String> lines =
                gufo.stream(request.put("stream", true).toString()).body()) {
            for (String line : lines.filter(text -> text.startsWith("data: {")).toList()) {
                JsonNode part = JSON.readTree(line.substring("data: ".length())).at("/choices/0");
                add(part.get("delta"), message);
                finishReason = part.get("finish_reason").asText(finishReason);
            }
        }
        check(expectation, message, finishReason);
    }

    private static void check(JsonNode expectation, JsonNode message, String finishReason) throws IOException {
        JsonNode call = expectation.path("expect_tool_call");
        if (call.isMissingNode()) {
            assertThat(message.get("content")).isEqualTo(expectation.get("expect"));
            assertThat(message.path("tool_calls")).isEmpty();
            assertThat(finishReason).isEqualTo("stop");
        } else {
            assertThat(message.get("content").asText("")).isIn("", "null");
            assertThat(message.get("tool_calls")).hasSize(1);
            JsonNode function = message.at("/tool_calls/0/function");
            assertThat(function.get("name")).isEqualTo(call.get("name"));
            assertThat(JSON.readTree(function.get("arguments").textValue())).isEqualTo(call.get("arguments"));
            assertThat(finishReason).isEqualTo("tool_calls");
        }
    }

    /** Adds a delta to a message, its texts to the texts that are there. */
    private static void add(JsonNode delta, ObjectNode message) {
        delta.properties().forEach(field -> {
            JsonNode value = field.getValue();
            String name = field.getKey();
            if (value.isObject()) {
                add(value, message.withObjectProperty(name));
            } else if (name.equals("tool_calls")) {
                for (JsonNode call : value) {
                    ArrayNode calls = message.withArrayProperty(name);
                    int index = call.get("index").intValue();
                    add(call, (ObjectNode) (calls.has(index) ? calls.get(index) : calls.addObject()));
                }
            } else if (value.isTextual()) {
                message.put(name, message.path(name).asText("") + value.textValue());
            }
        });
    }

    @Test
    void theOfficialClientChats() {
        ChatCompletion answer = client.chat()
                .completions()
                .create(question("What is the capital of France?").build());
        assertThat(answer.choices().getFirst().message().content()).contains("The capital of France is Paris.");
        assertThat(answer.usage().orElseThrow().totalTokens())
                .isEqualTo(answer.usage().orElseThrow().promptTokens()
                        + answer.usage().orElseThrow().completionTokens());
        assertThat(answer.model()).isEqualTo("demo-chat");
    }

    @Test
    void aStreamHasTheSameTextAndUsageAsOneAnswer() {
        ChatCompletionCreateParams whole = question("Tell me a story.").build();
        ChatCompletion answer = client.chat().completions().create(whole);
        StringBuilder text = new StringBuilder();
        var last = new ArrayList<ChatCompletionChunk>();
        var streamed = whole.toBuilder()
                .streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(streamed)) {
            chunks.stream().forEach(chunk -> {
                chunk.choices().forEach(choice -> choice.delta().content().ifPresent(text::append));
                last.add(chunk);
            });
        }
        assertThat(text.toString())
                .isEqualTo(answer.choices().getFirst().message().content().orElseThrow());
        var usage = last.getLast().usage().orElseThrow();
        assertThat(usage.completionTokens())
                .isEqualTo(answer.usage().orElseThrow().completionTokens());
        assertThat(usage.promptTokens()).isEqualTo(answer.usage().orElseThrow().promptTokens());
    }

    @Test
    void anUnknownModelIsNotFound() {
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(question("Hello").model("gpt-nobody").build()))
                .isInstanceOfSatisfying(
                        NotFoundException.class, e -> assertThat(e.code()).isEqualTo(Optional.of("model_not_found")));
    }

    @Test
    void aPromptThatLeavesNoRoomTellsBothCounts() {
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(question("one two three ".repeat(2_000)).build()))
                .isInstanceOfSatisfying(OpenAIServiceException.class, e -> {
                    assertThat(e.statusCode()).isEqualTo(413);
                    assertThat(e.code()).isEqualTo(Optional.of("context_length_exceeded"));
                    assertThat(e.getMessage()).contains("maximum context length is 2048 tokens");
                    assertThat(e.getMessage()).containsPattern("[^0-9](6\\d{3}|[1-9]\\d{4})[^0-9]");
                });
    }

    @Test
    void aValueOutOfRangeNamesItsField() {
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(question("Hello").temperature(7.0).build()))
                .isInstanceOfSatisfying(
                        BadRequestException.class, e -> assertThat(e.param()).isEqualTo(Optional.of("temperature")));
    }

    @Test
    void aStopTextEndsTheAnswerAndDoesNotShow() {
        ChatCompletion answer = client.chat()
                .completions()
                .create(question("What is the capital of France?").stop("Paris").build());
        assertThat(answer.choices().getFirst().message().content()).contains("The capital of France is ");
        assertThat(answer.choices().getFirst().finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
    }

    @Test
    void manyClientsGetTheAnswersThatOneGets() throws Exception {
        List<String> questions =
                List.of("What is the capital of France?", "Hello", "Who are you?", "What is the capital of Spain?");
        List<String> expected = questions.stream().map(DemoChatTest::ask).toList();
        List<Callable<String>> all = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            String question = questions.get(i % questions.size());
            all.add(() -> ask(question));
        }
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = threads.invokeAll(all);
            for (int i = 0; i < answers.size(); i++) {
                assertThat(answers.get(i).get()).isEqualTo(expected.get(i % expected.size()));
            }
        }
    }

    @Test
    void whatAUserTypesEndsNoTurn() throws IOException, InterruptedException {
        long plain = promptTokens("x");
        assertThat(promptTokens("<|im_end|>")).isGreaterThan(plain + 2);
    }

    private static long promptTokens(String content) {
        return client.chat()
                .completions()
                .create(question(content).maxCompletionTokens(1).build())
                .usage()
                .orElseThrow()
                .promptTokens();
    }

    private static String ask(String question) {
        return client.chat()
                .completions()
                .create(question(question).build())
                .choices()
                .getFirst()
                .message()
                .content()
                .orElseThrow();
    }

    private static ChatCompletionCreateParams.Builder question(String text) {
        return ChatCompletionCreateParams.builder()
                .model("demo-chat")
                .temperature(0.0)
                .addUserMessage(text);
    }
}
