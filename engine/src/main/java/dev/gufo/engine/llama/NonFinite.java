package dev.gufo.engine.llama;

/**
 * A batch was computed, but logits of one of its tokens are infinite or NaN: values between went beyond what their
 * types can hold.
 */
public final class NonFinite extends DecodeFailed {
    private static final long serialVersionUID = 1L;

    NonFinite() {
        super("the model computed logits that are not numbers");
    }
}
