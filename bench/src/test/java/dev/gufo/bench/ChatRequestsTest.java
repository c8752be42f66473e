package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChatRequestsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static Workload workload(String prompt, int shared, boolean stream) {
        return new Workload(
                Lengths.parse(prompt),
                Lengths.parse("uniform:3..5"),
                shared,
                stream,
                false,
                OptionalDouble.of(0.5),
                OptionalLong.of(9),
                OptionalDouble.empty());
    }

    private static ChatRequests requests(Workload workload, long seed) {
        return new ChatRequests(workload, "m\"1", new TokenRate(2, 10), seed);
    }

    private static JsonNode body(ChatRequests requests, long index) throws IOException {
        return JSON.readTree(requests.body(index));
    }

    private static String prompt(JsonNode body) {
        return body.at("/messages/0/content").asText();
    }

    @Test
    void aRequestDependsOnItsNumberAndTheSeedOnly() {
        ChatRequests one = requests(workload("uniform:30..60", 0, true), 1);
        ChatRequests same = requests(workload("uniform:30..60", 0, true), 1);
        one.body(4); // in another order
        Set<String> different = new HashSet<>();
        for (int i = -3; i < 20; i++) {
            assertThat(one.body(i)).isEqualTo(same.body(i));
            different.add(new String(one.body(i), StandardCharsets.UTF_8));
        }
        assertThat(different).hasSize(23);
        assertThat(requests(workload("uniform:30..60", 0, true), 2).body(0)).isNotEqualTo(one.body(0));
    }

    @Test
    void aBodySaysWhatTheWorkloadAsks() throws IOException {
        JsonNode body = body(requests(workload("fixed:50", 0, true), 1), 0);
        assertThat(body.path("model").asText()).isEqualTo("m\"1");
        assertThat(body.path("max_tokens").asInt()).isBetween(3, 5);
        assertThat(body.path("temperature").asDouble()).isEqualTo(0.5);
        assertThat(body.path("seed").asInt()).isEqualTo(9);
        assertThat(body.path("stream").asBoolean()).isTrue();
        assertThat(body.at("/stream_options/include_usage").asBoolean()).isTrue();
        assertThat(prompt(body).split(" ")).hasSize((50 - 10) / 2);
    }

    @Test
    void withoutStreamingNothingAsksForIt() throws IOException {
        JsonNode body = body(requests(workload("fixed:50", 0, false), 1), 0);
        assertThat(body.has("stream")).isFalse();
        assertThat(body.has("stream_options")).isFalse();
    }

    @Test
    void promptsShareTheirPrefixAndDifferAfterIt() throws IOException {
        ChatRequests requests = requests(workload("fixed:110", 60, true), 1);
        String[] one = prompt(body(requests, 0)).split(" ");
        String[] two = prompt(body(requests, 1)).split(" ");
        assertThat(one).hasSize(50);
        assertThat(one).startsWith(Arrays.copyOf(two, 30));
        assertThat(one).isNotEqualTo(two);
    }

    @Test
    void aPromptShorterThanTheSharedPrefixIsAPartOfIt() throws IOException {
        String longer = prompt(body(requests(workload("fixed:110", 60, true), 1), 0));
        String shorter = prompt(body(requests(workload("fixed:30", 60, true), 1), 0));
        assertThat(shorter.split(" ")).hasSize(10);
        assertThat(longer).startsWith(shorter + " ");
    }

    @Test
    void tokensPerWordComeFromTwoPrompts() {
        TokenRate rate = TokenRate.through(32, 59, 96, 155);
        assertThat(rate).isEqualTo(new TokenRate(1.5, 11));
        assertThat(rate.words(155)).isEqualTo(96);
        assertThat(rate.words(3)).isEqualTo(1);
        assertThat(rate.wordsOfPiece(150)).isEqualTo(100);
    }
}
