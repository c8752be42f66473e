package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.responses.CompactedResponse;
import com.openai.models.responses.EasyInputMessage;
import com.openai.models.responses.FunctionTool;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCompactParams;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseFunctionToolCall;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.inputtokens.InputTokenCountParams;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The Responses API of openai-java; whole and streamed answers have to be the same. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
@ExtendWith(ClientsGufo.class)
class OpenAiJavaResponsesTest {
    private static OpenAIClient client;

    @BeforeAll
    static void connect(RunningGufo gufo) {
        client = OpenAIOkHttpClient.builder()
                .baseUrl(gufo.baseUrl())
                .apiKey(ClientsGufo.API_KEY)
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void disconnect() {
        client.close();
    }

    @Test
    void aTextIsAnsweredWithAValidResponse() {
        for (Response response : both(params().input("What is the capital of France?"))) {
            assertThat(response.validate().isValid()).isTrue();
            assertThat(text(response)).isEqualTo("The capital of France is Paris.");
            assertThat(response.status()).contains(ResponseStatus.COMPLETED);
            assertThat(response.usage().orElseThrow().totalTokens()).isPositive();
        }
    }

    @Test
    void aCallGoesOutAndItsOutputComesBack() {
        for (Response response :
                both(params().input("What is the weather in Rome?").addTool(weather()))) {
            assertThat(response.validate().isValid()).isTrue();
            ResponseFunctionToolCall call = response.output().getFirst().asFunctionCall();
            assertThat(call.name()).isEqualTo("get_weather");
            assertThat(call.arguments()).contains("Rome");
            Response answer = client.responses()
                    .create(params().addTool(weather())
                            .inputOfResponse(List.of(
                                    ResponseInputItem.ofEasyInputMessage(EasyInputMessage.builder()
                                            .role(EasyInputMessage.Role.USER)
                                            .content("What is the weather in Rome?")
                                            .build()),
                                    ResponseInputItem.ofFunctionCall(call),
                                    ResponseInputItem.ofFunctionCallOutput(
                                            ResponseInputItem.FunctionCallOutput.builder()
                                                    .callId(call.callId())
                                                    .output(
                                                            "{\"city\":\"Rome\",\"temperature\":21,\"condition\":\"sunny\"}")
                                                    .build())))
                            .build());
            assertThat(text(answer)).contains("21", "sunny in Rome");
        }
    }

    @Test
    void anAnswerThatIsCutOffIsIncomplete() {
        for (Response response :
                both(params().input("What is the capital of France?").maxOutputTokens(3))) {
            assertThat(response.validate().isValid()).isTrue();
            assertThat(response.status()).contains(ResponseStatus.INCOMPLETE);
        }
    }

    @Test
    void everyEventIsValid() {
        try (StreamResponse<ResponseStreamEvent> events = client.responses()
                .createStreaming(params().input("What is the weather in Oslo?")
                        .addTool(weather())
                        .build())) {
            assertThat(events.stream().toList())
                    .hasSizeGreaterThan(6)
                    .allSatisfy(event -> assertThat(event.isValid()).isTrue());
        }
    }

    @Test
    void aDialogueIsMadeShorter() {
        CompactedResponse shorter = client.responses()
                .compact(ResponseCompactParams.builder()
                        .model(ClientsGufo.MODEL)
                        .input("What is the capital of France?")
                        .build());
        assertThat(shorter.output().getLast().asCompaction().validate().isValid())
                .isTrue();
        assertThat(shorter.usage().validate().totalTokens()).isPositive();
    }

    @Test
    void inputTokensAreCounted() {
        long counted = client.responses()
                .inputTokens()
                .count(InputTokenCountParams.builder()
                        .model(ClientsGufo.MODEL)
                        .input("What is the capital of France?")
                        .build())
                .validate()
                .inputTokens();
        assertThat(counted)
                .isEqualTo(client.responses()
                        .create(params().input("What is the capital of France?").build())
                        .usage()
                        .orElseThrow()
                        .inputTokens());
    }

    @Test
    void aContextThatIsTooLongIsABadRequest() {
        ResponseCreateParams tooLong =
                params().input("one two three ".repeat(2_000)).build();
        assertThatThrownBy(() -> client.responses().create(tooLong)).isInstanceOf(BadRequestException.class);
    }

    private static ResponseCreateParams.Builder params() {
        return ResponseCreateParams.builder().model(ClientsGufo.MODEL).temperature(0.0);
    }

    private static FunctionTool weather() {
        return FunctionTool.builder()
                .name("get_weather")
                .description("Get the current weather of a city")
                .strict(false)
                .parameters(FunctionTool.Parameters.builder()
                        .putAdditionalProperty("type", JsonValue.from("object"))
                        .putAdditionalProperty(
                                "properties",
                                JsonValue.from(Map.of(
                                        "city", Map.of("type", "string", "description", "The name of the city"))))
                        .putAdditionalProperty("required", JsonValue.from(List.of("city")))
                        .build())
                .build();
    }

    /** The answer whole, and put together of its events. */
    private static List<Response> both(ResponseCreateParams.Builder params) {
        ResponseAccumulator accumulator = ResponseAccumulator.create();
        try (StreamResponse<ResponseStreamEvent> events = client.responses().createStreaming(params.build())) {
            events.stream().forEach(accumulator::accumulate);
        }
        return List.of(client.responses().create(params.build()), accumulator.response());
    }

    private static String text(Response response) {
        return response.output().stream()
                .flatMap(item -> item.message().stream())
                .flatMap(message -> message.content().stream())
                .flatMap(content -> content.outputText().stream())
                .map(part -> part.text())
                .collect(Collectors.joining());
    }
}
