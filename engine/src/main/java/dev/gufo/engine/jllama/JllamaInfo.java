package dev.gufo.engine.jllama;

import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.RecommendedSampling;
import dev.gufo.engine.plan.Fingerprint;
import dev.gufo.gguf.GgufFile;
import dev.gufo.gguf.GgufModel;
import dev.gufo.gguf.GgufTensor;
import java.util.List;
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
                Fingerprint.of(JllamaLibrary.VERSION, plan.file().shards(), List.of(), List.of(plan.gpuLayers())),
                Set.of(plan.role()),
                embeddings);
    }
}
