package dev.gufo.engine.jllama;

import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.plan.RecommendedSampling;
import dev.gufo.gguf.GgufFile;
import dev.gufo.gguf.GgufModel;
import dev.gufo.gguf.GgufTensor;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;

/** What is told of a model: all of it from its file, since the library tells nothing. */
final class JllamaInfo {
    private JllamaInfo() {}

    static ModelInfo of(JllamaPlan plan, JllamaVocabulary vocabulary, EmbeddingInfo embeddings) {
        GgufModel model = plan.file().model();
        long bytes = plan.file().shards().stream()
                .map(GgufFile::tensors)
                .flatMap(tensors -> tensors.stream().map(GgufTensor::bytes))
                .mapToLong(Long::longValue)
                .sum();
        return new ModelInfo(
                model.architecture(),
                "%s %s".formatted(model.architecture(), model.quantization()),
                model.parameters(),
                bytes,
                vocabulary.file().size(),
                model.contextLength(),
                plan.settings().contextTokens(),
                plan.settings().sequences(),
                plan.kvBytes(),
                model.blockCount(),
                Math.min(plan.gpuLayers(), model.blockCount()),
                model.chatTemplate().orElse(""),
                model.bosText().orElse(""),
                model.eosText().orElse(""),
                Optional.empty(),
                RecommendedSampling.of(model.sampling()),
                fingerprint(plan, bytes),
                Set.of(plan.role()),
                embeddings);
    }

    private static String fingerprint(JllamaPlan plan, long bytes) {
        String parts = String.join(
                "/",
                JllamaLibrary.VERSION,
                plan.settings().model().getFileName().toString(),
                Long.toString(bytes),
                Integer.toString(plan.gpuLayers()));
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(parts.getBytes(StandardCharsets.UTF_8));
            return "fp_" + HexFormat.of().formatHex(hash, 0, 5);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
