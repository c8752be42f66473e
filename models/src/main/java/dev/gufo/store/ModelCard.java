package dev.gufo.store;

import dev.gufo.gguf.GgufModel;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What there is to tell about a stored model without loading it.
 *
 * @param id what clients call it
 * @param files all that are there, in the order of shards
 * @param bytes of all files
 * @param modified when the file that changed last did
 * @param details what the files say; empty if they can't be loaded
 * @param problem why they can't; empty if they can
 */
public record ModelCard(
        String id,
        List<Path> files,
        long bytes,
        Instant modified,
        Optional<Details> details,
        Optional<String> problem) {
    /**
     * What a model's files say about it.
     *
     * @param name as its makers call it
     * @param architecture llama.cpp's name for it
     * @param parameters elements of all tensors
     * @param quantization how most weights are stored
     * @param contextTokens what it was trained with
     * @param purpose what it is for
     * @param license as its makers name it
     * @param chatTemplate whether its file brings one
     */
    public record Details(
            Optional<String> name,
            String architecture,
            long parameters,
            String quantization,
            int contextTokens,
            ModelRole purpose,
            Optional<String> license,
            boolean chatTemplate) {
        private static Details of(GgufModel model) {
            return new Details(
                    model.name(),
                    model.architecture(),
                    model.parameters(),
                    model.quantization(),
                    model.contextLength(),
                    ModelRole.of(model),
                    model.license(),
                    model.chatTemplate().isPresent());
        }
    }

    /** Describes {@code model}; reads its headers if that was not done yet. */
    public static ModelCard of(StoredModel model) {
        return switch (model.contents()) {
            case ModelContents.Loadable(GgufModel file) ->
                new ModelCard(
                        model.id(),
                        model.files(),
                        model.bytes(),
                        model.modified(),
                        Optional.of(Details.of(file)),
                        Optional.empty());
            case ModelContents.Broken(String reason) ->
                new ModelCard(
                        model.id(),
                        model.files(),
                        model.bytes(),
                        model.modified(),
                        Optional.empty(),
                        Optional.of(reason));
        };
    }
}
