package dev.gufo.engine.batch;

import dev.gufo.engine.llama.Chooser;
import dev.gufo.engine.llama.Logits;
import dev.gufo.engine.llama.SamplerChain;
import java.util.BitSet;
import java.util.Optional;

/**
 * One choice of a token that may have to be made twice: freely first, and among the allowed tokens if the free choice
 * is not allowed.
 *
 * @param sampler empty to take the most likely token
 */
record TokenChoice(Chooser chooser, Optional<SamplerChain> sampler, Logits logits) {
    /** Among all tokens. */
    int free() {
        return sampler.isPresent() ? chooser.choose(sampler.get(), logits) : chooser.mostLikely(logits);
    }

    /** Among these, at least one. */
    int among(BitSet allowed) {
        return sampler.isPresent()
                ? chooser.choose(sampler.get(), logits, allowed)
                : chooser.mostLikely(logits, allowed);
    }

    /** Lets the sampler remember what was chosen. */
    void remember(int token) {
        sampler.ifPresent(chain -> chain.accept(token));
    }
}
