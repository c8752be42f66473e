package dev.gufo.grammar.strings;

import dev.gufo.grammar.CodePoints;
import org.jspecify.annotations.Nullable;

/**
 * What classes such as {@code \s} stand for. Implementations of JSON Schema differ here (ECMAScript, Java and Python
 * read {@code \s}, {@code .} and {@code \w} each their own way), so each class has a narrow reading that all of them
 * share and a wide one with everything that any of them admits (of ECMAScript and Java). What is written follows the
 * narrow one.
 */
public final class CharacterClasses {
    private static final CodePoints DIGITS = ranges('0', '9');
    private static final CodePoints WORD = ranges('0', '9', 'A', 'Z', '_', '_', 'a', 'z');
    private static final CodePoints SPACE = ranges('\t', '\r', ' ', ' ');
    private static final CodePoints WIDE_SPACE = ranges(
            '\t', '\r', ' ', ' ', 0x85, 0x85, 0xA0, 0xA0, 0x1680, 0x1680, 0x180E, 0x180E, 0x2000, 0x200A, 0x2028,
            0x2029, 0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000, 0xFEFF, 0xFEFF);
    private static final CodePoints LINE_ENDS = ranges('\n', '\n', '\r', '\r');
    private static final CodePoints WIDE_LINE_ENDS = ranges('\n', '\n', '\r', '\r', 0x85, 0x85, 0x2028, 0x2029);

    private CharacterClasses() {}

    public static CodePoints ranges(int... ends) {
        return CodePoints.of(ends, ends.length);
    }

    /** The class of {@code \d}, {@code \w}, {@code \s} and their opposites; null if {@code letter} names none. */
    static @Nullable CodePoints escape(int letter, boolean wide) {
        return switch (letter) {
            case 'd' -> DIGITS;
            case 'w' -> WORD;
            case 's' -> wide ? WIDE_SPACE : SPACE;
            case 'D' -> DIGITS.complement();
            case 'W' -> WORD.complement();
            case 'S' -> (wide ? SPACE : WIDE_SPACE).complement();
            default -> null;
        };
    }

    static CodePoints dot(boolean wide) {
        return (wide ? LINE_ENDS : WIDE_LINE_ENDS).complement();
    }

    public static CodePoints union(CodePoints a, CodePoints b) {
        int[] ends = new int[2 * (a.ranges() + b.ranges())];
        int size = 0;
        for (CodePoints set : new CodePoints[] {a, b}) {
            for (int i = 0; i < set.ranges(); i++) {
                ends[size++] = set.first(i);
                ends[size++] = set.last(i);
            }
        }
        return CodePoints.of(ends, size);
    }

    public static CodePoints intersection(CodePoints a, CodePoints b) {
        return union(a.complement(), b.complement()).complement();
    }

    public static boolean contains(CodePoints set, int codePoint) {
        int low = 0;
        int high = set.ranges() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (codePoint < set.first(middle)) {
                high = middle - 1;
            } else if (codePoint > set.last(middle)) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }
}
