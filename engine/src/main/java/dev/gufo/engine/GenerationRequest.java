package dev.gufo.engine;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What to generate. Checked here once; engines rely on it.
 *
 * @param prompt at least one token id; that ids are in the vocabulary is checked by the engine
 * @param maxTokens most tokens to sample, at least 1; the end of the context may come first
 * @param ignoreEnd goes on after end-of-generation tokens, until {@code maxTokens}: for measuring
 * @param sampling how the next token is chosen
 * @param cacheScope requests with equal scopes may share computed prefixes; {@code ""} is the scope of everyone without
 *     one
 * @param owner whom it belongs to, for taking turns
 * @param topLogprobs how many candidates to report with each token, 0 to {@value #MAX_TOP_LOGPROBS}; -1 for no logprobs
 *     at all
 * @param promptLogprobs reports the prompt's tokens with as many candidates; nothing of the prompt is then taken from
 *     the cache
 * @param constraint what the answer must look like
 * @param adapters LoRA adapters that take part, at most {@value AdapterScale#MAX_ADAPTERS} with different ids; kept in
 *     the order of their ids and without those of scale 0. That they are loaded is checked by the engine
 * @param deterministic whether the logits must be the same to the last bit whenever the same model computes this prompt
 *     with the same settings, whatever is cached and whoever else is there; it is then computed alone
 * @param speculate whether tokens may be guessed ahead of the model; the answer is the same but for rounding
 * @param forced tokens that the answer has, however likely they are, and behind them the likeliest that ends an answer;
 *     empty for a free answer. With logprobs they tell the probability of a given text
 * @param resumed if a worker was lost with it: it has its place in the queue already, and fewer tokens than
 *     {@code maxTokens}
 * @param admitted whether it takes the place of another choice of the same request, which has ended: there is one, then
 */
public record GenerationRequest(
        int[] prompt,
        int maxTokens,
        boolean ignoreEnd,
        Sampling sampling,
        String cacheScope,
        Owner owner,
        int topLogprobs,
        boolean promptLogprobs,
        Optional<Constraint> constraint,
        List<AdapterScale> adapters,
        boolean deterministic,
        boolean speculate,
        int[] forced,
        Optional<Resumed> resumed,
        boolean admitted) {
    /** Most candidates that are reported with a token. */
    public static final int MAX_TOP_LOGPROBS = 20;

    private static final int[] NO_TOKENS = {};

    public GenerationRequest {
        Objects.requireNonNull(sampling);
        Objects.requireNonNull(cacheScope);
        Objects.requireNonNull(owner);
        Objects.requireNonNull(constraint);
        adapters = AdapterScale.set(adapters);
        if (topLogprobs < -1 || topLogprobs > MAX_TOP_LOGPROBS) {
            throw new IllegalArgumentException(
                    "topLogprobs must be -1 to %d, is %d".formatted(MAX_TOP_LOGPROBS, topLogprobs));
        }
        if (promptLogprobs && topLogprobs < 0) {
            throw new IllegalArgumentException("promptLogprobs needs topLogprobs of at least 0");
        }
        if (prompt.length == 0) {
            throw new IllegalArgumentException("prompt must hold at least one token");
        }
        if (maxTokens < 1) {
            throw new IllegalArgumentException("maxTokens must be at least 1, is " + maxTokens);
        }
        if (forced.length > 0 && (forced.length >= maxTokens || ignoreEnd || constraint.isPresent())) {
            throw new IllegalArgumentException(
                    "forced tokens need maxTokens for one more, an end and no constraint, have " + maxTokens);
        }
        int had = resumed.map(from -> from.tokens().length).orElse(0);
        if (had >= maxTokens) {
            throw new IllegalArgumentException("%d of %d tokens are there already".formatted(had, maxTokens));
        }
    }

    /** Tokens of the answer that are there already; not to be changed. */
    public int[] generated() {
        return resumed.map(Resumed::tokens).orElse(NO_TOKENS);
    }

    /** The same for another owner. */
    public GenerationRequest ownedBy(Owner newOwner) {
        return with().owner(newOwner).build();
    }

    /** The same with these adapters. */
    public GenerationRequest with(List<AdapterScale> newAdapters) {
        return with().adapters(newAdapters).build();
    }

    /** The same, computed so that it can be repeated to the last bit. */
    public GenerationRequest deterministically() {
        return with().deterministic(true).build();
    }

    /** A request with these, and the rest as {@link Builder} has it. */
    public static Builder of(int[] prompt, int maxTokens) {
        return new Builder(prompt, maxTokens);
    }

    /** A copy to be changed. */
    public Builder with() {
        Builder copy = new Builder(prompt, maxTokens);
        copy.ignoreEnd = ignoreEnd;
        copy.sampling = sampling;
        copy.cacheScope = cacheScope;
        copy.owner = owner;
        copy.topLogprobs = topLogprobs;
        copy.promptLogprobs = promptLogprobs;
        copy.constraint = constraint;
        copy.adapters = adapters;
        copy.deterministic = deterministic;
        copy.speculate = speculate;
        copy.forced = forced;
        copy.resumed = resumed;
        copy.admitted = admitted;
        return copy;
    }

    /** Names what it sets, and is checked as a whole when it is built. Used by one thread. */
    public static final class Builder {
        private final int[] prompt;
        private final int maxTokens;
        private boolean ignoreEnd;
        private Sampling sampling = Sampling.LLAMA_CPP_DEFAULTS;
        private String cacheScope = "";
        private Owner owner = Owner.ANYONE;
        private int topLogprobs = -1;
        private boolean promptLogprobs;
        private Optional<Constraint> constraint = Optional.empty();
        private List<AdapterScale> adapters = List.of();
        private boolean deterministic;
        private boolean speculate = true;
        private int[] forced = NO_TOKENS;
        private Optional<Resumed> resumed = Optional.empty();
        private boolean admitted;

        private Builder(int[] prompt, int maxTokens) {
            this.prompt = prompt;
            this.maxTokens = maxTokens;
        }

        /** Sets {@link GenerationRequest#ignoreEnd}. */
        public Builder ignoreEnd(boolean value) {
            ignoreEnd = value;
            return this;
        }

        /** Sets {@link GenerationRequest#sampling}. */
        public Builder sampling(Sampling value) {
            sampling = value;
            return this;
        }

        /** Sets {@link GenerationRequest#cacheScope}. */
        public Builder cacheScope(String value) {
            cacheScope = value;
            return this;
        }

        /** Sets {@link GenerationRequest#owner}. */
        public Builder owner(Owner value) {
            owner = value;
            return this;
        }

        /** Sets {@link GenerationRequest#topLogprobs}. */
        public Builder topLogprobs(int value) {
            topLogprobs = value;
            return this;
        }

        /** Sets {@link GenerationRequest#promptLogprobs}. */
        public Builder promptLogprobs(boolean value) {
            promptLogprobs = value;
            return this;
        }

        /** Sets {@link GenerationRequest#constraint}. */
        public Builder constraint(Optional<Constraint> value) {
            constraint = value;
            return this;
        }

        /** Sets {@link GenerationRequest#adapters}. */
        public Builder adapters(List<AdapterScale> value) {
            adapters = value;
            return this;
        }

        /** Sets {@link GenerationRequest#deterministic}. */
        public Builder deterministic(boolean value) {
            deterministic = value;
            return this;
        }

        /** Sets {@link GenerationRequest#speculate}. */
        public Builder speculate(boolean value) {
            speculate = value;
            return this;
        }

        /** Sets {@link GenerationRequest#forced}. */
        public Builder forced(int[] value) {
            forced = value;
            return this;
        }

        /** Sets {@link GenerationRequest#resumed}. */
        public Builder resumed(Resumed value) {
            resumed = Optional.of(value);
            return this;
        }

        /** Sets {@link GenerationRequest#admitted}. */
        public Builder admitted(boolean value) {
            admitted = value;
            return this;
        }

        /**
         * Makes the record.
         *
         * @throws IllegalArgumentException if a value is out of its range
         */
        public GenerationRequest build() {
            return new GenerationRequest(
                    prompt,
                    maxTokens,
                    ignoreEnd,
                    sampling,
                    cacheScope,
                    owner,
                    topLogprobs,
                    promptLogprobs,
                    constraint,
                    adapters,
                    deterministic,
                    speculate,
                    forced,
                    resumed,
                    admitted);
        }
    }
}
