package dev.gufo.engine.jllama;

import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.RecommendedSampling;
import dev.gufo.engine.plan.Fingerprint;
import dev.gufo.gguf.GgufFile;
import dev.gufo.gguf.GgufModel;
import dev.gufo.gguf.GgufTensor;
import java.util.List;
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
        return ModelInfo.of(model.architecture(), "%s %s".formatted(model.architecture(), model.quantization()))
                .parameters(model.parameters())
                .bytes(bytes)
                .vocabularySize(vocabulary.file().size())
                .trainedContextTokens(model.contextLength())
                .contextTokens(plan.settings().contextTokens())
                .sequences(plan.settings().sequences())
                .kvBytes(plan.kvBytes())
                .layers(model.dimensions().blocks())
                .gpuLayers(Math.min(plan.gpuLayers(), model.dimensions().blocks()))
                .chatTemplate(model.chatTemplate().orElse(""))
                .bosToken(model.edges().bosText().orElse(""))
                .eosToken(model.edges().eosText().orElse(""))
                .sampling(RecommendedSampling.of(model.sampling()))
                .fingerprint(Fingerprint.of(
                        JllamaLibrary.VERSION, plan.file().shards(), List.of(), List.of(plan.gpuLayers())))
                .roles(Set.of(plan.role()))
                .embeddings(embeddings)
                .build();
    }
}
