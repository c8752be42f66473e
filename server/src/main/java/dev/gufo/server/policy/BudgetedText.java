package dev.gufo.server.policy;

import java.time.Duration;

/**
 * A text that can be read only for so long: who reads it on fails. What matches in linear time may still take long on a
 * long text. Belongs to one thread.
 */
final class BudgetedText implements CharSequence {
    /** For any text, however short. */
    private static final Duration LEAST = Duration.ofSeconds(1);

    private static final long NANOS_FOR_EACH_CHARACTER = 2_000;
    private static final int LOOK_AGAIN = 4_096;

    private final String text;
    private final long end;
    private int reads;

    /** Thrown where time is over. */
    static final class Spent extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private Spent() {
            super("the time for regular expressions is over", null, false, false);
        }
    }

    /** @param end in {@link System#nanoTime} */
    BudgetedText(String text, long end) {
        this.text = text;
        this.end = end;
    }

    /** With the time that a text of its length has. */
    static BudgetedText of(String text) {
        return new BudgetedText(text, System.nanoTime() + LEAST.toNanos() + text.length() * NANOS_FOR_EACH_CHARACTER);
    }

    @Override
    public int length() {
        return text.length();
    }

    @Override
    public char charAt(int index) {
        if (++reads % LOOK_AGAIN == 0 && System.nanoTime() - end >= 0) {
            throw new Spent();
        }
        return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int from, int to) {
        return text.substring(from, to);
    }

    @Override
    public String toString() {
        return text;
    }
}
