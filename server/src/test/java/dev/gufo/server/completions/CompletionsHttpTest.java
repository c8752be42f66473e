package dev.gufo.server.completions;

import static dev.gufo.server.TestServer.events;
import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.ModelInfo.FillInMiddle;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Text completions: prompts as they are, without a template. The engine's tokens are bytes. */
@Timeout(60)
class CompletionsHttpTest {
    private final ScriptedEngine engine = new ScriptedEngine().answering(", two, three");

    @Test
    void aPromptIsGoneOnWithAsItIs() throws Exception {
        try (var server = new TestServer(engine)) {
            JsonNode answer = whole(server, "\"prompt\":\"one\",\"max_tokens\":5");
            assertThat(answer.get("id").textValue()).startsWith("cmpl-");
            assertThat(answer.get("object").textValue()).isEqualTo("text_completion");
            assertThat(texts(answer)).containsExactly(", two");
            assertThat(answer.at("/choices/0/finish_reason").textValue()).isEqualTo("length");
            assertThat(answer.at("/choices/0/logprobs").isNull()).isTrue();
            assertThat(answer.at("/usage/prompt_tokens").intValue()).isEqualTo(3);
            assertThat(answer.at("/usage/completion_tokens").intValue()).isEqualTo(5);
            assertThat(engine.lastPrompt().text()).isEqualTo("one");
        }
    }

    @Test
    void maxTokensIsSixteenIfTheRequestDoesNotSay() throws Exception {
        try (var server = new TestServer(engine.answering("x".repeat(100)))) {
            assertThat(texts(whole(server, "\"prompt\":\"one\""))).containsExactly("x".repeat(16));
        }
    }

    @Test
    void aStreamHasTheSameTextAndUsage() throws Exception {
        try (var server = new TestServer(engine)) {
            String fields = "\"prompt\":[\"one\",\"eins\"],\"n\":2,\"echo\":true,\"logprobs\":1,\"stop\":\", three\"";
            JsonNode whole = whole(server, fields);
            List<JsonNode> events =
                    events(post(server, fields + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}")
                            .body());
            var texts = new ArrayList<>(List.of("", "", "", ""));
            var tokens = new ArrayList<>(List.of("", "", "", ""));
            var offsets = new ArrayList<List<Integer>>();
            texts.forEach(_ -> offsets.add(new ArrayList<>()));
            for (JsonNode event : events.subList(0, events.size() - 1)) {
                JsonNode choice = event.at("/choices/0");
                int index = choice.get("index").intValue();
                texts.set(index, texts.get(index) + choice.get("text").textValue());
                for (JsonNode token : choice.at("/logprobs/tokens")) {
                    tokens.set(index, tokens.get(index) + token.textValue());
                }
                choice.at("/logprobs/text_offset")
                        .forEach(offset -> offsets.get(index).add(offset.intValue()));
            }
            assertThat(texts).isEqualTo(texts(whole)).containsExactly("one, two", "one, two", "eins, two", "eins, two");
            assertThat(tokens).isEqualTo(texts);
            for (int i = 0; i < 4; i++) {
                assertThat(offsets.get(i)).isEqualTo(numbers(whole.at("/choices/" + i + "/logprobs/text_offset")));
            }
            assertThat(events.getLast().get("usage")).isEqualTo(whole.get("usage"));
            assertThat(whole.at("/usage/prompt_tokens").intValue()).isEqualTo(7);
        }
    }

    @Test
    void promptsMayBeTokens() throws Exception {
        try (var server = new TestServer(engine)) {
            assertThat(texts(whole(server, "\"prompt\":[111,110,101],\"echo\":true")))
                    .containsExactly("one, two, three");
            assertThat(engine.started.take().request().prompt()).containsExactly(111, 110, 101);
            assertThat(texts(whole(server, "\"prompt\":[[111],[110]],\"echo\":true")))
                    .containsExactly("o, two, three", "n, two, three");
        }
    }

    @Test
    void promptsMayBeTextsAndTokensAndAllTextsAreTokenizedInOneCall() throws Exception {
        try (var server = new TestServer(engine)) {
            assertThat(texts(whole(server, "\"prompt\":[\"o\",[110],\"e\"],\"echo\":true")))
                    .containsExactly("o, two, three", "n, two, three", "e, two, three");
            assertThat(engine.tokenizeCalls()).isEqualTo(1);
        }
    }

    @Test
    void echoWithLogprobsTellsThoseOfThePromptToo() throws Exception {
        try (var server = new TestServer(engine.answering("de"))) {
            JsonNode logprobs = whole(server, "\"prompt\":\"abc\",\"echo\":true,\"logprobs\":2")
                    .at("/choices/0/logprobs");
            assertThat(strings(logprobs.get("tokens"))).containsExactly("a", "b", "c", "d", "e");
            assertThat(numbers(logprobs.get("text_offset"))).containsExactly(0, 1, 2, 3, 4);
            assertThat(logprobs.at("/token_logprobs/0").isNull()).isTrue();
            assertThat(logprobs.at("/top_logprobs/0").isNull()).isTrue();
            assertThat(logprobs.at("/token_logprobs/1").floatValue()).isEqualTo(ScriptedEngine.logprob((byte) 'b'));
            assertThat(logprobs.at("/top_logprobs/3/d").floatValue()).isEqualTo(ScriptedEngine.logprob((byte) 'd'));
            assertThat(logprobs.at("/top_logprobs/3")).hasSize(2);
        }
    }

    @Test
    void echoWithoutAnAnswerScoresThePromptAlone() throws Exception {
        try (var server = new TestServer(engine)) {
            JsonNode answer = whole(server, "\"prompt\":\"abc\",\"echo\":true,\"logprobs\":0,\"max_tokens\":0");
            assertThat(texts(answer)).containsExactly("abc");
            assertThat(strings(answer.at("/choices/0/logprobs/tokens"))).containsExactly("a", "b", "c");
            assertThat(answer.at("/usage/completion_tokens").intValue()).isZero();
        }
    }

    @Test
    void withoutEchoOffsetsBeginAtTheAnswer() throws Exception {
        try (var server = new TestServer(engine.answering("dé"))) {
            JsonNode logprobs =
                    whole(server, "\"prompt\":\"abc\",\"logprobs\":0").at("/choices/0/logprobs");
            assertThat(numbers(logprobs.get("text_offset"))).startsWith(0, 1);
            assertThat(logprobs.at("/top_logprobs/0")).isEmpty();
        }
    }

    @Test
    void bestOfTellsTheLikeliest() throws Exception {
        // The smaller its bytes, the likelier a text.
        try (var server = new TestServer(engine.answeringInTurn("zzz", "aaa", "mmm", "bbb"))) {
            JsonNode answer = whole(server, "\"prompt\":\"one\",\"best_of\":4,\"n\":2,\"logprobs\":0");
            assertThat(texts(answer)).containsExactly("aaa", "bbb");
            assertThat(answer.at("/choices/1/index").intValue()).isEqualTo(1);
            // All that were generated were worked for.
            assertThat(answer.at("/usage/completion_tokens").intValue()).isEqualTo(16);
        }
    }

    @Test
    void aGapIsFilledBetweenTheModelsMarks() throws Exception {
        ScriptedEngine filling =
                ScriptedEngine.filling(new FillInMiddle(1, 2, 3)).answering("b");
        try (var server = new TestServer(filling)) {
            assertThat(texts(whole(server, "\"prompt\":\"a\",\"suffix\":\"c\"")))
                    .containsExactly("b");
            assertThat(filling.started.take().request().prompt()).containsExactly(1, 'a', 2, 'c', 3);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"max_tokens\":1|prompt",
                "\"prompt\":\"\"|prompt",
                "\"prompt\":[]|prompt",
                "\"prompt\":[111,257]|prompt[1]",
                "\"prompt\":[111,-1]|prompt[1]",
                "\"prompt\":[\"a\",1]|prompt",
                "\"prompt\":{}|prompt",
                "\"prompt\":\"a\",\"suffix\":\"b\"|suffix",
                "\"prompt\":\"a\",\"n\":3,\"best_of\":2|best_of",
                "\"prompt\":\"a\",\"best_of\":2,\"stream\":true|best_of",
                "\"prompt\":\"a\",\"logprobs\":21|logprobs",
                "\"prompt\":\"a\",\"max_tokens\":0|max_tokens",
                "\"prompt\":\"a\",\"grammar\":\"root ::= (\"|grammar",
            })
    void whatIsWrongIsNamed(String fields, String param) throws Exception {
        try (var server = new TestServer(engine)) {
            var response = post(server, fields);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
            assertThat(json(response).at("/error/param").textValue()).isEqualTo(param);
        }
    }

    @Test
    void aPromptThatLeavesNoRoomIsTooLarge() throws Exception {
        try (var server = new TestServer(new ScriptedEngine(40, ""))) {
            var response = post(server, "\"prompt\":\"" + "x".repeat(41) + "\"");
            assertThat(response.statusCode()).isEqualTo(413);
            assertThat(json(response).at("/error/code").textValue()).isEqualTo("context_length_exceeded");
        }
    }

    private static HttpResponse<String> post(TestServer server, String fields) throws Exception {
        return server.post("/v1/completions", "{" + fields + "}");
    }

    private static JsonNode whole(TestServer server, String fields) throws Exception {
        var response = post(server, fields);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return json(response);
    }

    private static List<String> texts(JsonNode answer) {
        return StreamSupport.stream(answer.get("choices").spliterator(), false)
                .map(choice -> choice.get("text").textValue())
                .toList();
    }

    private static List<String> strings(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::textValue)
                .toList();
    }

    private static List<Integer> numbers(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::intValue)
                .toList();
    }
}
