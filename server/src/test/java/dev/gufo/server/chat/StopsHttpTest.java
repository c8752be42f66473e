package dev.gufo.server.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What ends an answer before the model does: stop texts in its content, and the limit of tokens. */
@Timeout(60)
class StopsHttpTest {
    private static final String CALL =
            "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"place\": \"Paris in France\"}}"
                    + "\n</tool_call>";
    private static final String THINKING_AND_CALLING = Templates.HERMES + "{% set marks = '<think></think>' %}";

    private static ChatReply reply(String answer, String fields) throws Exception {
        try (var server = new TestServer(new ScriptedEngine(4_096, THINKING_AND_CALLING).answering(answer))) {
            return ChatReply.one(
                    server,
                    "{" + fields + ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\","
                            + "\"parameters\":{\"type\":\"object\",\"properties\":{\"place\":{\"type\":\"string\"}}}}}],"
                            + TestServer.HELLO.substring(1));
        }
    }

    @Test
    void aStopTextInReasoningOrInACallStopsNothing() throws Exception {
        ChatReply thought = reply("<think>\nI weigh 9.8 first.\n</think>\n\nThe answer is 9.11.", "\"stop\":[\"9.8\"]");
        assertThat(thought.reasoning()).isEqualTo("I weigh 9.8 first.");
        assertThat(thought.content()).isEqualTo("The answer is 9.11.");
        for (String stop : new String[] {"France", "tool_call", "arguments", "}", "</tool_call>", "<", "\\n"}) {
            ChatReply called = reply(CALL, "\"stop\":\"" + stop + "\"");
            assertThat(called.calls()).containsExactly("get_weather({\"place\": \"Paris in France\"})");
            assertThat(called.content()).isEmpty();
            assertThat(called.finishReason()).isEqualTo("tool_calls");
        }
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "`<think>END</think>\n\nOne END two`,`One `,END",
                "`<think>a\n\nb</think>\n\nOne\n\ntwo`,One,`\\n\\n`",
                "`Eins Übermorgen 🦉 drei`,`Eins Übermorgen `,🦉",
                "`aab aabaac d`,`aab aab`,aac",
                "`One EN`,`One EN`,END",
                "`One END`,`One `,END"
            })
    void aStopTextInContentEndsTheAnswerBeforeIt(String answer, String content, String stop) throws Exception {
        ChatReply reply = reply(answer.replace("\\n", "\n"), "\"stop\":[\"never\",\"" + stop + "\"]");
        assertThat(reply.content()).isEqualTo(content);
        assertThat(reply.finishReason()).isEqualTo("stop");
    }

    @Test
    void tokensOfAStopTextAndBehindItHaveNoLogprobs() throws Exception {
        ChatReply reply = reply("<think>END</think>\n\nHow ÜEND never", "\"stop\":\"END\",\"logprobs\":true");
        assertThat(reply.content()).isEqualTo("How Ü");
        assertThat(String.join("", reply.scored()))
                .startsWith("<think>END</think>")
                .endsWith("How \uFFFD\uFFFD");
    }

    @Test
    void aCallBeforeAStopTextIsStillACall() throws Exception {
        ChatReply reply = reply(CALL + "\nDone. END", "\"stop\":\"END\"");
        assertThat(reply.calls()).hasSize(1);
        assertThat(reply.content()).isEqualTo("Done. ");
        assertThat(reply.finishReason()).isEqualTo("tool_calls");
    }

    @Test
    void aCallThatIsCutIsToldAsFarAsItCameAndNeverAsACall() throws Exception {
        int name = CALL.indexOf("\"Paris");
        for (int length = name; length < CALL.indexOf("}}"); length += 4) {
            ChatReply cut = reply(CALL, "\"max_tokens\":" + length);
            assertThat(cut.finishReason()).isEqualTo("length");
            ChatReply ended = reply(CALL.substring(0, length), "\"stop\":\"END\"");
            assertThat(ended.finishReason()).isEqualTo("stop");
            assertThat(ended.calls()).isEqualTo(cut.calls()).hasSize(1);
            assertThat(ended.calls().getFirst()).startsWith("get_weather({\"place\":");
        }
        for (int length = CALL.indexOf("}}") + 1; length <= CALL.length(); length += 3) {
            ChatReply whole = reply(CALL.substring(0, length), "\"stop\":\"END\"");
            assertThat(whole.finishReason()).isEqualTo("tool_calls");
            assertThat(whole.content()).isEmpty();
        }
    }
}
