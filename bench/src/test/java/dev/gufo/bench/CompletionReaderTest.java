package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompletionReaderTest {
    private static final String ANSWER = """
            : a comment\r
            data: {"choices":[{"delta":{"role":"assistant","content":""}}],"usage":null}

            data: {"choices":[{"delta":{"content":"Grüße, 🦉"}}],"usage":null}

            data:{"choices": [{"delta": {"content" : "\\"content\\":\\"x\\", \\"usage\\":{}, \\"error\\":{}"}}]}\r
            \r
            data: {"choices":[{"delta":{"content":null,"reasoning_content":"hm"}}]}

            event: whatever
            data: {"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}

            data: {"choices":[{"delta":{"content":"content"}}]}

            data: {"choices":[{"delta":{},"finish_reason":"stop"}]}

            data: {"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":4}}}

            data: [DONE]

            """;

    private static CompletionReader reader(int status, boolean stream) {
        var reader = new CompletionReader(stream);
        reader.head(status);
        return reader;
    }

    /** Hands text over in one piece, read at {@code nanos}. */
    private static void read(CompletionReader reader, String text, long nanos) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        reader.body(bytes, 0, bytes.length, nanos);
    }

    private static RequestOutcome whole(int status, boolean stream, String text) {
        CompletionReader reader = reader(status, stream);
        read(reader, text, 1);
        return reader.complete(2);
    }

    private static Failure failure(RequestOutcome outcome) {
        assertThat(outcome).isInstanceOf(RequestOutcome.Failed.class);
        return ((RequestOutcome.Failed) outcome).failure();
    }

    private static void assertIsTheAnswer(RequestOutcome outcome) {
        assertThat(outcome).isInstanceOfSatisfying(RequestOutcome.Completed.class, answer -> {
            assertThat(answer.tokens().count()).isEqualTo(5);
            assertThat(answer.usage()).contains(new TokenUsage(12, 4, 7));
        });
    }

    @Test
    void everySplitOfTheBytesReadsTheSame() {
        byte[] bytes = ANSWER.getBytes(StandardCharsets.UTF_8);
        for (int split = 0; split <= bytes.length; split++) {
            CompletionReader reader = reader(200, true);
            reader.body(bytes, 0, split, 1);
            reader.body(bytes, split, bytes.length, 2);
            assertIsTheAnswer(reader.complete(3));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 64})
    void smallPiecesInAReusedArrayReadTheSame(int size) {
        byte[] bytes = ANSWER.getBytes(StandardCharsets.UTF_8);
        byte[] piece = new byte[size + 2];
        CompletionReader reader = reader(200, true);
        for (int i = 0; i < bytes.length; i += size) {
            int length = Math.min(size, bytes.length - i);
            System.arraycopy(bytes, i, piece, 1, length);
            reader.body(piece, 1, 1 + length, i);
        }
        assertIsTheAnswer(reader.complete(3));
    }

    @Test
    void gapsAreBetweenPiecesThatCarryText() {
        CompletionReader reader = reader(200, true);
        read(reader, "data: {\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}\n\n", 100);
        read(reader, "data: {\"delta\":{\"content\":\"a\"}}\n\n", 250);
        read(reader, ": still here\n\n", 260);
        read(reader, "data: {\"delta\":{\"content\":\"b\"}}\n\ndata: {\"delta\":{\"content\":\"c\"}}\n\n", 300);
        read(reader, "data: [DONE]\n\n", 310);
        var answer = (RequestOutcome.Completed) reader.complete(320);
        assertThat(answer.tokens().first()).isEqualTo(250);
        List<Long> gaps = new ArrayList<>();
        answer.tokens().forEachGap(gaps::add);
        assertThat(gaps).containsExactly(50L, 0L);
        assertThat(answer.usage()).isEqualTo(Optional.empty());
    }

    @Test
    void anErrorEventIsTheReasonEvenIfTheStreamEndsWellOrBreaksOff() {
        String text = """
                data: {"delta":{"content":"a"}}

                data: {"error": {"message":"gone","type":"server_error","code":"engine_restarted"}}

                """;
        var expected = new Failure.InStream("engine_restarted");
        assertThat(failure(whole(200, true, text))).isEqualTo(expected);
        assertThat(failure(whole(200, true, text + "data: [DONE]\n\n"))).isEqualTo(expected);
        CompletionReader reader = reader(200, true);
        read(reader, text, 1);
        assertThat(failure(reader.brokenOff(Failure.Broken.CUT, 2))).isEqualTo(expected);
    }

    @Test
    void anErrorInsideAToolCallIsNoErrorEvent() {
        String text = "data: {\"choices\":[{\"delta\":{\"x\":{\"error\":{\"code\":1}}}}]}\n\ndata: [DONE]\n\n";
        assertThat(whole(200, true, text)).isInstanceOf(RequestOutcome.Completed.class);
    }

    @Test
    void aStreamWithoutItsEndMarkHasFailed() {
        assertThat(failure(whole(200, true, "data: {\"delta\":{\"content\":\"a\"}}\n\n")))
                .isEqualTo(Failure.Broken.UNFINISHED);
    }

    @Test
    void aRefusalIsNamedByItsCodeElseItsTypeElseItsStatus() {
        assertThat(failure(whole(503, true, "{\"error\":{\"code\":\"queue_full\",\"type\":\"x\"}}"))
                        .label())
                .isEqualTo("HTTP 503 queue_full");
        assertThat(failure(whole(400, true, "{\"error\":{\"code\":null,\"type\":\"bad\"}}"))
                        .label())
                .isEqualTo("HTTP 400 bad");
        assertThat(failure(whole(502, true, "<html>")).label()).isEqualTo("HTTP 502");
        assertThat(failure(whole(500, true, "")).label()).isEqualTo("HTTP 500");
    }

    @Test
    void anAnswerInOnePieceHasUsageAndNoTokenTimes() {
        RequestOutcome outcome =
                whole(200, false, "{\"choices\":[{}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}}");
        assertThat(outcome).isInstanceOfSatisfying(RequestOutcome.Completed.class, answer -> {
            assertThat(answer.tokens().count()).isZero();
            assertThat(answer.usage()).contains(new TokenUsage(3, 0, 5));
        });
        assertThat(failure(whole(200, false, "[1,"))).isEqualTo(Failure.Broken.MALFORMED);
    }
}
