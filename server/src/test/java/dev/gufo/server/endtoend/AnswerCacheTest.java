package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kept answers of the demo model, and of the model for vectors, behind the command line's option. */
@Timeout(180)
class AnswerCacheTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path dataDir;

    @Test
    void answersOfTheRealEngineAreGivenAgainToTheByte() throws Exception {
        try (var gufo = RunningGufo.start(
                dataDir, "--answer-cache", "1MiB", "--model", "demo-chat", "--model", "all-minilm-l6-v2")) {
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> JSON.readTree(gufo.get("/v1/models").body())
                                    .findValues("digest")
                                    .size()
                            >= 2);
            String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"What is the capital of France?\"}]";
            for (List<String> request : List.of(
                    List.of("/v1/chat/completions", "{\"temperature\":0," + messages + "}"),
                    List.of("/v1/chat/completions", "{\"seed\":3,\"logprobs\":true," + messages + "}"),
                    List.of("/v1/messages", "{\"temperature\":0,\"max_tokens\":20," + messages + "}"),
                    List.of("/v1/completions", "{\"temperature\":0,\"prompt\":\"Once\"}"),
                    List.of("/v1/models/demo-chat/predict", "{\"text\":\"Is it?\",\"labels\":[\"yes\",\"no\"]}"),
                    List.of("/v1/embeddings", "{\"input\":\"Owls hunt at night.\"}"))) {
                HttpResponse<String> first = gufo.post(request.getFirst(), request.getLast());
                HttpResponse<String> again = gufo.post(request.getFirst(), request.getLast());
                assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
                assertThat(first.headers().firstValue("x-cache")).contains("miss");
                assertThat(again.headers().firstValue("x-cache")).contains("hit");
                assertThat(again.body()).isEqualTo(first.body());
            }
        }
    }
}
