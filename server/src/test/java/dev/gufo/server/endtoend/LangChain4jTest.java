package dev.gufo.server.endtoend;

import static dev.gufo.server.endtoend.ClientsGufo.API_KEY;
import static dev.gufo.server.endtoend.ClientsGufo.EMBEDDING_MODEL;
import static dev.gufo.server.endtoend.ClientsGufo.MODEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiChatRequestParameters;
import dev.langchain4j.model.openai.OpenAiChatResponseMetadata;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiLanguageModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** LangChain4j's OpenAI client with the demo model; each feature whole and streamed. */
@Timeout(180)
@ExtendWith(ClientsGufo.class)
class LangChain4jTest {
    private static final String PARIS = "The capital of France is Paris.";
    private static final ToolSpecification WEATHER = ToolSpecification.builder()
            .name("get_weather")
            .description("Get the current weather of a city")
            .parameters(JsonObjectSchema.builder()
                    .addStringProperty("city", "The name of the city")
                    .required("city")
                    .build())
            .build();
    private static final ToolSpecification CALCULATOR = ToolSpecification.builder()
            .name("calculator")
            .description("Evaluate an arithmetic expression")
            .parameters(JsonObjectSchema.builder()
                    .addStringProperty("expression", "The expression")
                    .required("expression")
                    .build())
            .build();

    private static String baseUrl;
    private static OpenAiChatModel model;
    private static OpenAiStreamingChatModel streamingModel;

    @BeforeAll
    static void connect(RunningGufo gufo) {
        baseUrl = gufo.baseUrl();
        model = model(API_KEY);
        streamingModel = OpenAiStreamingChatModel.builder()
                .baseUrl(baseUrl)
                .apiKey(API_KEY)
                .modelName(MODEL)
                .temperature(0.0)
                .build();
    }

    private static OpenAiChatModel model(String key) {
        return OpenAiChatModel.builder()
                .baseUrl(baseUrl)
                .apiKey(key)
                .modelName(MODEL)
                .temperature(0.0)
                .strictJsonSchema(true)
                .maxRetries(0)
                .build();
    }

    @Test
    void aChatIsAnsweredWithItsUsage() throws Exception {
        List<ChatResponse> answers = both(ask("What is the capital of France?").build());
        for (ChatResponse answer : answers) {
            assertThat(answer.aiMessage().text()).isEqualTo(PARIS);
            assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
            assertThat(answer.modelName()).isEqualTo(MODEL);
        }
        assertThat(answers.getFirst().tokenUsage().totalTokenCount())
                .isEqualTo(answers.getLast().tokenUsage().totalTokenCount())
                .isPositive();
    }

    @Test
    void aSystemMessageIsFollowed() throws Exception {
        ChatRequest request = ChatRequest.builder()
                .messages(SystemMessage.from("Always end with 'over.'"), UserMessage.from("What color is grass?"))
                .build();
        for (ChatResponse answer : both(request)) {
            assertThat(answer.aiMessage().text()).isEqualTo("Grass is green. over.");
        }
    }

    @Test
    void stopTextsAndLengthAreObeyed() throws Exception {
        for (ChatResponse answer : both(ask("What is the capital of France?")
                .stopSequences(List.of(" Paris"))
                .build())) {
            assertThat(answer.aiMessage().text()).isEqualTo("The capital of France is");
        }
        for (ChatResponse answer :
                both(ask("Tell me a story.").maxOutputTokens(2).build())) {
            assertThat(answer.finishReason()).isEqualTo(FinishReason.LENGTH);
        }
    }

    @Test
    void theSameSeedGivesTheSameText() throws Exception {
        ChatRequest request = ask("Tell me a story.")
                .parameters(OpenAiChatRequestParameters.builder()
                        .temperature(1.3)
                        .seed(7)
                        .maxOutputTokens(30)
                        .build())
                .build();
        List<ChatResponse> answers = both(request);
        assertThat(answers.getLast().aiMessage().text())
                .isEqualTo(answers.getFirst().aiMessage().text());
    }

    @Test
    void logprobsAddUpToTheText() {
        ChatRequest request = ask("What is the capital of France?")
                .parameters(OpenAiChatRequestParameters.builder()
                        .logprobs(true)
                        .topLogprobs(2)
                        .build())
                .build();
        var metadata = (OpenAiChatResponseMetadata) model.chat(request).metadata();
        assertThat(metadata.logProbs().stream().map(token -> token.token()).reduce("", String::concat))
                .isEqualTo(PARIS);
    }

    @Test
    void jsonFollowsItsSchema() throws Exception {
        ChatRequest request = ask("Give me name, age as a JSON object: Emma is 31 years old and lives in Vienna.")
                .responseFormat(ResponseFormat.builder()
                        .type(ResponseFormatType.JSON)
                        .jsonSchema(JsonSchema.builder()
                                .name("person")
                                .rootElement(JsonObjectSchema.builder()
                                        .addStringProperty("name")
                                        .addIntegerProperty("age")
                                        .required("name", "age")
                                        .build())
                                .build())
                        .build())
                .build();
        for (ChatResponse answer : both(request)) {
            assertThat(json(answer.aiMessage().text())).isEqualTo(Map.of("name", "Emma", "age", 31));
        }
        ChatRequest anyJson = ask("Give me name, age as a JSON object: Emma is 31 years old and lives in Vienna.")
                .responseFormat(ResponseFormat.JSON)
                .maxOutputTokens(200)
                .build();
        for (ChatResponse answer : both(anyJson)) {
            assertThat(json(answer.aiMessage().text())).containsEntry("name", "Emma");
        }
    }

    @Test
    void aToolIsCalledAndItsResultLeadsToTheAnswer() throws Exception {
        UserMessage question = UserMessage.from("What is the weather in Rome?");
        for (ChatResponse answer : both(ChatRequest.builder()
                .messages(question)
                .toolSpecifications(WEATHER)
                .build())) {
            assertThat(answer.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
            AiMessage call = answer.aiMessage();
            ToolExecutionRequest wanted = call.toolExecutionRequests().getFirst();
            assertThat(wanted.name()).isEqualTo("get_weather");
            assertThat(json(wanted.arguments())).isEqualTo(Map.of("city", "Rome"));
            var result = ToolExecutionResultMessage.from(
                    wanted, "{\"city\": \"Rome\", \"temperature\": 21, \"condition\": \"sunny\"}");
            for (ChatResponse last : both(ChatRequest.builder()
                    .messages(question, call, result)
                    .toolSpecifications(WEATHER)
                    .build())) {
                assertThat(last.aiMessage().text()).isEqualTo("It is 21 degrees and sunny in Rome.");
            }
        }
    }

    @Test
    void toolChoiceIsObeyed() throws Exception {
        for (ChatResponse answer : both(ask("Hello")
                .toolSpecifications(WEATHER, CALCULATOR)
                .toolChoice(ToolChoice.REQUIRED)
                .maxOutputTokens(300)
                .build())) {
            assertThat(answer.aiMessage().hasToolExecutionRequests()).isTrue();
        }
        for (ChatResponse answer : both(ask("What is the weather in Oslo?")
                .toolSpecifications(WEATHER)
                .toolChoice(ToolChoice.NONE)
                .maxOutputTokens(50)
                .build())) {
            assertThat(answer.aiMessage().hasToolExecutionRequests()).isFalse();
        }
    }

    @Test
    void partsOfAStreamedCallAddUp() throws Exception {
        var arguments = new StringBuilder();
        var whole = new CompletableFuture<ChatResponse>();
        streamingModel.chat(
                ask("What is the weather in Oslo?").toolSpecifications(WEATHER).build(), new Collecting(whole) {
                    @Override
                    public void onPartialToolCall(PartialToolCall part) {
                        arguments.append(part.partialArguments());
                    }
                });
        assertThat(whole.get().aiMessage().toolExecutionRequests().getFirst().arguments())
                .isEqualTo(arguments.toString());
        assertThat(json(arguments.toString())).isEqualTo(Map.of("city", "Oslo"));
    }

    @Test
    void errorsAreTheClientsOwn() {
        assertThatExceptionOfType(ModelNotFoundException.class)
                .isThrownBy(() -> model.chat(ask("Hi").modelName("owl").build()));
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> model.chat(ask("Hi").temperature(7.0).build()))
                .withMessageContaining("'temperature'");
        assertThatExceptionOfType(LangChain4jException.class)
                .isThrownBy(() -> model.chat("one two three ".repeat(2_000)))
                .withMessageContaining("context_length_exceeded")
                .withMessageContaining("2048")
                .satisfies(e ->
                        assertThat(((HttpException) e.getCause()).statusCode()).isEqualTo(413));
        assertThatExceptionOfType(AuthenticationException.class)
                .isThrownBy(() -> model("wrong").chat("Hi"));
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> streamed(ask("Hi").modelName("owl").build()))
                .withCauseInstanceOf(ModelNotFoundException.class);
    }

    @Test
    void aStreamThatTheClientCancelsEndsOnTheServer() throws Exception {
        ChatRequest endless = ask("Tell me a story.")
                .parameters(OpenAiChatRequestParameters.builder()
                        .customParameters(Map.of("ignore_eos", true))
                        .build())
                .build();
        // More of them than run at once: the last ones only start if the first ones end.
        for (int i = 0; i < 6; i++) {
            var begun = new CompletableFuture<String>();
            streamingModel.chat(endless, new Collecting(new CompletableFuture<>()) {
                @Override
                public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
                    context.streamingHandle().cancel();
                    begun.complete(part.text());
                }
            });
            assertThat(begun.get()).isNotEmpty();
        }
        assertThat(model.chat("What is the capital of France?")).isEqualTo(PARIS);
    }

    @Test
    void textIsCompleted() {
        var language = OpenAiLanguageModel.builder()
                .baseUrl(baseUrl)
                .apiKey(API_KEY)
                .modelName(MODEL)
                .temperature(0.0)
                .build();
        var answer = language.generate(
                "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n");
        assertThat(answer.content()).isEqualTo(PARIS);
        assertThat(answer.tokenUsage().outputTokenCount()).isPositive();
    }

    @Test
    void textsBecomeVectors() {
        var vectors = OpenAiEmbeddingModel.builder()
                .baseUrl(baseUrl)
                .apiKey(API_KEY)
                .modelName(EMBEDDING_MODEL)
                .build();
        var answer = vectors.embedAll(List.of(TextSegment.from("a small owl"), TextSegment.from("the price of steel")));
        assertThat(answer.content()).hasSize(2).allMatch(each -> each.dimension() == 384);
        assertThat(answer.tokenUsage().inputTokenCount()).isPositive();
    }

    private static ChatRequest.Builder ask(String question) {
        return ChatRequest.builder().messages(UserMessage.from(question));
    }

    private static List<ChatResponse> both(ChatRequest request) throws InterruptedException, ExecutionException {
        return List.of(model.chat(request), streamed(request));
    }

    private static ChatResponse streamed(ChatRequest request) throws InterruptedException, ExecutionException {
        var whole = new CompletableFuture<ChatResponse>();
        var text = new StringBuilder();
        streamingModel.chat(request, new Collecting(whole) {
            @Override
            public void onPartialResponse(String part) {
                text.append(part);
            }
        });
        ChatResponse answer = whole.get();
        assertThat(answer.aiMessage().text() == null ? "" : answer.aiMessage().text())
                .isEqualTo(text.toString());
        return answer;
    }

    private static Map<String, Object> json(String text) throws IOException {
        return new ObjectMapper().readValue(text, new TypeReference<>() {});
    }

    /** Completes a future with the answer, or with what went wrong. */
    private static class Collecting implements StreamingChatResponseHandler {
        private final CompletableFuture<ChatResponse> whole;

        Collecting(CompletableFuture<ChatResponse> whole) {
            this.whole = whole;
        }

        @Override
        public void onCompleteResponse(ChatResponse answer) {
            whole.complete(answer);
        }

        @Override
        public void onError(Throwable cause) {
            whole.completeExceptionally(cause);
        }
    }
}
