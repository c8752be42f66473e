package dev.gufo.engine;

import dev.gufo.store.ModelRole;
import java.time.Duration;
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
 * @param targetGap the gap between two tokens that new prompts may stretch a stream to; zero if nothing keeps to one
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
        int longestTokenBytes,
        Duration targetGap) {

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

    /** A model with these, and nothing else known; the rest as {@link Builder} has it. */
    public static Builder of(String architecture, String description) {
        return new Builder(architecture, description);
    }

    /** Names what it sets, and is checked as a whole when it is built. Used by one thread. */
    public static final class Builder {
        private final String architecture;
        private final String description;
        private long parameters;
        private long bytes;
        private int vocabularySize;
        private int trainedContextTokens;
        private int contextTokens;
        private int sequences;
        private long kvBytes;
        private int layers;
        private int gpuLayers;
        private String chatTemplate = "";
        private String bosToken = "";
        private String eosToken = "";
        private Optional<FillInMiddle> fillInMiddle = Optional.empty();
        private Sampling sampling = Sampling.LLAMA_CPP_DEFAULTS;
        private String fingerprint = "";
        private Set<ModelRole> roles = Set.of();
        private EmbeddingInfo embeddings = EmbeddingInfo.NONE;
        private List<String> adapters = List.of();
        private int longestTokenBytes;
        private Duration targetGap = Duration.ZERO;

        private Builder(String architecture, String description) {
            this.architecture = architecture;
            this.description = description;
        }

        /** Sets {@link ModelInfo#parameters}. */
        public Builder parameters(long value) {
            parameters = value;
            return this;
        }

        /** Sets {@link ModelInfo#bytes}. */
        public Builder bytes(long value) {
            bytes = value;
            return this;
        }

        /** Sets {@link ModelInfo#vocabularySize}. */
        public Builder vocabularySize(int value) {
            vocabularySize = value;
            return this;
        }

        /** Sets {@link ModelInfo#trainedContextTokens}. */
        public Builder trainedContextTokens(int value) {
            trainedContextTokens = value;
            return this;
        }

        /** Sets {@link ModelInfo#contextTokens}. */
        public Builder contextTokens(int value) {
            contextTokens = value;
            return this;
        }

        /** Sets {@link ModelInfo#sequences}. */
        public Builder sequences(int value) {
            sequences = value;
            return this;
        }

        /** Sets {@link ModelInfo#kvBytes}. */
        public Builder kvBytes(long value) {
            kvBytes = value;
            return this;
        }

        /** Sets {@link ModelInfo#layers}. */
        public Builder layers(int value) {
            layers = value;
            return this;
        }

        /** Sets {@link ModelInfo#gpuLayers}. */
        public Builder gpuLayers(int value) {
            gpuLayers = value;
            return this;
        }

        /** Sets {@link ModelInfo#chatTemplate}. */
        public Builder chatTemplate(String value) {
            chatTemplate = value;
            return this;
        }

        /** Sets {@link ModelInfo#bosToken}. */
        public Builder bosToken(String value) {
            bosToken = value;
            return this;
        }

        /** Sets {@link ModelInfo#eosToken}. */
        public Builder eosToken(String value) {
            eosToken = value;
            return this;
        }

        /** Sets {@link ModelInfo#fillInMiddle}. */
        public Builder fillInMiddle(Optional<FillInMiddle> value) {
            fillInMiddle = value;
            return this;
        }

        /** Sets {@link ModelInfo#sampling}. */
        public Builder sampling(Sampling value) {
            sampling = value;
            return this;
        }

        /** Sets {@link ModelInfo#fingerprint}. */
        public Builder fingerprint(String value) {
            fingerprint = value;
            return this;
        }

        /** Sets {@link ModelInfo#roles}. */
        public Builder roles(Set<ModelRole> value) {
            roles = value;
            return this;
        }

        /** Sets {@link ModelInfo#embeddings}. */
        public Builder embeddings(EmbeddingInfo value) {
            embeddings = value;
            return this;
        }

        /** Sets {@link ModelInfo#adapters}. */
        public Builder adapters(List<String> value) {
            adapters = value;
            return this;
        }

        /** Sets {@link ModelInfo#targetGap}. */
        public Builder targetGap(Duration value) {
            targetGap = value;
            return this;
        }

        /** Sets {@link ModelInfo#longestTokenBytes}. */
        public Builder longestTokenBytes(int value) {
            longestTokenBytes = value;
            return this;
        }

        /**
         * Makes the record.
         *
         * @throws IllegalArgumentException if a value is out of its range
         */
        public ModelInfo build() {
            return new ModelInfo(
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
                    adapters,
                    longestTokenBytes,
                    targetGap);
        }
    }
}
