package dev.gufo.server.endtoend;

import static dev.gufo.server.endtoend.ClientsGufo.API_KEY;
import static dev.gufo.server.endtoend.ClientsGufo.EMBEDDING_MODEL;
import static dev.gufo.server.endtoend.ClientsGufo.MODEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonTypeName;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.ResponseFormatJsonObject;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionNamedToolChoice;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionTokenLogprob;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** OpenAI's Java client with the demo model; each feature whole and streamed. */
@Timeout(180)
@ExtendWith(ClientsGufo.class)
class OpenAiJavaTest {
    private static final String PARIS = "The capital of France is Paris.";

    private static OpenAIClient client;

    @BeforeAll
    static void connect(RunningGufo gufo) {
        client = client(gufo, API_KEY);
    }

    private static OpenAIClient client(RunningGufo gufo, String key) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(gufo.baseUrl())
                .apiKey(key)
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void disconnect() {
        client.close();
    }

    @Test
    void aChatIsAnswered() {
        both(ask("What is the capital of France?")).forEach(answer -> {
            assertThat(text(answer)).isEqualTo(PARIS);
            assertThat(answer.validate().isValid()).isTrue();
            assertThat(answer.model()).isEqualTo(MODEL);
            assertThat(answer.choices().getFirst().finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
        });
    }

    @Test
    void bothWaysTellTheSameUsage() {
        List<ChatCompletion> answers = both(ask("Hello"));
        assertThat(answers.getFirst().usage().orElseThrow().totalTokens())
                .isEqualTo(answers.getLast().usage().orElseThrow().totalTokens())
                .isPositive();
    }

    @Test
    void aSystemMessageIsFollowed() {
        ChatCompletionCreateParams.Builder params = ChatCompletionCreateParams.builder()
                .model(MODEL)
                .temperature(0.0)
                .addSystemMessage("Always end with 'over.'")
                .addUserMessage("What color is grass?");
        both(params).forEach(answer -> assertThat(text(answer)).isEqualTo("Grass is green. over."));
    }

    @Test
    void severalChoicesAreTheSameForTheSameSeed() {
        var answers = both(ask("Tell me a story.")
                .temperature(1.5)
                .putAdditionalBodyProperty("seed", JsonValue.from(5)) // deprecated in the client, not here
                .n(3)
                .maxCompletionTokens(12));
        List<String> texts = texts(answers.getFirst());
        assertThat(texts).hasSize(3);
        assertThat(Set.copyOf(texts)).hasSizeGreaterThan(1);
        assertThat(texts(answers.getLast())).isEqualTo(texts);
    }

    @Test
    void aStopTextEndsTheAnswer() {
        both(ask("What is the capital of France?").stop(" Paris"))
                .forEach(answer -> assertThat(text(answer)).isEqualTo("The capital of France is"));
    }

    @Test
    void logprobsAddUpToTheText() {
        both(ask("What is the capital of France?").logprobs(true).topLogprobs(2))
                .forEach(answer -> {
                    List<ChatCompletionTokenLogprob> tokens = answer.choices()
                            .getFirst()
                            .logprobs()
                            .orElseThrow()
                            .content()
                            .orElseThrow();
                    var bytes = new ByteArrayOutputStream();
                    tokens.forEach(
                            token -> token.bytes().orElseThrow().forEach(value -> bytes.write(value.intValue())));
                    assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo(PARIS);
                    assertThat(tokens).allMatch(token -> token.topLogprobs().size() == 2 && token.logprob() <= 0);
                });
    }

    @Test
    void jsonModeGivesAnObject() {
        both(ask("Give me name, age as a JSON object: Emma is 31 years old and lives in Vienna.")
                        .responseFormat(ResponseFormatJsonObject.builder().build())
                        .maxCompletionTokens(200))
                .forEach(answer -> assertThat(text(answer)).contains("\"Emma\"").endsWith("}"));
    }

    /** What the client makes a schema of. */
    static final class Person {
        public String name;
        public int age;
        public Optional<String> city;
    }

    @Test
    void aClassIsASchemaAndItsAnswerAnObject() {
        var params = ask("Give me name, age as a JSON object: Emma is 31 years old and lives in Vienna.")
                .responseFormat(Person.class)
                .build();
        var whole =
                client.chat().completions().create(params).choices().getFirst().message();
        var accumulator = ChatCompletionAccumulator.create();
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(params)) {
            chunks.stream().forEach(accumulator::accumulate);
        }
        var streamed =
                accumulator.chatCompletion(Person.class).choices().getFirst().message();
        for (Person person :
                List.of(whole.content().orElseThrow(), streamed.content().orElseThrow())) {
            assertThat(person.name).isEqualTo("Emma");
            assertThat(person.age).isEqualTo(31);
        }
    }

    @Test
    void aToolIsCalledIfItIsNeededAndLeftAloneIfNot() {
        both(ask("What is the weather in Oslo?").addTool(weather()).addTool(calculator()))
                .forEach(answer -> {
                    assertThat(calls(answer)).containsExactly("get_weather{\"city\": \"Oslo\"}");
                    assertThat(answer.choices().getFirst().message().content())
                            .matches(text -> text.orElse("").isEmpty());
                    assertThat(answer.choices().getFirst().finishReason())
                            .isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
                });
        both(ask("Hello").addTool(weather()))
                .forEach(answer -> assertThat(text(answer)).isEqualTo("Hello! How can I help you today?"));
    }

    @Test
    void aToolsResultLeadsToTheAnswer() {
        var params = ask("What is the weather in Rome?").addTool(weather());
        ChatCompletionMessage call = client.chat()
                .completions()
                .create(params.build())
                .choices()
                .getFirst()
                .message();
        params.addMessage(call)
                .addMessage(ChatCompletionToolMessageParam.builder()
                        .toolCallId(call.toolCalls()
                                .orElseThrow()
                                .getFirst()
                                .asFunction()
                                .id())
                        .content("{\"city\": \"Rome\", \"temperature\": 21, \"condition\": \"sunny\"}")
                        .build());
        both(params).forEach(answer -> assertThat(text(answer)).isEqualTo("It is 21 degrees and sunny in Rome."));
    }

    /** What the client makes a tool of. */
    @JsonTypeName("get_weather")
    @JsonClassDescription("Get the current weather of a city")
    static final class GetWeather {
        @JsonPropertyDescription("The name of the city")
        public String city;
    }

    @Test
    void aClassIsAToolAndItsCallAnObject() {
        both(ask("What is the weather in Oslo?").addTool(GetWeather.class))
                .forEach(answer -> assertThat(
                                functions(answer).getFirst().function().arguments(GetWeather.class).city)
                        .isEqualTo("Oslo"));
    }

    @Test
    void toolChoiceIsObeyed() {
        both(ask("Hello")
                        .addTool(weather())
                        .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                        .parallelToolCalls(false)
                        .maxCompletionTokens(300))
                .forEach(answer -> assertThat(calls(answer)).hasSize(1));
        both(ask("What is the weather in Oslo?")
                        .addTool(weather())
                        .addTool(calculator())
                        .toolChoice(ChatCompletionNamedToolChoice.builder()
                                .function(ChatCompletionNamedToolChoice.Function.builder()
                                        .name("calculator")
                                        .build())
                                .build())
                        .maxCompletionTokens(300))
                .forEach(answer ->
                        assertThat(calls(answer)).singleElement().asString().startsWith("calculator"));
        both(ask("What is the weather in Oslo?")
                        .addTool(weather())
                        .toolChoice(ChatCompletionToolChoiceOption.Auto.NONE)
                        .maxCompletionTokens(50))
                .forEach(answer -> assertThat(calls(answer)).isEmpty());
    }

    @Test
    void errorsAreTheClientsOwn(RunningGufo gufo) {
        var completions = client.chat().completions();
        assertThatExceptionOfType(NotFoundException.class)
                .isThrownBy(() -> completions.create(ask("Hi").model("owl").build()));
        assertThatExceptionOfType(OpenAIServiceException.class)
                .isThrownBy(() -> {
                    try (var _ = completions.createStreaming(
                            ask("one two three ".repeat(2_000)).build())) {
                        throw new AssertionError("too long a prompt was taken");
                    }
                })
                .satisfies(e -> assertThat(e.statusCode()).isEqualTo(413))
                .withMessageContaining("2048")
                .satisfies(e -> assertThat(e.getMessage()).containsPattern("[^0-9](6\\d{3}|[1-9]\\d{4})[^0-9]"));
        OpenAIClient stranger = client(gufo, "wrong");
        try {
            assertThatExceptionOfType(UnauthorizedException.class)
                    .isThrownBy(() -> stranger.models().list());
        } finally {
            stranger.close();
        }
    }

    @Test
    void aStreamThatTheClientClosesEndsOnTheServer() {
        var endless = ask("Tell me a story.")
                .putAdditionalBodyProperty("ignore_eos", JsonValue.from(true))
                .build();
        // More of them than run at once: the last ones only start if the first ones end.
        for (int i = 0; i < 6; i++) {
            try (StreamResponse<ChatCompletionChunk> chunks =
                    client.chat().completions().createStreaming(endless)) {
                assertThat(chunks.stream().limit(3)).hasSize(3);
            }
        }
        assertThat(text(client.chat()
                        .completions()
                        .create(ask("What is the capital of France?").build())))
                .isEqualTo(PARIS);
    }

    @Test
    void textIsCompleted() {
        var params = CompletionCreateParams.builder()
                .model(MODEL)
                .prompt("<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n")
                .temperature(0.0)
                .maxTokens(30)
                .logprobs(1)
                .build();
        Completion whole = client.completions().create(params);
        assertThat(whole.choices().getFirst().text()).isEqualTo(PARIS);
        assertThat(String.join(
                        "",
                        whole.choices()
                                .getFirst()
                                .logprobs()
                                .orElseThrow()
                                .tokens()
                                .orElseThrow()))
                .isEqualTo(PARIS);
        try (StreamResponse<Completion> chunks = client.completions().createStreaming(params)) {
            assertThat(chunks.stream()
                            .flatMap(chunk -> chunk.choices().stream())
                            .map(choice -> choice.text())
                            .collect(Collectors.joining()))
                    .isEqualTo(PARIS);
        }
    }

    @Test
    void textsBecomeVectors() {
        var answer = client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model(EMBEDDING_MODEL)
                        .inputOfArrayOfStrings(List.of("a small owl", "the price of steel"))
                        .dimensions(64)
                        .build());
        assertThat(answer.data()).hasSize(2).allMatch(each -> each.embedding().size() == 64);
        assertThat(answer.usage().totalTokens()).isPositive();
    }

    @Test
    void modelsAreListedAndFound() {
        assertThat(client.models().list().data()).extracting(Model::id).contains(MODEL, EMBEDDING_MODEL);
        assertThat(client.models().retrieve(MODEL).id()).isEqualTo(MODEL);
        assertThatExceptionOfType(NotFoundException.class)
                .isThrownBy(() -> client.models().retrieve("owl"));
    }

    private static ChatCompletionCreateParams.Builder ask(String question) {
        return ChatCompletionCreateParams.builder()
                .model(MODEL)
                .temperature(0.0)
                .addUserMessage(question);
    }

    /** The answer whole, and what the client's accumulator makes of the streamed one. */
    private static List<ChatCompletion> both(ChatCompletionCreateParams.Builder params) {
        ChatCompletion whole = client.chat().completions().create(params.build());
        var accumulator = ChatCompletionAccumulator.create();
        var streaming = params.build().toBuilder()
                .streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(streaming)) {
            chunks.stream().forEach(accumulator::accumulate);
        }
        return List.of(whole, accumulator.chatCompletion());
    }

    private static String text(ChatCompletion answer) {
        return texts(answer).getFirst();
    }

    private static List<String> texts(ChatCompletion answer) {
        return answer.choices().stream()
                .map(choice -> choice.message().content().orElse(""))
                .toList();
    }

    private static List<ChatCompletionMessageFunctionToolCall> functions(ChatCompletion answer) {
        return answer.choices().getFirst().message().toolCalls().orElse(List.of()).stream()
                .map(call -> call.asFunction())
                .toList();
    }

    private static List<String> calls(ChatCompletion answer) {
        return functions(answer).stream()
                .map(call -> call.function().name() + call.function().arguments())
                .toList();
    }

    private static ChatCompletionFunctionTool weather() {
        return tool(
                "get_weather",
                "Get the current weather of a city",
                Map.of("city", Map.of("type", "string", "description", "The name of the city")),
                "city");
    }

    private static ChatCompletionFunctionTool calculator() {
        return tool(
                "calculator",
                "Evaluate an arithmetic expression",
                Map.of("expression", Map.of("type", "string", "description", "The expression")),
                "expression");
    }

    private static ChatCompletionFunctionTool tool(
            String name, String description, Map<String, Object> properties, String required) {
        return ChatCompletionFunctionTool.builder()
                .function(FunctionDefinition.builder()
                        .name(name)
                        .description(description)
                        .parameters(FunctionParameters.builder()
                                .putAdditionalProperty("type", JsonValue.from("object"))
                                .putAdditionalProperty("properties", JsonValue.from(properties))
                                .putAdditionalProperty("required", JsonValue.from(List.of(required)))
                                .build())
                        .build())
                .build();
    }
}
