package dev.gufo.server.chat;

import static dev.gufo.server.TestServer.HELLO;
import static dev.gufo.server.TestServer.events;
import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.Reuse;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ChatHttpTest {
    private static final String STREAM =
            "{\"stream\":true,\"stream_options\":{\"include_usage\":true},\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    @Test
    void anAnswerHasTheFieldsOfOpenAisChatCompletion() throws Exception {
        try (var server = new TestServer(new ScriptedEngine().answering("A \"quoted\" word\nand 🦉"))) {
            var response = server.chat(HELLO);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
            JsonNode body = json(response);
            assertThat(body.get("id").asText()).startsWith("chatcmpl-");
            assertThat(body.get("object").asText()).isEqualTo("chat.completion");
            assertThat(body.get("created").asLong()).isPositive();
            assertThat(body.get("model").asText()).isEqualTo("scripted");
            assertThat(body.get("system_fingerprint").asText()).isEqualTo("fp_scripted");
            JsonNode choice = body.get("choices").get(0);
            assertThat(choice.get("message").get("role").asText()).isEqualTo("assistant");
            assertThat(choice.get("message").get("content").asText()).isEqualTo("A \"quoted\" word\nand 🦉");
            assertThat(choice.get("finish_reason").asText()).isEqualTo("stop");
        }
    }

    @Test
    void usageCountsThePromptAndEverySampledTokenInBothForms() throws Exception {
        var engine = new ScriptedEngine().answering("abc");
        try (var server = new TestServer(engine)) {
            JsonNode whole = json(server.chat(HELLO)).get("usage");
            JsonNode streamed = events(server.chat(STREAM).body()).getLast().get("usage");
            int prompt = engine.started.take().request().prompt().length;
            assertThat(whole.get("prompt_tokens").asInt()).isEqualTo(prompt);
            // Three bytes and the end token.
            assertThat(whole.get("completion_tokens").asInt()).isEqualTo(4);
            assertThat(whole.get("total_tokens").asInt()).isEqualTo(prompt + 4);
            assertThat(whole.get("prompt_tokens_details").get("cached_tokens").asInt())
                    .isEqualTo(3);
            assertThat(whole.get("completion_tokens_details")
                            .get("reasoning_tokens")
                            .asInt())
                    .isZero();
            assertThat(streamed).isEqualTo(whole);
        }
    }

    @Test
    void aStreamBeginsWithTheRoleAndEndsWithReasonUsageAndDone() throws Exception {
        try (var server = new TestServer(new ScriptedEngine().answering("Grüße, 🦉!"))) {
            var response = server.chat(STREAM);
            assertThat(response.headers().firstValue("content-type").orElseThrow())
                    .startsWith("text/event-stream");
            assertThat(response.headers().firstValue("cache-control")).hasValue("no-cache");
            assertThat(response.headers().firstValue("x-accel-buffering")).hasValue("no");
            List<JsonNode> events = events(response.body());
            assertThat(events.getFirst().at("/choices/0/delta/role").asText()).isEqualTo("assistant");
            assertThat(text(events)).isEqualTo("Grüße, 🦉!");
            JsonNode last = events.get(events.size() - 2);
            assertThat(last.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
            assertThat(last.at("/choices/0/delta").isEmpty()).isTrue();
            assertThat(events.getLast().get("choices").isEmpty()).isTrue();
            assertThat(events.getFirst().get("usage").isNull()).isTrue();
            assertThat(events).allSatisfy(event -> {
                assertThat(event.get("object").asText()).isEqualTo("chat.completion.chunk");
                assertThat(event.get("id")).isEqualTo(events.getFirst().get("id"));
                assertThat(event.get("system_fingerprint").asText()).isEqualTo("fp_scripted");
            });
            assertThat(response.body()).endsWith("data: [DONE]\n\n");
        }
    }

    @Test
    void withoutIncludeUsageNoChunkSpeaksOfUsage() throws Exception {
        try (var server = new TestServer(new ScriptedEngine())) {
            var response = server.chat("{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
            assertThat(response.body()).doesNotContain("usage").endsWith("data: [DONE]\n\n");
        }
    }

    @Test
    void aStopTextEndsTheAnswerBeforeItAndCancelsTheRest() throws Exception {
        var engine = new ScriptedEngine().hold();
        try (var server = new TestServer(engine)) {
            var pending = server.client.sendAsync(
                    server.chatRequest(
                            "{\"stream\":true,\"stop\":[\"END\",\"\\n\\n\"],\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"),
                    java.net.http.HttpResponse.BodyHandlers.ofString());
            var generation = engine.started.take();
            generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
            generation.text("one EN two END three");
            List<JsonNode> events = events(pending.join().body());
            assertThat(text(events)).isEqualTo("one EN two ");
            assertThat(events.getLast().at("/choices/0/finish_reason").asText()).isEqualTo("stop");
            assertThat(generation.awaitCancelled()).isTrue();
        }
    }

    @Test
    void theEndOfMaxTokensIsToldAsLength() throws Exception {
        var engine = new ScriptedEngine().answering("abcdef");
        try (var server = new TestServer(engine)) {
            JsonNode body = json(
                    server.chat("{\"max_completion_tokens\":3,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"));
            assertThat(body.at("/choices/0/message/content").asText()).isEqualTo("abc");
            assertThat(body.at("/choices/0/finish_reason").asText()).isEqualTo("length");
            assertThat(body.at("/usage/completion_tokens").asInt()).isEqualTo(3);
        }
    }

    @Test
    void whateverBytesTheModelMakesTheAnswerIsValid() throws Exception {
        byte[] bytes = {'a', (byte) 0xFF, (byte) 0xED, (byte) 0xA0, (byte) 0x80, 0, 7, '"', (byte) 0xF0, (byte) 0x9F};
        try (var server = new TestServer(new ScriptedEngine().answering(bytes))) {
            String whole =
                    json(server.chat(HELLO)).at("/choices/0/message/content").asText();
            assertThat(whole).isEqualTo("a\uFFFD\uFFFD\uFFFD\uFFFD\u0000\u0007\"\uFFFD");
            assertThat(text(events(server.chat(STREAM).body()))).isEqualTo(whole);
        }
    }

    @Test
    void anEmptyAnswerIsAnAnswer() throws Exception {
        try (var server = new TestServer(new ScriptedEngine().answering(""))) {
            assertThat(json(server.chat(HELLO)).at("/choices/0/message/content").asText())
                    .isEmpty();
            assertThat(text(events(server.chat(STREAM).body()))).isEmpty();
        }
    }

    @Test
    void samplingReachesTheEngineOverTheModelsDefaults() throws Exception {
        var engine = new ScriptedEngine();
        try (var server = new TestServer(engine)) {
            server.chat("""
                    {"temperature": 0.00001, "top_p": 0.5, "seed": 4294967295, "logit_bias": {"65": -100},
                     "messages": [{"role": "user", "content": "Hi"}]}""");
            Sampling sampling = engine.started.take().request().sampling();
            assertThat(sampling.number(SamplingParameter.TEMPERATURE)).isZero();
            assertThat(sampling.number(SamplingParameter.TOP_P)).isEqualTo(0.5f);
            assertThat(sampling.whole(SamplingParameter.TOP_K)).isEqualTo(40);
            assertThat(sampling.logitBias()).containsEntry(65, -100f);
            assertThat(sampling.seed()).isNotEqualTo(-1);
        }
    }

    @Test
    void aFailureBeforeTheFirstTokenHasAStatusAndALaterOneIsTheStreamsLastEvent() throws Exception {
        var engine = new ScriptedEngine().hold();
        var lost = new GenerationEvent.Failed(new EngineException.Restarted("the worker ended"));
        try (var server = new TestServer(engine, slowHeartbeat())) {
            var early = server.client.sendAsync(
                    server.chatRequest(STREAM), java.net.http.HttpResponse.BodyHandlers.ofString());
            engine.started.take().send(lost);
            assertThat(early.join().statusCode()).isEqualTo(503);
            assertThat(early.join().headers().firstValue("retry-after")).isPresent();
            assertThat(json(early.join()).at("/error/code").asText()).isEqualTo("engine_restarted");

            var late = server.client.sendAsync(
                    server.chatRequest(STREAM), java.net.http.HttpResponse.BodyHandlers.ofString());
            var generation = engine.started.take();
            generation.text("some text");
            generation.send(lost);
            List<JsonNode> events = events(late.join().body());
            assertThat(late.join().statusCode()).isEqualTo(200);
            assertThat(text(events.subList(0, events.size() - 1))).isEqualTo("some text");
            assertThat(events.getLast().at("/error/code").asText()).isEqualTo("engine_restarted");
            assertThat(late.join().body()).doesNotContain("[DONE]");
        }
    }

    @Test
    void aRequestThatWaitsInTheQueueGetsHeartbeats() throws Exception {
        var engine = new ScriptedEngine().hold();
        try (var server = new TestServer(engine)) {
            try (var lines = server.streamLines(STREAM).body()) {
                var iterator = lines.iterator();
                while (!iterator.next().equals(": ping")) {
                    // The role chunk and empty lines come first.
                }
                var generation = engine.started.take();
                generation.text("now");
                generation.finish(FinishReason.STOP);
                String rest = "";
                while (iterator.hasNext()) {
                    rest += iterator.next() + "\n";
                }
                assertThat(text(events(rest))).isEqualTo("now");
            }
        }
    }

    @Test
    void toolsAndTemplateArgumentsReachTheTemplateAndToolCallsPassThrough() throws Exception {
        var engine = new ScriptedEngine();
        try (var server = new TestServer(engine)) {
            var response = server.chat("""
                    {"messages": [
                      {"role": "developer", "content": "Be brief."},
                      {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                      {"role": "assistant", "content": null, "tool_calls": [
                        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\\"x\\": 1}"}}]},
                      {"role": "tool", "tool_call_id": "c1", "content": "2"}],
                     "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto", "n": 1, "logprobs": false,
                     "response_format": {"type": "text"}, "chat_template_kwargs": {"enable_thinking": false}, "unheard_of": {}}""");
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(engine.lastPrompt().text()).contains("system").contains("a\nb");
        }
    }

    private static ServerSettings slowHeartbeat() {
        return TestServer.settings().with().heartbeat(Duration.ofSeconds(30)).build();
    }

    private static String text(List<JsonNode> events) {
        return events.stream()
                .map(event -> event.at("/choices/0/delta/content").asText(""))
                .collect(Collectors.joining());
    }
}
