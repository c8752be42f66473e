package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.embeddings.EmbeddingModel;
import dev.gufo.engine.EngineKind;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The imported embedding model in a server of its own process, asked by OpenAI's client. */
@Timeout(120)
class EmbeddingModelTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path dataDir;

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void textsOfLikeMeaningHaveLikeVectors(EngineKind kind) throws Exception {
        try (RunningGufo gufo = RunningGufo.start(dataDir, "--engine", kind.id(), "--model", "all-minilm-l6-v2")) {
            var client = OpenAIOkHttpClient.builder()
                    .baseUrl(gufo.baseUrl())
                    .apiKey("any")
                    .maxRetries(0)
                    .build();
            try {
                List<List<Float>> vectors = client
                        .embeddings()
                        .create(EmbeddingCreateParams.builder()
                                .model(EmbeddingModel.of("all-minilm-l6-v2"))
                                .inputOfArrayOfStrings(List.of(
                                        "Owls hunt mice at night.",
                                        "In the dark, birds of prey catch small rodents.",
                                        "The invoice is due in thirty days."))
                                .build())
                        .data()
                        .stream()
                        .map(embedding -> embedding.embedding())
                        .toList();
                assertThat(vectors.getFirst()).hasSize(384);
                assertThat(cosine(vectors.get(0), vectors.get(1))).isGreaterThan(0.4);
                assertThat(cosine(vectors.get(0), vectors.get(2))).isLessThan(0.2);
            } finally {
                client.close();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void theTokensThatTheServerTellsOfATextHaveTheVectorOfTheText(EngineKind kind) throws Exception {
        try (RunningGufo gufo = RunningGufo.start(dataDir, "--engine", kind.id(), "--model", "all-minilm-l6-v2")) {
            String text = "Owls hunt.";
            JsonNode tokens = JSON.readTree(gufo.post("/v1/tokenize", "{\"prompt\":\"%s\"}".formatted(text))
                            .body())
                    .path("tokens");
            assertThat(tokens).hasSizeGreaterThan(2);
            JsonNode ofText = embed(gufo, "\"%s\"".formatted(text));
            assertThat(ofText.at("/usage/prompt_tokens").asInt()).isEqualTo(tokens.size());
            assertThat(embed(gufo, tokens.toString()).at("/data/0/embedding"))
                    .isEqualTo(ofText.at("/data/0/embedding"));
        }
    }

    private static JsonNode embed(RunningGufo gufo, String input) throws Exception {
        return JSON.readTree(
                gufo.post("/v1/embeddings", "{\"input\":%s}".formatted(input)).body());
    }

    private static double cosine(List<Float> a, List<Float> b) {
        double dot = 0;
        for (int i = 0; i < a.size(); i++) {
            dot += (double) a.get(i) * b.get(i);
        }
        return dot; // both have the length 1
    }
}
