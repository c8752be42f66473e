package dev.gufo.engine.batch;

import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.SamplerChain;
import java.util.BitSet;
import java.util.Optional;

/**
 * One choice of a token that may have to be made twice: freely first, and among the allowed tokens if the free choice
 * is not allowed.
 *
 * @param sampler empty to take the most likely token
 * @param output index of the logits
 */
record Choice(LlamaContext context, Optional<SamplerChain> sampler, int output) {
    /** Among all tokens. */
    int free() {
        return sampler.isPresent() ? sampler.get().candidate(context, output) : context.mostLikely(output);
    }

    /** Among these, at least one. */
    int among(BitSet allowed) {
        return sampler.isPresent()
                ? sampler.get().candidate(context, output, allowed)
                : context.mostLikely(output, allowed);
    }

    /** Lets the sampler remember what was chosen. */
    void remember(int token) {
        sampler.ifPresent(chain -> chain.accept(token));
    }
}
