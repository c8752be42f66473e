package dev.gufo.template;

/** Which tags a template may use beyond Jinja's own. */
public enum Dialect {
    /** {@code break} and {@code continue}: what the reference renderings were made with. */
    REFERENCE,
    /** Also {@code generation}, which marks for training what the assistant says. It renders as its body. */
    GENERATION_BLOCKS
}
