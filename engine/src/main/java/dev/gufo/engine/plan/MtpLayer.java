package dev.gufo.engine.plan;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Speculation;
import dev.gufo.engine.SwaFull;
import dev.gufo.gguf.GgufFile;
import dev.gufo.gguf.GgufTensor;
import dev.gufo.gguf.MemoryShape;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The layer of a model that predicts tokens further ahead (multi-token prediction), if its guesses are wanted and can
 * be had.
 *
 * @param shape that layer at its place among the others, which take nothing
 */
public record MtpLayer(MemoryShape shape) {
    /**
     * Architectures whose layer llama.cpp 0.5.0 can run, and whose KV cache is one of plain attention, in which any
     * token can be taken back.
     */
    private static final Set<String> RUN = Set.of("glm4moe");

    /** Tensors of that layer without which llama.cpp ends its process as it builds the layer's graph. */
    private static final List<String> NEEDED =
            List.of("nextn.eh_proj", "nextn.enorm", "nextn.hnorm", "ffn_gate_inp", "ffn_up_shexp");

    /** Of hidden states: as the model's context has them, as they enter the layer, and as they leave it. */
    private static final int COPIES = 3;

    /**
     * Finds it.
     *
     * @param shards the model's files
     * @param shape of the whole model
     * @throws IOException if a file can't be read
     * @throws EngineException.Broken if the settings ask for its guesses alone, and there are none
     */
    static Optional<MtpLayer> of(List<GgufFile> shards, MemoryShape shape, EngineSettings settings) throws IOException {
        if (!settings.speculation().asksItself()) {
            return Optional.empty();
        }
        Optional<String> obstacle = obstacle(shards, shape);
        if (obstacle.isEmpty()) {
            return Optional.of(new MtpLayer(shape.mtpAlone()));
        }
        if (settings.speculation() == Speculation.MTP) {
            throw new EngineException.Broken(
                    "--speculate mtp: %s; use auto, ngram, draft or off".formatted(obstacle.get()));
        }
        return Optional.empty();
    }

    /** Why it can't guess. */
    private static Optional<String> obstacle(List<GgufFile> shards, MemoryShape shape) throws IOException {
        String architecture = shards.getFirst().string("general.architecture").orElse("");
        String layer = "blk.%d.".formatted(shape.layers().size() - 1);
        Set<String> tensors = shards.stream()
                .flatMap(shard -> shard.tensors().stream())
                .map(GgufTensor::name)
                .collect(Collectors.toSet());
        if (shape.mtpLayers() == 0 || !tensors.contains(layer + "nextn.eh_proj.weight")) {
            return Optional.of("the model's file has no layer that predicts tokens ahead");
        }
        if (!RUN.contains(architecture)) {
            return Optional.of("guesses of the MTP layers of %s models can't be had".formatted(architecture));
        }
        if (shape.mtpLayers() > 1) {
            return Optional.of("the model has %d MTP layers, one can be used".formatted(shape.mtpLayers()));
        }
        if (!NEEDED.stream().allMatch(name -> tensors.contains(layer + name + ".weight"))) {
            return Optional.of("the model's MTP layer lacks tensors");
        }
        if (shards.getFirst()
                .integers(architecture + ".rope.dimension_sections")
                .isPresent()) {
            return Optional.of("the model's positions have several dimensions");
        }
        return Optional.empty();
    }

    /** What its context holds: one sequence, every token of which may be taken back. */
    Demand demand(EngineSettings settings, int contextTokens) {
        StepShape step = StepShape.of(settings);
        ComputeSettings compute = settings.compute().withKv(SwaFull.ON);
        return new Demand(contextTokens, 1, false, step.computedTokens(), 1, compute);
    }

    /** Main memory for the hidden states of a step. */
    long rowBytes(EngineSettings settings) {
        return (long) COPIES * StepShape.of(settings).tokens() * shape.width() * Float.BYTES;
    }
}
