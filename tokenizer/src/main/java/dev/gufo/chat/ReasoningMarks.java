package dev.gufo.chat;

/**
 * What a model writes around its reasoning.
 *
 * @param open for instance {@code <think>}
 * @param close for instance {@code </think>}
 */
public record ReasoningMarks(String open, String close) {
    /** Those of most models. */
    public static final ReasoningMarks THINK = new ReasoningMarks("<think>", "</think>");

    public ReasoningMarks {
        if (open.isEmpty() || close.isEmpty()) {
            throw new IllegalArgumentException("reasoning needs a mark on both sides");
        }
    }
}
