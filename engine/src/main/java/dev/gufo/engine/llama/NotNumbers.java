package dev.gufo.engine.llama;

/** A batch was computed, but what came out for one of its tokens are no numbers: they went beyond what the types in between can hold. */
public final class NotNumbers extends DecodeFailed {
    private static final long serialVersionUID = 1L;

    NotNumbers() {
        super("the model computed logits that are not numbers");
    }
}
