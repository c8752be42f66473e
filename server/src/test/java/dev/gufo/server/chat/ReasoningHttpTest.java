package dev.gufo.server.chat;

import static dev.gufo.server.TestServer.HELLO;
import static dev.gufo.server.TestServer.events;
import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import dev.gufo.template.Segment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models that think before they answer. */
@Timeout(60)
class ReasoningHttpTest {
    @Test
    void whatAModelThinksIsNoContent() throws Exception {
        try (var server = new TestServer(thinking("<think>\nIs it 4? Yes: 2 < 3.\n</think>\n\nIt is 4."))) {
            ChatReply reply = ChatReply.one(server, HELLO);
            assertThat(reply.reasoning()).isEqualTo("Is it 4? Yes: 2 < 3.");
            assertThat(reply.content()).isEqualTo("It is 4.");
            assertThat(reply.finishReason()).isEqualTo("stop");
        }
    }

    @Test
    void reasoningComesInDeltasBeforeTheContent() throws Exception {
        try (var server = new TestServer(thinking("<think>Hm, 🦉.</think>Hoo!"))) {
            List<JsonNode> deltas =
                    events(server.chat(HELLO.replace("{\"messages", "{\"stream\":true,\"messages"))
                                    .body())
                            .stream()
                            .map(event -> event.at("/choices/0/delta"))
                            .toList();
            int lastThought = 0;
            int firstText = Integer.MAX_VALUE;
            for (int i = 1; i < deltas.size(); i++) {
                lastThought = deltas.get(i).has("reasoning_content") ? i : lastThought;
                firstText = deltas.get(i).has("content") ? Math.min(i, firstText) : firstText;
            }
            assertThat(lastThought).isPositive().isLessThan(firstText);
        }
    }

    @Test
    void aReplyToAPromptThatOpenedTheReasoningBeginsWithin() throws Exception {
        var engine = new ScriptedEngine(4_096, Templates.OPENED).answering("Hm.\n</think>\n\nYes.");
        try (var server = new TestServer(engine)) {
            ChatReply reply = ChatReply.one(server, HELLO);
            assertThat(reply.reasoning()).isEqualTo("Hm.");
            assertThat(reply.content()).isEqualTo("Yes.");
        }
    }

    @Test
    void reasoningThatNeverEndsIsReasoning() throws Exception {
        var engine = new ScriptedEngine(4_096, Templates.OPENED).answering("Hm, hm, hm");
        try (var server = new TestServer(engine)) {
            ChatReply reply = ChatReply.one(server, HELLO.replace("{\"mess", "{\"max_tokens\":6,\"mess"));
            assertThat(reply.reasoning()).isEqualTo("Hm, hm");
            assertThat(reply.content()).isEmpty();
            assertThat(reply.finishReason()).isEqualTo("length");
        }
    }

    @Test
    void reasoningTokensAreCountedAmongTheCompletionTokens() throws Exception {
        var engine = new ScriptedEngine(4_096, Templates.OPENED).answering("1234567890</think>abc");
        try (var server = new TestServer(engine)) {
            JsonNode usage = json(server.chat(HELLO)).get("usage");
            // Bytes are tokens: 10 of reasoning, 8 of the mark, which counts as reasoning, 3 of content, 1 for the end.
            assertThat(usage.get("completion_tokens").intValue()).isEqualTo(22);
            assertThat(usage.at("/completion_tokens_details/reasoning_tokens").intValue())
                    .isEqualTo(18);
        }
    }

    @Test
    void earlierReasoningIsShownToTheTemplate() throws Exception {
        var engine = thinking("Hoo!");
        try (var server = new TestServer(engine)) {
            assertThat(server.chat("""
                            {"messages": [{"role": "user", "content": "Hi"},
                             {"role": "assistant", "content": "Hello", "reasoning_content": "A greeting."},
                             {"role": "user", "content": "Why?"}]}""").statusCode()).isEqualTo(200);
            assertThat(engine.lastPrompt().text())
                    .isEqualTo("[user]Hi[assistant]<think>A greeting.</think>Hello[user]Why?[assistant]");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"reasoning_effort\":\"high\"|[assistant](effort high)",
                "\"reasoning_effort\":\"none\"|[assistant]<think></think>(effort low)",
                "\"chat_template_kwargs\":{\"enable_thinking\":false}|[assistant]<think></think>",
                "\"chat_template_kwargs\":{\"mood\":\"[user]\"}|[assistant](mood [user])",
                "\"reasoning_effort\":\"low\",\"chat_template_kwargs\":{\"reasoning_effort\":\"max\"}|[assistant](effort max)"
            })
    void whatTheRequestSaysAboutReasoningReachesTheTemplate(String fields, String promptEnd) throws Exception {
        var engine = thinking("Hoo!");
        try (var server = new TestServer(engine)) {
            assertThat(server.chat(HELLO.replace("{\"mess", "{" + fields + ",\"mess"))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(engine.lastPrompt().text()).isEqualTo("[user]Hi" + promptEnd);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"content\":\"It is\"|<think></think>\\n\\nIt is|` 4.`||` 4.`",
                "\"content\":\"It is\",\"reasoning_content\":\"Two.\"|<think>Two.\\n</think>\\n\\nIt is|` 4.`||` 4.`",
                "\"content\":\"<think>\\nTwo and\"|<think>\\nTwo and|` two.</think>4`|two.|4",
                "\"content\":\"Two.</think>It is\"|<think>Two.</think>It is|4||4"
            })
    void anAnswerThatIsBegunGoesOnBehindTheReasoning(
            String message, String promptEnd, String reply, String reasoning, String content) throws Exception {
        var engine = new ScriptedEngine(4_096, Templates.OPENED).answering(reply);
        try (var server = new TestServer(engine)) {
            ChatReply answer = ChatReply.one(
                    server,
                    "{\"messages\":[{\"role\":\"user\",\"content\":\"2+2?\"},{\"role\":\"assistant\"," + message
                            + "}]}");
            assertThat(engine.lastPrompt().text()).isEqualTo("[user]2+2?[assistant]" + promptEnd.replace("\\n", "\n"));
            assertThat(answer.reasoning()).isEqualTo(reasoning == null ? "" : reasoning);
            assertThat(answer.content()).isEqualTo(content);
        }
    }

    @Test
    void theMarksAroundTheReasoningOfABegunAnswerAreNoTextOfTheRequest() throws Exception {
        var engine = new ScriptedEngine(4_096, Templates.OPENED).answering("4");
        try (var server = new TestServer(engine)) {
            server.chat("{\"messages\":[{\"role\":\"user\",\"content\":\"2+2?\"},"
                    + "{\"role\":\"assistant\",\"content\":\"It <think> is\"}]}");
            assertThat(engine.lastPrompt().segments().getLast()).isEqualTo(new Segment("It <think> is", false));
            assertThat(engine.lastPrompt().segments().stream()
                            .filter(segment ->
                                    segment.trusted() && segment.text().contains("</think>")))
                    .hasSize(1);
        }
    }

    @Test
    void anUnknownEffortIsRefused() throws Exception {
        try (var server = new TestServer(thinking("Hoo!"))) {
            var response = server.chat(HELLO.replace("{\"mess", "{\"reasoning_effort\":\"huge\",\"mess"));
            assertThat(response.statusCode()).isEqualTo(400);
            assertThat(json(response).at("/error/param").textValue()).isEqualTo("reasoning_effort");
        }
    }

    private static ScriptedEngine thinking(String answer) {
        return new ScriptedEngine(4_096, Templates.THINKING).answering(answer);
    }
}
