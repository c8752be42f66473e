package dev.gufo.grammar;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Sentences of a grammar, found by trying bytes: any that are accepted at first, then those that lead to an end. */
public final class Sentences {
    /** From what closes most to what opens most. */
    private static final byte[] ENDING = ending();

    private static final int MOST_BYTES = 50_000;

    private final Grammar grammar;
    private final Random random;
    private final List<byte[]> closings;

    public Sentences(Grammar grammar, Random random) {
        this(grammar, random, List.of());
    }

    /**
     * Sentences of a grammar.
     *
     * @param random from the same seed come the same sentences
     * @param closings texts that end a part of a sentence for sure, so that none can follow itself for ever
     */
    public Sentences(Grammar grammar, Random random, List<String> closings) {
        this.grammar = grammar;
        this.random = random;
        this.closings = closings.stream()
                .map(closing -> closing.getBytes(StandardCharsets.UTF_8))
                .toList();
    }

    private static byte[] ending() {
        StringBuilder order = new StringBuilder("\"}],:");
        for (char c = '!'; c < 0x7F; c++) {
            if ("\"}],:{[".indexOf(c) < 0) {
                order.append(c);
            }
        }
        order.append("{[ \n\t");
        for (char c = 0x80; c < 0x100; c++) {
            order.append(c);
        }
        return order.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Whether {@code sentence} is one of the grammar. */
    public static boolean accepts(String gbnf, String sentence) {
        Matcher matcher = Grammar.parse(gbnf).matcher();
        return matcher.advance(sentence.getBytes(StandardCharsets.UTF_8)) && matcher.isComplete();
    }

    /** A sentence that wanders for about {@code length} bytes. Fails if the grammar leads nowhere. */
    public String next(int length) {
        Matcher matcher = grammar.matcher();
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        while (matcher.canGoOn()) {
            boolean ending = text.size() > length;
            if (matcher.isComplete() && (ending || random.nextInt(4) == 0)) {
                break;
            }
            Optional<byte[]> closing = ending ? closing(matcher) : Optional.empty();
            closing.ifPresent(text::writeBytes);
            if (closing.isPresent() && text.size() <= MOST_BYTES) {
                continue;
            }
            int next = ending ? first(matcher) : any(matcher);
            if (next < 0 || text.size() > MOST_BYTES) {
                throw new AssertionError("no way on after " + text.toString(StandardCharsets.UTF_8));
            }
            text.write(next);
        }
        if (!matcher.isComplete()) {
            throw new AssertionError("not a sentence: " + text.toString(StandardCharsets.UTF_8));
        }
        return text.toString(StandardCharsets.UTF_8);
    }

    private Optional<byte[]> closing(Matcher matcher) {
        return closings.stream().filter(matcher::advance).findFirst();
    }

    /**
     * Brackets go before quotes in half of the cases: neither objects nor strings may go on for ever, and each takes
     * what ends the other.
     */
    private int first(Matcher matcher) {
        int quote = 1;
        int from = random.nextInt(2) * quote;
        int tried = List.of(1, 3, ENDING.length).get(random.nextInt(3));
        for (int i = from; i < from + tried; i++) {
            byte next = ENDING[i % ENDING.length];
            if (matcher.advance(new byte[] {next})) {
                return next & 0xFF;
            }
        }
        return any(matcher);
    }

    private int any(Matcher matcher) {
        for (int i = 0; i < 60; i++) {
            int next = random.nextInt(12) == 0 ? random.nextInt(256) : ' ' + random.nextInt(0x5F);
            if (matcher.advance(new byte[] {(byte) next})) {
                return next;
            }
        }
        int from = random.nextInt(256);
        for (int i = 0; i < 256; i++) {
            int next = (from + i) & 0xFF;
            if (matcher.advance(new byte[] {(byte) next})) {
                return next;
            }
        }
        return -1;
    }
}
