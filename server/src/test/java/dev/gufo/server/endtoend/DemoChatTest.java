package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A conversation with the demo model, from an OpenAI client through HTTP and the worker to llama.cpp and back. */
@Timeout(180)
class DemoChatTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path dataDir;

    private static RunningGufo gufo;
    private static OpenAIClient client;

    @BeforeAll
    static void start() throws IOException {
        gufo = RunningGufo.start(dataDir, "--model", "demo-chat", "--parallel", "4", "--queue-length", "64");
        client = OpenAIOkHttpClient.builder()
                .baseUrl(gufo.baseUrl())
                .apiKey("none")
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        gufo.close();
    }

    /** Expectations of a tool call wait until calls are read from the text. */
    static Stream<JsonNode> expectedTexts() throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        try (var in = new BufferedReader(new InputStreamReader(
                DemoChatTest.class.getResourceAsStream("/demo-chat/expectations.jsonl"), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lines.add(JSON.readTree(line));
            }
        }
        assertThat(lines).hasSize(39);
        return lines.stream().filter(line -> line.has("expect"));
    }

    @ParameterizedTest
    @MethodSource("expectedTexts")
    void theDemoModelAnswersAsItDidWhenItWasMade(JsonNode expectation) throws IOException, InterruptedException {
        ObjectNode request = expectation.deepCopy();
        String expected = request.remove("expect").textValue();
        request.put("temperature", 0);
        var response = gufo.chat(request.toString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode answer = JSON.readTree(response.body());
        assertThat(answer.at("/choices/0/message/content").textValue()).isEqualTo(expected);
        assertThat(answer.at("/choices/0/finish_reason").textValue()).isEqualTo("stop");
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
