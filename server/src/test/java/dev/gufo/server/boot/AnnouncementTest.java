package dev.gufo.server.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.ModelInfo;
import dev.gufo.store.ModelRole;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AnnouncementTest {
    private static final Set<ModelRole> CHAT = Set.of(ModelRole.CHAT);

    @Test
    void theSummaryHasTheNumbersThatAnOperatorAsksFor() {
        assertThat(Announcement.summary("demo", model(0))).isEqualTo("""
                demo: llama 8B Q4_K - Medium, architecture llama, 8.0 billion parameters, 4.6 GiB
                  context 4096 tokens, 8 sequences together, KV cache 512.0 MiB
                  all 32 layers on the CPU""");
        assertThat(Announcement.summary("demo", model(32))).endsWith("32 of 32 layers on the GPU");
    }

    @Test
    void theExampleCanBePasted() {
        assertThat(Announcement.ready("0.0.0.0", 9000, "it's", CHAT, true)).isEqualTo("""
                Gufo is ready: http://127.0.0.1:9000/v1
                curl http://127.0.0.1:9000/v1/chat/completions -H "Authorization: Bearer $GUFO_API_KEY" \
                -H 'Content-Type: application/json' \
                -d '{"model": "it'\\''s", "messages": [{"role": "user", "content": "Hello!"}]}'""");
    }

    @Test
    void addressesWithColonsStandInBrackets() {
        assertThat(Announcement.ready("::", 1, "m", CHAT, false)).startsWith("Gufo is ready: http://[::1]:1/v1");
        assertThat(Announcement.ready("::1", 1, "m", CHAT, false)).startsWith("Gufo is ready: http://[::1]:1/v1");
    }

    @Test
    void thePageIsWhereABrowserReachesIt() {
        assertThat(Announcement.page("0.0.0.0", 9000)).isEqualTo("In a browser: http://127.0.0.1:9000/");
        assertThat(Announcement.page("::1", 1)).isEqualTo("In a browser: http://[::1]:1/");
    }

    @Test
    void theExampleAsksForWhatTheModelIsFor() {
        assertThat(Announcement.ready("localhost", 1, "m", Set.of(ModelRole.EMBEDDINGS), false))
                .endsWith("-d '{\"model\": \"m\", \"input\": \"Hello!\"}'")
                .contains("/v1/embeddings ");
        assertThat(Announcement.ready("localhost", 1, "m", Set.of(ModelRole.RERANK), false))
                .contains("/v1/rerank ");
    }

    private static ModelInfo model(int gpuLayers) {
        return ModelInfo.of("llama", "llama 8B Q4_K - Medium")
                .parameters(8_030_000_000L)
                .bytes(4_920_000_000L)
                .vocabularySize(128_256)
                .trainedContextTokens(8_192)
                .contextTokens(4_096)
                .sequences(8)
                .kvBytes(512L << 20)
                .layers(32)
                .gpuLayers(gpuLayers)
                .fillInMiddle(java.util.Optional.empty())
                .fingerprint("fp")
                .roles(CHAT)
                .build();
    }
}
