package dev.gufo.grammar;

import static dev.gufo.grammar.Texts.matches;
import static dev.gufo.grammar.Texts.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Characters are matched by their bytes. */
@Timeout(120)
class Utf8Test {
    private static final int SCALAR_VALUES = 0x110000 - 0x800;

    private final Random random = new Random(20_261_121);

    @Test
    void aDotIsEveryScalarValueAndNoOtherBytes() {
        Matcher matcher = Grammar.parse("root ::= .").matcher();
        for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            if (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE) {
                assertThat(matcher.accepts(utf8(Character.toString(codePoint)))).isTrue();
            }
        }
        assertThat(sentences(matcher)).isEqualTo(SCALAR_VALUES);
    }

    /** How many byte strings a matcher accepts in whole. */
    private static int sentences(Matcher matcher) {
        int count = matcher.isComplete() ? 1 : 0;
        for (int b = 0; b < 256 && matcher.canGoOn(); b++) {
            Matcher next = matcher.copy();
            if (next.advance(new byte[] {(byte) b})) {
                count += sentences(next);
            }
        }
        return count;
    }

    @Test
    void classesHoldExactlyTheirCharacters() {
        for (int i = 0; i < 50; i++) {
            BitSet members = new BitSet();
            StringBuilder ranges = new StringBuilder();
            for (int j = random.nextInt(6); j >= 0; j--) {
                int first = codePoint();
                int last = Math.min(Character.MAX_CODE_POINT, first + random.nextInt(1 << random.nextInt(18)));
                members.set(first, last + 1);
                ranges.append("\\U%08x-\\U%08x".formatted(first, last));
            }
            boolean negated = random.nextBoolean();
            if (negated) {
                members.flip(0, Character.MAX_CODE_POINT + 1);
            }
            members.clear(Character.MIN_SURROGATE, Character.MAX_SURROGATE + 1);
            Grammar grammar = Grammar.parse("root ::= \"\" | [" + (negated ? "^" : "") + ranges + "]");
            assertThat(sentences(grammar.matcher())).isEqualTo(members.cardinality() + 1);
            for (int j = 0; j < 100; j++) {
                int codePoint = codePoint();
                assertThat(matches(grammar, Character.toString(codePoint))).isEqualTo(members.get(codePoint));
            }
        }
    }

    private int codePoint() {
        int codePoint = random.nextInt(1 << (5 + random.nextInt(16)));
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE ? 'x' : codePoint;
    }

    @Test
    void piecesMayBeCutAnywhere() {
        byte[] text = utf8("{\"\u00e9\u20ac\uD83D\uDE00\":[\"\u3042\",1]}");
        Grammar grammar = Grammar.parse(GrammarTest.JSON);
        for (int i = 0; i < 500; i++) {
            Matcher matcher = grammar.matcher();
            int from = 0;
            while (from < text.length) {
                int to = Math.min(text.length, from + 1 + random.nextInt(5));
                assertThat(matcher.isComplete()).isFalse();
                assertThat(matcher.advance(Arrays.copyOfRange(text, from, to))).isTrue();
                from = to;
            }
            assertThat(matcher.isComplete()).isTrue();
        }
    }

    @Test
    void halfACharacterIsNotTheEnd() {
        Matcher matcher = Grammar.parse("root ::= [\u00e0-\u00ff]+").matcher();
        assertThat(matcher.advance(new byte[] {(byte) 0xC3})).isTrue();
        assertThat(matcher.isComplete()).isFalse();
        assertThat(matcher.accepts(new byte[] {'a'})).isFalse();
        assertThat(matcher.accepts(new byte[] {(byte) 0x9F})).isFalse();
        assertThat(matcher.advance(new byte[] {(byte) 0xA0, (byte) 0xC3, (byte) 0xBF}))
                .isTrue();
        assertThat(matcher.isComplete()).isTrue();
    }
}
