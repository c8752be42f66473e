package dev.gufo.grammar;

import static dev.gufo.grammar.Texts.begins;
import static dev.gufo.grammar.Texts.matches;
import static dev.gufo.grammar.Texts.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The language, one feature at a time. */
@Timeout(60)
class GrammarTest {
    static final String JSON = """
            root   ::= object
            value  ::= object | array | string | number | ("true" | "false" | "null") ws

            object ::=
              "{" ws (
                        string ":" ws value
                ("," ws string ":" ws value)*
              )? "}" ws

            array  ::=
              "[" ws (
                        value
                ("," ws value)*
              )? "]" ws

            string ::=
              "\\"" (
                [^"\\\\\\x7F\\x00-\\x1F] |
                "\\\\" (["\\\\bfnrt] | "u" [0-9a-fA-F]{4}) # escapes
              )* "\\"" ws

            number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws

            # Optional space, by convention after literals
            ws ::= | " " | "\\n" [ \\t]{0,20}
            """;

    @Test
    void aLiteralIsMatchedByteByByte() {
        Grammar grammar = Grammar.parse("root ::= \"abc\"");
        assertThat(begins(grammar, "")).isTrue();
        assertThat(begins(grammar, "ab")).isTrue();
        assertThat(begins(grammar, "ac")).isFalse();
        assertThat(matches(grammar, "ab")).isFalse();
        assertThat(matches(grammar, "abc")).isTrue();
        assertThat(begins(grammar, "abcd")).isFalse();
    }

    @Test
    void escapesStandForCharacters() {
        Grammar grammar = Grammar.parse("root ::= \"\\n\\r\\t\\\\\\\"\\[\\]\\x41\\u00e9\\U0001F600\\-\"");
        assertThat(matches(grammar, "\n\r\t\\\"[]A\u00e9\uD83D\uDE00-")).isTrue();
        assertThat(matches(Grammar.parse("root ::= [\\]\\[\\\\\\-\\x30-\\u0032]+"), "][\\-012"))
                .isTrue();
    }

    @Test
    void classesHoldRangesAndMayBeNegated() {
        Grammar grammar = Grammar.parse("root ::= [a-cx_] [^a-cx\\n] [-z] [z-]");
        assertThat(matches(grammar, "bd-z")).isTrue();
        assertThat(matches(grammar, "_\u20acz-")).isTrue();
        assertThat(begins(grammar, "d")).isFalse();
        assertThat(begins(grammar, "bb")).isFalse();
        assertThat(begins(grammar, "b\n")).isFalse();
        assertThat(begins(grammar, "bd+")).isFalse();
    }

    @Test
    void aDotIsAnyCharacterAndALineBreak() {
        Grammar grammar = Grammar.parse("root ::= . . .");
        assertThat(matches(grammar, "\n\u00e9\uD83D\uDE00")).isTrue();
        assertThat(begins(grammar, "abcd")).isFalse();
    }

    @Test
    void repetitionsCount() {
        assertCounts("a*", 0, Integer.MAX_VALUE);
        assertCounts("a+", 1, Integer.MAX_VALUE);
        assertCounts("a?", 0, 1);
        assertCounts("a{3}", 3, 3);
        assertCounts("a{ 2 , }", 2, Integer.MAX_VALUE);
        assertCounts("a{0,}", 0, Integer.MAX_VALUE);
        assertCounts("a{2,4}", 2, 4);
        assertCounts("a{0,0}", 0, 0);
        assertCounts("a{0}", 0, 0);
        assertCounts("(a{1,2}){2}", 2, 4);
        assertCounts("a{1,2}{2}", 2, 4);
        assertCounts("(\"\" a?)+", 0, Integer.MAX_VALUE);
        assertCounts("(a|b){0,3}", 0, 3);
        assertCounts("(([a]){2,3}){1,2}", 2, 6);
    }

    @Test
    void longRepetitionsCountToo() {
        Grammar grammar = Grammar.parse("root ::= ([^\"\\\\] | \"\\\\\" [nr]){3,2000} \"!\"");
        Matcher matcher = grammar.matcher();
        assertThat(matcher.advance(utf8("\u00e9".repeat(1_999)))).isTrue();
        assertThat(matcher.accepts(utf8("\\n!"))).isTrue();
        assertThat(matcher.advance(utf8("\\nx"))).isFalse();
        assertThat(matcher.advance(utf8("\u00e9!"))).isTrue();
        assertThat(matcher.isComplete()).isTrue();
        assertThat(begins(grammar, "ab!")).isTrue();
        assertThat(matches(grammar, "ab!")).isFalse();
    }

    private static void assertCounts(String expression, int least, int most) {
        Grammar grammar = Grammar.parse("root ::= " + expression + "\na ::= \"a\"\nb ::= \"b\"\n");
        for (int n = 0; n < 10; n++) {
            assertThat(matches(grammar, "a".repeat(n)))
                    .as("%d of %s", n, expression)
                    .isEqualTo(n >= least && n <= most);
            assertThat(begins(grammar, "a".repeat(n)))
                    .as("%d of %s", n, expression)
                    .isEqualTo(n <= most);
        }
    }

    @Test
    void aPostfixRepeatsTheWholeLiteralAndTheWholeGroup() {
        assertThat(matches(Grammar.parse("root ::= \"ab\"*"), "abab")).isTrue();
        assertThat(matches(Grammar.parse("root ::= \"ab\"*"), "abb")).isFalse();
        assertThat(matches(Grammar.parse("root ::= (\"a\" | \"b\" \"c\")+ \"d\""), "abcad"))
                .isTrue();
    }

    @Test
    void alternativesMayBeEmptyAndGoOverLines() {
        Grammar grammar = Grammar.parse(
                "root ::= # first\r\n  | x |\n  y\nx ::=\n \"x\"\r# between\r\n\ny ::= (\n\"y\"\n#inside\n\"z\"\n)");
        assertThat(matches(grammar, "")).isTrue();
        assertThat(matches(grammar, "x")).isTrue();
        assertThat(matches(grammar, "yz")).isTrue();
        assertThat(begins(grammar, "xy")).isFalse();
    }

    @Test
    void ofTwoRulesWithOneNameTheLaterCounts() {
        assertThat(matches(Grammar.parse("root ::= \"a\"\nroot ::= \"b\""), "b"))
                .isTrue();
    }

    @Test
    void recursionGoesEitherWay() {
        Grammar left = Grammar.parse("root ::= root \"+\" t | t\nt ::= \"1\" | \"(\" root \")\"");
        Grammar right = Grammar.parse("root ::= t \"+\" root | t\nt ::= \"1\" | \"(\" root \")\"");
        for (Grammar grammar : new Grammar[] {left, right}) {
            assertThat(matches(grammar, "1+(1+1)+((1))+1")).isTrue();
            assertThat(begins(grammar, "1+(1+1))")).isFalse();
            assertThat(matches(grammar, "1+(1+1")).isFalse();
        }
    }

    @Test
    void jsonIsMatched() {
        Grammar grammar = Grammar.parse(JSON);
        assertThat(matches(grammar, "{\"a\": [1, -2.5e+12, {\"\\u00e9\u20ac\": null}], \"b\":\n  \"x\\\"\" }"))
                .isTrue();
        assertThat(begins(grammar, "{\"a\": [1, }")).isFalse();
        assertThat(begins(grammar, "{\"a\": tru e")).isFalse();
        assertThat(begins(grammar, "{} {")).isFalse();
        assertThat(begins(grammar, "[")).isFalse();
    }

    @Test
    void textsThatRepeatThemselvesReachTheSameState() {
        Grammar list = Grammar.parse("root ::= item root | item\nitem ::= \"- \" [^\\n]+ \"\\n\"");
        Matcher matcher = list.matcher();
        BitSet mask = new BitSet();
        TokenTrie trie = TokenTrie.of(2, id -> utf8(id == 0 ? "- " : "x"));
        for (int i = 0; i < 100_000; i++) {
            assertThat(matcher.advance(utf8("- a\n"))).isTrue();
        }
        matcher.allowed(trie, mask);
        assertThat(mask).isEqualTo(BitSet.valueOf(new long[] {1}));
        assertThat(matcher.isComplete()).isTrue();
    }

    @Test
    void aRefusedPieceLeavesTheTextAsItWas() {
        Matcher matcher = Grammar.parse("root ::= \"abc\"").matcher();
        assertThat(matcher.advance(utf8("ax"))).isFalse();
        assertThat(matcher.accepts(utf8("abc"))).isTrue();
        assertThat(matcher.advance(utf8("ab"))).isTrue();
        Matcher copy = matcher.copy();
        assertThat(matcher.advance(utf8("c"))).isTrue();
        assertThat(matcher.canGoOn()).isFalse();
        assertThat(copy.isComplete()).isFalse();
        assertThat(copy.canGoOn()).isTrue();
    }

    @Test
    void anEmptyPieceIsNoProgress() {
        Matcher matcher = Grammar.parse("root ::= \"a\"*").matcher();
        assertThat(matcher.accepts(new byte[0])).isFalse();
        assertThat(matcher.advance(new byte[0])).isFalse();
        assertThat(matcher.isComplete()).isTrue();
        assertThat(matcher.canGoOn()).isTrue();
    }

    @Test
    void theEmptyTextMayBeTheOnlySentence() {
        Matcher matcher = Grammar.parse("root ::= \"\"").matcher();
        assertThat(matcher.isComplete()).isTrue();
        assertThat(matcher.canGoOn()).isFalse();
        assertThat(matcher.accepts(utf8("a"))).isFalse();
    }

    @Test
    void aBranchThatCanNeverEndIsNoBeginning() {
        Grammar grammar = Grammar.parse("root ::= \"a\" loop | \"b\"\nloop ::= \"x\" loop");
        assertThat(begins(grammar, "a")).isFalse();
        assertThat(matches(grammar, "b")).isTrue();
    }

    @Test
    void whatIsNoGrammarIsRefusedWithItsLine() {
        assertRefused("", "no rule 'root'");
        assertRefused("x ::= \"a\"", "no rule 'root'");
        assertRefused("root ::= \"a\"\nx ::= y", "line 2", "'y' is not defined");
        assertRefused("root := \"a\"", "line 1", "'::='");
        assertRefused("\n\nroot ::= \"a", "line 3", "has no end");
        assertRefused("root ::= [a", "has no end");
        assertRefused("root ::= [a\\", "has no end");
        assertRefused("root ::= []", "empty");
        assertRefused("root ::= [b-a]", "backwards");
        assertRefused("root ::= ( \"a\"", "expected ')'");
        assertRefused("root ::= \"a\" )", "expected a line break");
        assertRefused("root ::= *", "nothing before it");
        assertRefused("root ::= \"a\"{", "expected a number");
        assertRefused("root ::= \"a\"{1", "expected '}'");
        assertRefused("root ::= \"a\"{2,1}", "backwards");
        assertRefused("root ::= \"a\"{99999999999}", "digits");
        assertRefused("root ::= \"\\q\"", "unknown escape");
        assertRefused("root ::= \"\\x4\"", "hexadecimal");
        assertRefused("root ::= \"\\U00110000\"", "beyond");
        assertRefused("root ::= \"\\uD800\"", "surrogate");
        assertRefused("root ::= \"\uD800\"", "surrogate");
        assertRefused("root ::= <[12]>", "not supported");
        assertRefused("root ::= !<think>", "not supported");
        assertRefused("under_score ::= \"a\"", "'::='");
    }

    @Test
    void aGrammarWithoutSentencesIsRefused() {
        assertRefused("root ::= root", "no text at all");
        assertRefused("root ::= \"a\" x\nx ::= \"b\" x", "no text at all");
        assertRefused("root ::= [^\\x00-\\U0010FFFF]", "no text at all");
        assertRefused("root ::= [\\uD800-\\uDFFF]", "no text at all");
    }

    private static void assertRefused(String gbnf, String... words) {
        assertThatThrownBy(() -> Grammar.parse(gbnf))
                .as(gbnf)
                .isInstanceOf(GrammarException.class)
                .hasMessageContainingAll(words);
    }
}
