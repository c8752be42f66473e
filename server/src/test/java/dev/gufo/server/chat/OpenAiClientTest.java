package dev.gufo.server.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.UnauthorizedException;
import com.openai.errors.UnexpectedStatusCodeException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.models.Model;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.Refusal;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** OpenAI's own Java client against the real server. */
@Timeout(60)
class OpenAiClientTest {
    @Test
    void aChatIsAnswered() {
        try (var server = new TestServer(new ScriptedEngine().answering("Hoo! 🦉"))) {
            ChatCompletion completion =
                    client(server, "any").chat().completions().create(hi().build());
            assertThat(completion.choices().getFirst().message().content()).hasValue("Hoo! 🦉");
            assertThat(completion.choices().getFirst().finishReason())
                    .isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
            assertThat(completion.usage().orElseThrow().completionTokens()).isEqualTo(10);
            assertThat(completion.validate().isValid()).isTrue();
        }
    }

    @Test
    void aChatIsStreamed() {
        try (var server = new TestServer(new ScriptedEngine().answering("Hoo! 🦉"))) {
            var params = hi().streamOptions(ChatCompletionStreamOptions.builder()
                            .includeUsage(true)
                            .build())
                    .build();
            try (StreamResponse<ChatCompletionChunk> response =
                    client(server, "any").chat().completions().createStreaming(params)) {
                List<ChatCompletionChunk> chunks = response.stream().toList();
                assertThat(chunks).allMatch(chunk -> chunk.validate().isValid());
                assertThat(chunks.stream()
                                .flatMap(chunk -> chunk.choices().stream())
                                .flatMap(choice -> choice.delta().content().stream())
                                .collect(Collectors.joining()))
                        .isEqualTo("Hoo! 🦉");
                assertThat(chunks.getLast().usage().orElseThrow().completionTokens())
                        .isEqualTo(10);
            }
        }
    }

    @Test
    void modelsAreListed() {
        try (var server = new TestServer(new ScriptedEngine())) {
            assertThat(client(server, "any").models().list().data())
                    .extracting(Model::id)
                    .containsExactly("scripted");
            assertThat(client(server, "any").models().retrieve("scripted").created())
                    .isEqualTo(1_700_000_000);
        }
    }

    @Test
    void errorsArriveAsTheClientsOwnExceptions() {
        var settings = TestServer.settings(List.of("right"), 413, false, Duration.ZERO);
        try (var server = new TestServer(new ScriptedEngine(40, ""), settings)) {
            assertThatExceptionOfType(UnauthorizedException.class)
                    .isThrownBy(
                            () -> client(server, "wrong").chat().completions().create(hi().build()))
                    .satisfies(thrown -> assertThat(thrown.code()).hasValue("invalid_api_key"));
            var client = client(server, "right").chat().completions();
            assertThatExceptionOfType(NotFoundException.class)
                    .isThrownBy(() -> client.create(hi().model("owl").build()))
                    .satisfies(thrown -> assertThat(thrown.code()).hasValue("model_not_found"));
            assertThatExceptionOfType(BadRequestException.class)
                    .isThrownBy(() -> client.create(hi().temperature(7.0).build()))
                    .satisfies(thrown -> assertThat(thrown.param()).hasValue("temperature"));
            assertThatExceptionOfType(UnexpectedStatusCodeException.class)
                    .isThrownBy(() ->
                            client.create(hi().addUserMessage("x".repeat(100)).build()))
                    .satisfies(thrown -> {
                        assertThat(thrown.statusCode()).isEqualTo(413);
                        assertThat(thrown.code()).hasValue("context_length_exceeded");
                    })
                    .withMessageContaining("maximum context length is 40 tokens");
        }
    }

    @Test
    void aFullQueueIsAnErrorThatTheClientMayRetry() {
        var engine = new ScriptedEngine().refusing(new Refusal.QueueFull(3, Duration.ofSeconds(1)));
        try (var server = new TestServer(engine)) {
            assertThatExceptionOfType(InternalServerException.class)
                    .isThrownBy(() -> client(server, "any").chat().completions().create(hi().build()))
                    .satisfies(thrown -> {
                        assertThat(thrown.statusCode()).isEqualTo(503);
                        assertThat(thrown.headers().values("Retry-After")).containsExactly("1");
                    });
        }
    }

    @Test
    void anErrorInAStreamIsThrownWhereTheStreamIsRead() throws InterruptedException {
        var engine = new ScriptedEngine().hold();
        try (var server = new TestServer(engine);
                var response = client(server, "any").chat().completions().createStreaming(hi().build())) {
            var generation = engine.started.take();
            generation.text("Hoo");
            generation.send(new GenerationEvent.Failed(new EngineException.Restarted("the worker ended")));
            assertThatThrownBy(() -> response.stream().forEach(_ -> {}))
                    .isInstanceOf(OpenAIServiceException.class)
                    .hasMessageContaining("The model's process ended");
        }
    }

    private static ChatCompletionCreateParams.Builder hi() {
        return ChatCompletionCreateParams.builder().model("scripted").addUserMessage("Hi");
    }

    private static OpenAIClient client(TestServer server, String key) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(server.uri("/v1").toString())
                .apiKey(key)
                .maxRetries(0)
                .build();
    }
}
