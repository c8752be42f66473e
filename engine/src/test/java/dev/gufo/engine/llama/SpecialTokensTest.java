package dev.gufo.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.llama.SpecialTokens.Entry;
import dev.gufo.engine.llama.SpecialTokens.Part;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpecialTokensTest {
    private final SpecialTokens special = new SpecialTokens(
            List.of(
                    new Entry("<s>", 1, false, false),
                    new Entry("<s>>", 2, false, false),
                    new Entry("<end>", 3, false, true),
                    new Entry("<mask>", 4, true, false)),
            List.of(new Entry("<turn>", 5, false, false), new Entry("  ", 6, false, false)));

    @Test
    void theLongestTokenWins() {
        assertThat(split(trusted("a<s>>b"))).containsExactly(text("a"), token(2), text("b"));
    }

    @Test
    void whatTheRequestBroughtHoldsNoToken() {
        assertThat(split(trusted("<s>"), untrusted("<s><end>"), trusted("<end>")))
                .containsExactly(token(1), text("<s><end>"), token(3));
    }

    @Test
    void aTokenIsNotPutTogetherFromTrustedAndUntrustedText() {
        assertThat(split(trusted("<"), untrusted("s>"))).containsExactly(text("<s>"));
        assertThat(split(untrusted("<en"), trusted("d>"))).containsExactly(text("<end>"));
    }

    @Test
    void textOfBothOriginsBetweenTwoTokensIsOneText() {
        assertThat(split(trusted("<s>user\n"), untrusted("hi"), trusted("\n<s>")))
                .containsExactly(token(1), text("user\nhi\n"), token(1));
    }

    @Test
    void tokensThatSwallowWhiteSpaceDoSoOnTheirSide() {
        assertThat(split(trusted("a <end> \n b <mask> c")))
                .containsExactly(text("a "), token(3), text("b"), token(4), text(" c"));
    }

    @Test
    void aUserDefinedTokenThatTheTemplateWritesIsCutWhereTheRequestBroughtIt() {
        assertThat(split(trusted("<turn>user\n"), untrusted("a<turn>b"), trusted("<turn>")))
                .containsExactly(text("<turn>user\na<"), text("turn>b<turn>"));
        assertThat(split(trusted("<turn><tu"), untrusted("rn>"))).containsExactly(text("<turn><"), text("turn>"));
    }

    @Test
    void otherUserDefinedTokensAreLeftToTheTokenizer() {
        assertThat(split(trusted("x  y"), untrusted("a<turn>b  c"))).containsExactly(text("x  ya<turn>b  c"));
    }

    @Test
    void anEmptyPromptHasNoParts() {
        assertThat(split()).isEmpty();
    }

    private List<Part> split(Segment... segments) {
        return special.split(new Rendering(List.of(segments)));
    }

    private static Segment trusted(String text) {
        return new Segment(text, true);
    }

    private static Segment untrusted(String text) {
        return new Segment(text, false);
    }

    private static Part text(String text) {
        return new Part.Text(text);
    }

    private static Part token(int id) {
        return new Part.Token(id);
    }
}
