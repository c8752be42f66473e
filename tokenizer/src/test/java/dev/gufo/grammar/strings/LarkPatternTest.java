package dev.gufo.grammar.strings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LarkPatternTest {
    private static final String EDITS = """
            // edits of files
            start: "*** Start" LF edit+ "*** Stop" LF?

            edit: add | remove
              | change
            add: "*** Add: " name LF added+
            remove: "*** Remove: " name LF
            change: "*** Change: " name LF line+ [end]
            name: /(.+)/
            added: "+" /(.*)/ LF -> line
            line: ("+" | "-" | " ") /(.*)/ LF
            end: "*** End" LF
            %import common.LF
            """;

    @Test
    void aGrammarWithoutRecursionIsAnExpression() {
        String pattern = LarkPattern.of(EDITS);
        assertThat("*** Start\n*** Add: a.txt\n+one\n+\n*** Remove: b\n*** Stop\n")
                .matches(pattern);
        assertThat("*** Start\n*** Change: a\n-x\n+y\n*** End\n*** Stop").matches(pattern);
        assertThat("*** Start\n*** Stop").doesNotMatch(pattern);
        assertThat("*** Start\n*** Add: a\n-one\n*** Stop").doesNotMatch(pattern);
        assertThat("*** Start\n*** Remove: \n*** Stop").doesNotMatch(pattern);
        PatternNode read = PatternParser.parse("^(?:" + pattern + ")$", false);
        assertThat(read).isNotNull();
    }

    @Test
    void terminalsRangesRepetitionsAndEscapes() {
        String pattern = LarkPattern.of("""
                ?start: word ("," word)~1..2 "."i* NUM ESC
                word: "a".."f" | "xY"i
                NUM.2: /[0-9]+\\/[0-9]/
                ESC: "\\\\n\\n(" | INT
                %import common (INT, WS)
                """);
        assertThat("a,xy,f..1/27").matches(pattern);
        assertThat("Xy,b3/4\\n\n(").matches(pattern);
        assertThat("a1/27").doesNotMatch(pattern);
        assertThat("a,b,c,d1/27").doesNotMatch(pattern);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "start: \"(\" start \")\" | \"x\"",
                "start: a\na: b\nb: a | \"x\"",
                "start: missing",
                "other: \"x\"",
                "start: \"x\"\n%ignore \" \"",
                "start: /x/i",
                "start: (\"x\"",
                "start: \"x\" ~",
                "start: \"x\" ->",
                "start: \"x\" .. ",
                "start \"x\"",
                "start: %",
                "start: sep{\"x\"}",
                "%import common.",
                ""
            })
    void whatIsNotRegularIsRefused(String grammar) {
        assertThatThrownBy(() -> LarkPattern.of(grammar)).isInstanceOf(PatternException.class);
    }

    @Test
    void aGrammarThatGrowsWithoutEndIsRefused() {
        var grammar = new StringBuilder("start: r0\n");
        for (int i = 0; i < 60; i++) {
            grammar.append("r%d: r%d r%d\n".formatted(i, i + 1, i + 1));
        }
        grammar.append("r60: \"x\"\n");
        assertThatThrownBy(() -> LarkPattern.of(grammar.toString())).isInstanceOf(PatternException.class);
    }
}
