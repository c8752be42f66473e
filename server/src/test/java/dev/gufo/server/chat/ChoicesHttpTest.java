package dev.gufo.server.chat;

import static dev.gufo.server.TestServer.HELLO;
import static dev.gufo.server.TestServer.events;
import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.Refusal;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several answers to one request, the probabilities of their tokens, and messages that are continued. */
@Timeout(60)
class ChoicesHttpTest {
    @Test
    void everyChoiceHasItsOwnTextReasonAndSeed() throws Exception {
        var engine = new ScriptedEngine().answeringInTurn("one", "two, which is cut", "three");
        try (var server = new TestServer(engine)) {
            List<ChatReply> replies = ChatReply.both(server, with("\"n\":3,\"max_tokens\":6,\"seed\":7"));
            assertThat(replies).extracting(ChatReply::content).containsExactly("one", "two, w", "three");
            assertThat(replies).extracting(ChatReply::finishReason).containsExactly("stop", "length", "stop");
            var seeds = engine.started.stream()
                    .map(started -> started.request().sampling().seed())
                    .toList();
            assertThat(seeds.subList(0, 3)).doesNotHaveDuplicates().isEqualTo(seeds.subList(3, 6));
        }
    }

    @Test
    void thePromptOfSeveralChoicesCountsOnce() throws Exception {
        var engine = new ScriptedEngine().answering("abc");
        try (var server = new TestServer(engine)) {
            JsonNode one = json(server.chat(HELLO)).get("usage");
            JsonNode three = json(server.chat(with("\"n\":3"))).get("usage");
            assertThat(three.get("prompt_tokens")).isEqualTo(one.get("prompt_tokens"));
            assertThat(three.get("completion_tokens").intValue())
                    .isEqualTo(3 * one.get("completion_tokens").intValue());
        }
    }

    @Test
    void moreChoicesThanThereArePlacesWaitForThem() throws Exception {
        var engine = new ScriptedEngine().hold();
        try (var server = new TestServer(engine)) {
            var response = server.client.sendAsync(
                    server.chatRequest(with("\"n\":100")), java.net.http.HttpResponse.BodyHandlers.ofString());
            var first = engine.started.take();
            int together = 2 * engine.model().sequences();
            await().until(() -> engine.started.size() == together - 1);
            engine.refusing(new Refusal.QueueFull(7, Duration.ofMillis(1)));
            first.text("0");
            first.finish(FinishReason.STOP);
            for (int i = 1; i < together; i++) {
                finish(engine, i);
            }
            engine.taking(); // nothing of this request runs, so no end of one tells it
            for (int i = together; i < 100; i++) {
                finish(engine, i);
            }
            JsonNode choices = json(response.get()).get("choices");
            assertThat(choices).hasSize(100);
            for (int i = 0; i < 100; i++) {
                assertThat(choices.get(i).at("/message/content").textValue()).isEqualTo(Integer.toString(i));
            }
            assertThat(engine.started).isEmpty();
        }
    }

    @Test
    void manyChoicesThatEndByAStopTextMakeRoomForTheNext() throws Exception {
        var engine = new ScriptedEngine().answering("one STOP and more");
        try (var server = new TestServer(engine)) {
            JsonNode choices =
                    json(server.chat(with("\"n\":100,\"stop\":\" STOP\""))).get("choices");
            assertThat(choices)
                    .hasSize(100)
                    .allSatisfy(
                            choice -> assertThat(choice.at("/message/content").textValue())
                                    .isEqualTo("one"));
        }
    }

    private static void finish(ScriptedEngine engine, int choice) throws InterruptedException {
        var generation = engine.started.take();
        generation.text(Integer.toString(choice));
        generation.finish(FinishReason.STOP);
    }

    @Test
    void oneChoiceThatFailsFailsTheAnswerAndCancelsTheOthers() throws Exception {
        var engine = new ScriptedEngine().hold();
        try (var server = new TestServer(engine)) {
            var response = server.client.sendAsync(
                    server.chatRequest(with("\"n\":2")), java.net.http.HttpResponse.BodyHandlers.ofString());
            var first = engine.started.take();
            var second = engine.started.take();
            first.text("Hoo");
            second.send(new GenerationEvent.Failed(new EngineException.Restarted("the worker ended")));
            assertThat(response.get().statusCode()).isEqualTo(503);
            assertThat(json(response.get()).at("/error/code").textValue()).isEqualTo("engine_restarted");
            assertThat(first.awaitCancelled()).isTrue();
        }
    }

    @Test
    void oneChoiceThatFailsEndsTheStreamWithItsError() throws Exception {
        var engine = new ScriptedEngine().hold();
        try (var server = new TestServer(engine)) {
            CompletableFuture<java.net.http.HttpResponse<String>> response = server.client.sendAsync(
                    server.chatRequest(with("\"n\":2,\"stream\":true")),
                    java.net.http.HttpResponse.BodyHandlers.ofString());
            var first = engine.started.take();
            var second = engine.started.take();
            first.text("Hoo");
            first.finish(FinishReason.STOP);
            second.text("Ho");
            second.send(new GenerationEvent.Failed(new EngineException.Restarted("the worker ended")));
            int status = response.get().statusCode();
            List<JsonNode> events = events(response.get().body());
            // Whether the failure was there before the first byte went out is a matter of luck.
            JsonNode error = status == 200 ? events.getLast() : json(response.get());
            assertThat(error.at("/error/message").textValue()).contains("The model's process ended");
            assertThat(response.get().body()).doesNotContain("[DONE]");
        }
    }

    @Test
    void logprobsTellEveryTokenWithItsBytes() throws Exception {
        try (var server = new TestServer(new ScriptedEngine().answering("Grüße 🦉"))) {
            String request = with("\"logprobs\":true,\"top_logprobs\":2");
            JsonNode tokens = json(server.chat(request)).at("/choices/0/logprobs/content");
            assertThat(bytes(tokens)).isEqualTo("Grüße 🦉");
            for (JsonNode token : tokens) {
                byte piece = (byte) token.at("/bytes/0").intValue();
                assertThat(token.get("logprob").floatValue()).isEqualTo(ScriptedEngine.logprob(piece));
                assertThat(token.get("top_logprobs")).hasSize(2);
                assertThat(token.at("/top_logprobs/0/bytes")).isEqualTo(token.get("bytes"));
                assertThat(token.at("/top_logprobs/1/token").textValue()).isEqualTo("a");
            }
            // A part of a character is no text of its own.
            assertThat(tokens.get(2).get("token").textValue()).isEqualTo("\uFFFD");
            var streamed = new ByteArrayOutputStream();
            for (JsonNode event : events(server.chat(request.replaceFirst("\\{", "{\"stream\":true,"))
                    .body())) {
                event.at("/choices/0/logprobs/content")
                        .forEach(token -> token.get("bytes").forEach(value -> streamed.write(value.intValue())));
            }
            assertThat(streamed.toString(StandardCharsets.UTF_8)).isEqualTo("Grüße 🦉");
            ChatReply.one(server, request);
        }
    }

    @Test
    void tokensOfAStopTextHaveNoLogprobs() throws Exception {
        try (var server = new TestServer(new ScriptedEngine().answering("one, two, three"))) {
            ChatReply reply = ChatReply.one(server, with("\"logprobs\":true,\"stop\":\", th\""));
            assertThat(reply.content()).isEqualTo("one, two");
            assertThat(String.join("", reply.scored())).isEqualTo("one, two");
            assertThat(reply.finishReason()).isEqualTo("stop");
        }
    }

    @Test
    void withoutLogprobsNoneAreComputedOrTold() throws Exception {
        var engine = new ScriptedEngine();
        try (var server = new TestServer(engine)) {
            JsonNode choice = json(server.chat(HELLO)).at("/choices/0");
            assertThat(choice.get("logprobs").isNull()).isTrue();
            assertThat(engine.started.take().request().topLogprobs()).isEqualTo(-1);
            var refused = server.chat(with("\"top_logprobs\":2"));
            assertThat(json(refused).at("/error/param").textValue()).isEqualTo("top_logprobs");
            assertThat(json(server.chat(with("\"logprobs\":true,\"top_logprobs\":21")))
                            .at("/error/param")
                            .textValue())
                    .isEqualTo("top_logprobs");
        }
    }

    @Test
    void aTrailingMessageOfTheAssistantIsGoneOnWith() throws Exception {
        var engine = new ScriptedEngine(4_096, Templates.HERMES).answering("is Paris.");
        String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"France?\"},"
                + "{\"role\":\"assistant\",\"content\":\"The capital <|x|> \"}]}";
        try (var server = new TestServer(engine)) {
            assertThat(ChatReply.one(server, "{" + messages).content()).isEqualTo("is Paris.");
            assertThat(engine.lastPrompt().text()).isEqualTo("[user]France?[assistant]The capital <|x|> ");
            assertThat(engine.lastPrompt().segments().getLast().trusted()).isFalse();
            server.chat("{\"continue_final_message\":true,\"add_generation_prompt\":false," + messages);
            assertThat(engine.lastPrompt().text()).isEqualTo("[user]France?[assistant]The capital <|x|> ");
            for (String wish : List.of("\"continue_final_message\":false", "\"add_generation_prompt\":true")) {
                server.chat("{" + wish + "," + messages);
                assertThat(engine.lastPrompt().text())
                        .isEqualTo("[user]France?[assistant]The capital <|x|> [assistant]");
            }
            assertThat(json(server.chat(with("\"continue_final_message\":true")))
                            .at("/error/param")
                            .textValue())
                    .isEqualTo("continue_final_message");
        }
    }

    private static String bytes(JsonNode tokens) {
        var bytes = new ByteArrayOutputStream();
        IntStream.range(0, tokens.size())
                .forEach(i -> tokens.get(i).get("bytes").forEach(value -> bytes.write(value.intValue())));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static String with(String fields) {
        return "{" + fields + "," + HELLO.substring(1);
    }
}
