package dev.gufo.grammar;

import static dev.gufo.grammar.Texts.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever is called a grammar ends in a result or one of the two exceptions, in bounded time and memory. */
@Timeout(300)
class HostileGrammarsTest {
    private static final int TOKENS = 256 + 26 * 26;
    private static final TokenTrie TRIE = TokenTrie.of(TOKENS, HostileGrammarsTest::piece);

    private final Random random = new Random(20_261_121);

    /** All bytes, and all pairs of letters. */
    private static byte[] piece(int token) {
        return token < 256
                ? new byte[] {(byte) token}
                : new byte[] {letter((token - 256) / 26), letter((token - 256) % 26)};
    }

    private static byte letter(int number) {
        return (byte) ('a' + number);
    }

    /** Reads bytes that the grammar allows; false if the grammar was refused or became too costly. */
    private boolean survives(String gbnf, int bytes) {
        try {
            Matcher matcher = Grammar.parse(gbnf).matcher();
            for (int i = 0; i < bytes && matcher.canGoOn(); i++) {
                BitSet allowed = new BitSet();
                matcher.allowed(TRIE, allowed);
                int token = allowed.nextSetBit(random.nextInt(256));
                token = token < 0 ? allowed.nextSetBit(0) : token;
                assertThat(matcher.advance(piece(token))).isTrue();
            }
            return true;
        } catch (GrammarException | GrammarTooCostly e) {
            assertThat(e).hasMessageMatching("(?s).{10,300}");
            return false;
        }
    }

    private boolean reads(String gbnf, String piece, int times) {
        try {
            Matcher matcher = Grammar.parse(gbnf).matcher();
            for (int i = 0; i < times; i++) {
                assertThat(matcher.advance(utf8(piece))).isTrue();
            }
            return true;
        } catch (GrammarTooCostly e) {
            return false;
        }
    }

    @Test
    void ambiguityIsPolynomialAndBounded() {
        assertThat(reads("root ::= root root | \"a\" | \"\"", "a", 100)).isTrue();
        assertThat(reads("root ::= root root root | \"a\" | \"\"", "a", 50)).isTrue();
        assertThat(reads("root ::= s*\ns ::= s s | t | \"\"\nt ::= s* \"a\"?", "a", 50))
                .isTrue();
        assertThat(reads("root ::= root root | \"a\" | \"\"", "a", 1_000_000)).isFalse();
        assertThat(reads("root ::= (\"a\"* \"a\"*)* (\"a\"+ | \"aa\")* \"a\"*", "a", 10_000))
                .isTrue();
        assertThat(reads(
                        "root ::= \"a\"? \"a\"? \"a\"? \"a\"? \"a\"? \"a\"? \"a\"? \"a\"? \"a\"? \"a\"? \"a\"*",
                        "a",
                        10_000))
                .isTrue();
    }

    @Test
    void emptyLoopsEnd() {
        assertThat(reads("root ::= (\"\")* \"a\"*", "a", 100)).isTrue();
        assertThat(reads("root ::= ((\"\")*)+ x* \"a\"*\nx ::= y | \"\"\ny ::= x* | \"\"", "a", 100))
                .isTrue();
        assertThat(reads("root ::= root \"a\"? | \"\"", "a", 1_000)).isTrue();
        assertThat(reads("root ::= \"\"{0,999999999} (\"\"{999999999}){999999999} \"a\"*", "a", 100))
                .isTrue();
    }

    @Test
    void aDeepTextIsReadOrRefused() {
        String nested = "root ::= \"a\" root \"b\" | \"\"";
        assertThat(reads(nested, "a", 20_000)).isTrue();
        assertThat(reads(nested, "a", 3_000_000))
                .as("what a matcher retains is bounded")
                .isFalse();
        assertThat(reads("root ::= \"a\" root ws | \"\"\nws ::= \" \"?", "a", 200))
                .isTrue();
    }

    @Test
    void hugeRepetitionsAreBuiltOrRefused() {
        survives("root ::= ((\"a\"{0,1000}){0,1000}){0,1000}", 50);
        survives("root ::= ((((((((\"ab\"+)+)+)+)+)+)+)+)+".replace("\"ab\"", "\"ab\" [cd]* (\"e\" | \"f\")"), 50);
        assertRefused("root ::= \"a\"{100000000}", "rule 'root'", "too large");
        assertRefused("root ::= x\nx ::= ([a-z] x?){200000}", "rule 'x'", "too large");
        String plus = "(".repeat(90) + "\"a\" \"b\"" + ")+".repeat(90);
        assertThat(survives("root ::= " + plus, 50)).isTrue();
        survives("root ::= " + "(".repeat(60) + "\"a\" | \"b\"" + "){0,2}".repeat(60), 50);
        survives("root ::= " + "(".repeat(60) + "\"a\" | \"b\"" + "){40,}".repeat(60), 50);
    }

    @Test
    void depthIsBounded() {
        assertRefused("root ::= " + "(".repeat(500_000), "nested deeper");
        assertRefused("root ::= " + "(".repeat(200) + "\"a\"" + ")".repeat(200), "nested deeper");
        assertRefused("root ::= \"a\"" + "*".repeat(1_000_000), "in a row");
        assertThat(survives("root ::= " + "(".repeat(100) + "\"a\"" + ")?*+?*+?*".repeat(100), 20))
                .isTrue();
        StringBuilder chain = new StringBuilder("root ::= r0\n");
        for (int i = 0; i < 9_000; i++) {
            chain.append("r%d ::= r%d\n".formatted(i, i + 1));
        }
        assertThat(reads(chain + "r9000 ::= \"a\" root | \"\"", "a", 20)).isTrue();
        assertThat(reads(chain + "r9000 ::= root \"a\" | \"\"", "a", 20)).isTrue();
    }

    @Test
    void manyOfAnythingIsBuiltOrRefused() {
        assertRefused("#".repeat((1 << 20) + 1), "characters");
        StringBuilder rules = new StringBuilder("root ::= \"a\"\n");
        for (int i = 0; i < 11_000; i++) {
            rules.append("r%d ::= \"a\"\n".formatted(i));
        }
        assertRefused(rules.toString(), "more than 10000 rules");
        StringBuilder list = new StringBuilder("root ::= [");
        for (int c = 0x100; c < 0xD000; c += 2) {
            list.append((char) c);
        }
        assertThat(survives(list + "]*", 20)).isTrue();
        survives("root ::= ([" + "\u00e9x-\u20ac\uD83D\uDE00".repeat(100_000) + "])*", 20);
        survives("root ::= \"" + "ab".repeat(500_000) + "\"", 20);
        survives("root ::= \"a\"" + "|\"a\"".repeat(30_000), 20);
        survives("root ::= \"a\"" + " \"a\"?".repeat(49_000), 20);
        survives("root ::= " + "root ".repeat(200_000) + "| \"a\"", 20);
        survives("root ::= " + "root | ".repeat(140_000) + " \"a\"", 20);
    }

    @Test
    void garbageIsRefused() {
        for (int i = 0; i < 10; i++) {
            StringBuilder garbage = new StringBuilder(i < 5 ? "root ::= " : "");
            String letters = List.of(
                            "ab\"[](){}*+?|.\\-^ \n,:=1#", "()|\"a ", "[^a-\\]", "\u0000\u00ff\uD800x", "a |.*+?")
                    .get(i % 5);
            for (int j = 0; j < 1_000_000; j++) {
                garbage.append(letters.charAt(random.nextInt(letters.length())));
            }
            survives(garbage.toString(), 5);
        }
    }

    @Test
    void mutatedGrammarsAreReadOrRefused() {
        List<String> seeds = List.of(
                GrammarTest.JSON,
                "root ::= (expr \"=\" ws term \"\\n\")+\nexpr ::= term ([-+*/] term)*\nterm ::= ident | num | \"(\" ws expr \")\" ws\n"
                        + "ident ::= [a-z] [a-z0-9_]* ws\nnum ::= [0-9]+ ws\nws ::= [ \\t\\n]*",
                "root ::= s+\ns ::= s s | \"a\"{0,30} s | (\"b\" | [^a-c\\u20ac])? | \"\\\"\"",
                "root ::= \"1. \" move \" \" move \"\\n\" ([1-9] [0-9]? \". \" move \" \" move \"\\n\")+\nmove ::= ([a-h] \"x\")? [a-h] [1-8]");
        int read = 0;
        for (int i = 0; i < 2_000; i++) {
            StringBuilder mutant = new StringBuilder(seeds.get(i % seeds.size()));
            for (int j = random.nextInt(3); j >= 0; j--) {
                int at = random.nextInt(mutant.length());
                int end = Math.min(mutant.length(), at + 1 + random.nextInt(6));
                switch (random.nextInt(4)) {
                    case 0 -> mutant.delete(at, end);
                    case 1 -> mutant.insert(random.nextInt(mutant.length()), mutant.substring(at, end));
                    case 2 -> mutant.setCharAt(at, mutant.charAt(random.nextInt(mutant.length())));
                    default ->
                        mutant.insert(
                                at,
                                List.of("*", "{1,99}", "(", ")", "|", "\"\"", " root ", "[^", "\\")
                                        .get(random.nextInt(9)));
                }
                if (mutant.isEmpty()) {
                    mutant.append("root");
                }
            }
            read += survives(mutant.toString(), 40) ? 1 : 0;
        }
        assertThat(read).as("mutants that are grammars").isGreaterThan(150);
    }

    @Test
    void aMatcherThatBecameTooCostlyStaysSo() {
        Matcher matcher = Grammar.parse("root ::= root root | \"a\" | \"\"").matcher();
        byte[] piece = utf8("a".repeat(10_000));
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> matcher.advance(piece)).isInstanceOf(GrammarTooCostly.class);
        }
        assertThatThrownBy(matcher::isComplete).isInstanceOf(GrammarTooCostly.class);
    }

    private static void assertRefused(String gbnf, String... words) {
        assertThatThrownBy(() -> Grammar.parse(gbnf))
                .isInstanceOf(GrammarException.class)
                .hasMessageContainingAll(words);
    }
}
