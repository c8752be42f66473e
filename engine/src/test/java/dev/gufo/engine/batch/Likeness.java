package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.GenerationEvent;
import java.util.List;

/**
 * Whether greedy answers are the same but for rounding. Computed beside others, in other chunks or on another device,
 * logits differ a little: where two tokens are about as likely, either may be chosen, and from there on the texts are
 * two.
 */
final class Likeness {
    /** The most by which the likelier of two tokens may lead where they are taken for about as likely. */
    private static final float TIE = 0.2f;

    private Likeness() {}

    /** @param expected with logprobs of two tokens or more */
    static void require(Answer answer, Answer expected) {
        for (int i = 0; i < expected.tokens().size(); i++) {
            if (!answer.tokens().get(i).equals(expected.tokens().get(i))) {
                List<GenerationEvent.Candidate> top = expected.logprobs().get(i).top();
                assertThat(top.get(0).logprob() - top.get(1).logprob())
                        .as("lead of the token at " + i)
                        .isLessThan(TIE);
                return;
            }
        }
    }
}
