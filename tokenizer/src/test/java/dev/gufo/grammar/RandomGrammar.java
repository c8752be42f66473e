package dev.gufo.grammar;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A small grammar over {@code a} and {@code b} together with the sentences of up to {@link #LONGEST} letters and the
 * beginnings of sentences of that length, computed the slow and obvious way: as least fixed points of sets. A text is a
 * number: a 1, then a bit per letter.
 */
final class RandomGrammar {
    static final int LONGEST = 6;
    static final int TEXTS = 2 << LONGEST;

    private sealed interface Part {
        record Word(String letters) implements Part {}

        record Rule(int number) implements Part {}

        record Both(Part first, Part second) implements Part {}

        record Either(Part one, Part other) implements Part {}

        record Times(Part part, int least, int most) implements Part {}
    }

    private static final int EMPTY = 1;
    private final RandomGenerator random;
    private final List<Part> rules = new ArrayList<>();
    private BitSet[] sentences;
    private BitSet[] beginnings;

    RandomGrammar(RandomGenerator random) {
        this.random = random;
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            rules.add(part(count, 3));
        }
        solve();
    }

    private Part part(int count, int depth) {
        return switch (random.nextInt(depth == 0 ? 3 : 8)) {
            case 0 -> new Part.Word(List.of("a", "b", "ab", "aa").get(random.nextInt(4)));
            case 1 -> new Part.Word(random.nextInt(3) == 0 ? "" : "b");
            case 2 -> new Part.Rule(random.nextInt(count));
            case 3, 4 -> new Part.Both(part(count, depth - 1), part(count, depth - 1));
            case 5, 6 -> new Part.Either(part(count, depth - 1), part(count, depth - 1));
            default -> {
                int least = random.nextInt(3);
                int most = random.nextBoolean() ? Expression.UNBOUNDED : least + random.nextInt(4);
                yield new Part.Times(part(count, depth - 1), least, most);
            }
        };
    }

    boolean isSentence(int text) {
        return sentences[0].get(text);
    }

    boolean isBeginning(int text) {
        return beginnings[0].get(text);
    }

    static int length(int text) {
        return 31 - Integer.numberOfLeadingZeros(text);
    }

    static byte[] bytes(int text) {
        byte[] bytes = new byte[length(text)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (((text >> (bytes.length - 1 - i)) & 1) == 0 ? 'a' : 'b');
        }
        return bytes;
    }

    @Override
    public String toString() {
        StringBuilder gbnf = new StringBuilder();
        for (int i = 0; i < rules.size(); i++) {
            gbnf.append(name(i)).append(" ::= ").append(show(rules.get(i))).append('\n');
        }
        return gbnf.toString();
    }

    private static String name(int rule) {
        return rule == 0 ? "root" : "r" + rule;
    }

    private static String show(Part part) {
        return switch (part) {
            case Part.Word(String letters) -> letters.equals("b") ? "[b]" : "\"" + letters + "\"";
            case Part.Rule(int number) -> name(number);
            case Part.Both(Part first, Part second) -> show(first) + " " + show(second);
            case Part.Either(Part one, Part other) -> "(" + show(one) + " | " + show(other) + ")";
            case Part.Times(Part repeated, int least, int most) ->
                "(" + show(repeated) + ")"
                        + (most != Expression.UNBOUNDED
                                ? "{" + least + "," + most + "}"
                                : least == 0 ? "*" : "{" + least + ",}");
        };
    }

    private void solve() {
        boolean[] productive = new boolean[rules.size()];
        for (int i = 0; i < rules.size(); i++) {
            for (int j = 0; j < rules.size(); j++) {
                productive[j] = isProductive(rules.get(j), productive);
            }
        }
        sentences = sets();
        beginnings = sets();
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = 0; i < rules.size(); i++) {
                changed |= join(sentences[i], sentencesOf(rules.get(i)));
                changed |= join(beginnings[i], beginningsOf(rules.get(i), productive));
            }
        }
    }

    private BitSet[] sets() {
        BitSet[] sets = new BitSet[rules.size()];
        for (int i = 0; i < sets.length; i++) {
            sets[i] = new BitSet();
        }
        return sets;
    }

    private static boolean join(BitSet set, BitSet more) {
        int before = set.cardinality();
        set.or(more);
        return set.cardinality() > before;
    }

    private static boolean isProductive(Part part, boolean[] rules) {
        return switch (part) {
            case Part.Word _ -> true;
            case Part.Rule(int number) -> rules[number];
            case Part.Both(Part first, Part second) -> isProductive(first, rules) && isProductive(second, rules);
            case Part.Either(Part one, Part other) -> isProductive(one, rules) || isProductive(other, rules);
            case Part.Times(Part repeated, int least, int _) -> least == 0 || isProductive(repeated, rules);
        };
    }

    private BitSet sentencesOf(Part part) {
        return switch (part) {
            case Part.Word(String letters) -> word(letters);
            case Part.Rule(int number) -> (BitSet) sentences[number].clone();
            case Part.Both(Part first, Part second) -> concatenate(sentencesOf(first), sentencesOf(second));
            case Part.Either(Part one, Part other) -> union(sentencesOf(one), sentencesOf(other));
            case Part.Times(Part repeated, int least, int most) -> {
                BitSet once = sentencesOf(repeated);
                BitSet all = new BitSet();
                BitSet times = word("");
                // More than least + LONGEST copies add nothing: a copy that is not empty has a letter.
                for (long n = 0; n <= Math.min(most, (long) least + LONGEST); n++) {
                    if (n >= least) {
                        all.or(times);
                    }
                    times = concatenate(times, once);
                }
                yield all;
            }
        };
    }

    private BitSet beginningsOf(Part part, boolean[] productive) {
        if (!isProductive(part, productive)) {
            return new BitSet();
        }
        return switch (part) {
            case Part.Word(String letters) -> {
                BitSet all = new BitSet();
                for (int i = 0; i <= letters.length(); i++) {
                    all.or(word(letters.substring(0, i)));
                }
                yield all;
            }
            case Part.Rule(int number) -> (BitSet) beginnings[number].clone();
            case Part.Both(Part first, Part second) ->
                union(
                        beginningsOf(first, productive),
                        concatenate(sentencesOf(first), beginningsOf(second, productive)));
            case Part.Either(Part one, Part other) ->
                union(beginningsOf(one, productive), beginningsOf(other, productive));
            case Part.Times(Part repeated, int least, int most) -> {
                BitSet begun = beginningsOf(repeated, productive);
                BitSet all = word("");
                BitSet times = word("");
                for (long n = 0; n < Math.min(most, (long) least + LONGEST); n++) {
                    all.or(concatenate(times, begun));
                    times = concatenate(times, sentencesOf(repeated));
                }
                yield all;
            }
        };
    }

    private static BitSet word(String letters) {
        int text = EMPTY;
        for (int i = 0; i < letters.length(); i++) {
            text = (text << 1) | (letters.charAt(i) == 'a' ? 0 : 1);
        }
        BitSet set = new BitSet();
        set.set(text);
        return set;
    }

    private static BitSet union(BitSet one, BitSet other) {
        one.or(other);
        return one;
    }

    private static BitSet concatenate(BitSet first, BitSet second) {
        BitSet all = new BitSet();
        for (int x = first.nextSetBit(0); x >= 0; x = first.nextSetBit(x + 1)) {
            for (int y = second.nextSetBit(0);
                    y >= 0 && length(x) + length(y) <= LONGEST;
                    y = second.nextSetBit(y + 1)) {
                all.set((x << length(y)) | (y ^ (1 << length(y))));
            }
        }
        return all;
    }
}
