package dev.gufo.engine;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What an engine loaded.
 *
 * @param architecture as the file names it, for instance {@code llama}
 * @param description one line by llama.cpp, for instance {@code llama 8B Q4_K - Medium}
 * @param parameters number of weights
 * @param bytes size of all tensors
 * @param vocabularySize number of token ids
 * @param trainedContextTokens context length of the training; 0 if the file does not say
 * @param contextTokens most tokens of one sequence, prompt and answer together
 * @param sequences sequences decoded together
 * @param kvBytes memory of the KV cache of all sequences; 0 if not known
 * @param layers transformer blocks
 * @param gpuLayers how many of them are on a GPU
 * @param chatTemplate the file's own Jinja template, or {@code ""}
 * @param bosToken text of the beginning-of-sequence token, or {@code ""}
 * @param eosToken text of the end-of-sequence token, or {@code ""}
 * @param fillInMiddle the tokens of a prompt for filling a gap, if the vocabulary has them
 * @param sampling what a request gets that does not say otherwise: the file's recommendation, else llama.cpp's
 * @param fingerprint names engine version, model and settings that can change an answer; for {@code system_fingerprint}
 * @param roles what it may be used for, at least one
 * @param embeddings how it makes vectors, if it does
 * @param adapters ids of the LoRA adapters that requests may ask for
 * @param longestTokenBytes most bytes of text that one token can stand for; 0 if that is not known
 */
public record ModelInfo(
        String architecture,
        String description,
        long parameters,
        long bytes,
        int vocabularySize,
        int trainedContextTokens,
        int contextTokens,
        int sequences,
        long kvBytes,
        int layers,
        int gpuLayers,
        String chatTemplate,
        String bosToken,
        String eosToken,
        Optional<FillInMiddle> fillInMiddle,
        Sampling sampling,
        String fingerprint,
        Set<ModelRole> roles,
        EmbeddingInfo embeddings,
        List<String> adapters,
        int longestTokenBytes) {

    /** Without adapters, and with tokens of unknown length. */
    public ModelInfo(
            String architecture,
            String description,
            long parameters,
            long bytes,
            int vocabularySize,
            int trainedContextTokens,
            int contextTokens,
            int sequences,
            long kvBytes,
            int layers,
            int gpuLayers,
            String chatTemplate,
            String bosToken,
            String eosToken,
            Optional<FillInMiddle> fillInMiddle,
            Sampling sampling,
            String fingerprint,
            Set<ModelRole> roles,
            EmbeddingInfo embeddings) {
        this(
                architecture,
                description,
                parameters,
                bytes,
                vocabularySize,
                trainedContextTokens,
                contextTokens,
                sequences,
                kvBytes,
                layers,
                gpuLayers,
                chatTemplate,
                bosToken,
                eosToken,
                fillInMiddle,
                sampling,
                fingerprint,
                roles,
                embeddings,
                List.of(),
                0);
    }

    public ModelInfo {
        roles = Set.copyOf(roles);
        adapters = List.copyOf(adapters);
    }

    /** Whether the CPU has a part in every step that counts, since not all blocks are on GPUs. */
    public boolean computesOnCpu() {
        return gpuLayers < layers || layers == 0;
    }

    /**
     * Checks that all of these are loaded.
     *
     * @throws EngineException.Refused with {@link Refusal.UnknownAdapter} if one is not
     */
    public void requireAdapters(List<AdapterScale> wanted) {
        for (AdapterScale adapter : wanted) {
            if (!adapters.contains(adapter.id())) {
                throw new EngineException.Refused(new Refusal.UnknownAdapter(adapter.id(), adapters));
            }
        }
    }

    /**
     * Token ids that mark the parts of a fill-in-the-middle prompt.
     *
     * @param prefix goes in front of the text before the gap
     * @param suffix goes in front of the text behind it
     * @param middle goes last; the model answers with what fills the gap
     */
    public record FillInMiddle(int prefix, int suffix, int middle) {}
}
