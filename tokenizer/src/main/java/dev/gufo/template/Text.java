package dev.gufo.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Text that knows, for each of its characters, whether the template's author wrote it (trusted) or a variable brought
 * it in.
 *
 * <p>Immutable. Offsets are UTF-16 units; {@link #length} and {@link #offset} translate from code points, which is how
 * templates count.
 */
final class Text {
    private static final int[] UNIFORM = {};
    static final Text EMPTY = new Text("", true, UNIFORM);

    /** Invariant: {@code cuts} ascends, lies strictly inside the text, and names the offsets where trust flips. */
    private final String chars;

    private final boolean startsTrusted;
    private final int[] cuts;

    /** Computed on first use. A race writes the same number twice. */
    private int codePoints = -1;

    private Text(String chars, boolean startsTrusted, int[] cuts) {
        this.chars = chars;
        this.startsTrusted = startsTrusted;
        this.cuts = cuts;
    }

    static Text of(String chars, boolean trusted) {
        return chars.isEmpty() ? EMPTY : new Text(chars, trusted, UNIFORM);
    }

    static Text trusted(String chars) {
        return of(chars, true);
    }

    static Text untrusted(String chars) {
        return of(chars, false);
    }

    String chars() {
        return chars;
    }

    boolean isEmpty() {
        return chars.isEmpty();
    }

    /** UTF-16 units. */
    int units() {
        return chars.length();
    }

    /** Code points. */
    int length() {
        if (codePoints < 0) {
            codePoints = chars.codePointCount(0, chars.length());
        }
        return codePoints;
    }

    /** The offset of a code point: {@code index} is in [0, {@link #length}]. */
    int offset(int index) {
        return length() == chars.length() ? index : chars.offsetByCodePoints(0, index);
    }

    boolean allTrusted() {
        return cuts.length == 0 && startsTrusted;
    }

    boolean trustedAt(int offset) {
        return trustAfter(cutsUpTo(offset));
    }

    private boolean trustAfter(int passedCuts) {
        return startsTrusted == (passedCuts % 2 == 0);
    }

    private int cutsUpTo(int offset) {
        int found = Arrays.binarySearch(cuts, offset);
        return found >= 0 ? found + 1 : -found - 1;
    }

    /** Units [from, to), with their trust. */
    Text slice(int from, int to) {
        if (from >= to) {
            return EMPTY;
        }
        if (from == 0 && to == chars.length()) {
            return this;
        }
        String part = chars.substring(from, to);
        if (cuts.length == 0) {
            return new Text(part, startsTrusted, UNIFORM);
        }
        int first = cutsUpTo(from);
        int last = cutsUpTo(to - 1);
        int[] inner = first == last ? UNIFORM : Arrays.copyOfRange(cuts, first, last);
        for (int i = 0; i < inner.length; i++) {
            inner[i] -= from;
        }
        return new Text(part, trustAfter(first), inner);
    }

    /** Changes each run of equal trust on its own, so that no mapping can move a character into another's trust. */
    Text map(UnaryOperator<String> mapping) {
        if (cuts.length == 0) {
            return of(mapping.apply(chars), startsTrusted);
        }
        Builder mapped = new Builder();
        segments().forEach(segment -> mapped.append(mapping.apply(segment.text()), segment.trusted()));
        return mapped.build();
    }

    /** This text's runs of equal trust, in order; none for the empty text. */
    List<Segment> segments() {
        if (chars.isEmpty()) {
            return List.of();
        }
        List<Segment> segments = new ArrayList<>(cuts.length + 1);
        int from = 0;
        for (int i = 0; i < cuts.length; i++) {
            segments.add(new Segment(chars.substring(from, cuts[i]), trustAfter(i)));
            from = cuts[i];
        }
        segments.add(new Segment(chars.substring(from), trustAfter(cuts.length)));
        return List.copyOf(segments);
    }

    @Override
    public String toString() {
        return segments().toString();
    }

    /** Grows a text piece by piece. */
    static final class Builder {
        private final StringBuilder chars = new StringBuilder();
        private boolean startsTrusted = true;
        private boolean endsTrusted = true;
        private int[] cuts = UNIFORM;
        private int cutCount;

        /** Units so far. */
        int units() {
            return chars.length();
        }

        void append(String piece, boolean trusted) {
            if (!piece.isEmpty()) {
                turn(trusted);
                chars.append(piece);
            }
        }

        void appendCodePoint(int codePoint, boolean trusted) {
            turn(trusted);
            chars.appendCodePoint(codePoint);
        }

        void append(Text piece) {
            append(piece, 0, piece.units());
        }

        /** Appends units [from, to) of a piece. */
        void append(Text piece, int from, int to) {
            if (from >= to) {
                return;
            }
            int cut = piece.cutsUpTo(from);
            int start = from;
            while (cut < piece.cuts.length && piece.cuts[cut] < to) {
                turn(piece.trustAfter(cut));
                chars.append(piece.chars, start, piece.cuts[cut]);
                start = piece.cuts[cut++];
            }
            turn(piece.trustAfter(cut));
            chars.append(piece.chars, start, to);
        }

        private void turn(boolean trusted) {
            if (chars.isEmpty()) {
                startsTrusted = trusted;
            } else if (trusted != endsTrusted) {
                if (cutCount == cuts.length) {
                    cuts = Arrays.copyOf(cuts, Math.max(8, cutCount * 2));
                }
                cuts[cutCount++] = chars.length();
            }
            endsTrusted = trusted;
        }

        Text build() {
            if (chars.isEmpty()) {
                return EMPTY;
            }
            return new Text(chars.toString(), startsTrusted, cutCount == 0 ? UNIFORM : Arrays.copyOf(cuts, cutCount));
        }
    }
}
