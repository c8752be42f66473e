package dev.gufo.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.Framing;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextCutsTest {
    private static final List<String> WORDS = List.of(
            "owl", "hunts", "Größe", "文", "don't", "3,141", "{\"a\":", "x=1;", "\n", "\t\t", "  ", "🦉", "!", "it's",
            "русский", "'ll");

    private static LlamaModel model;

    @BeforeAll
    static void load() {
        var library = LlamaLibrary.load(Path.of(System.getProperty("gufo.natives")));
        model = LlamaModel.load(
                library, Path.of(System.getProperty("gufo.models")).resolve("demo-chat.gguf"), 0, percent -> {});
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static String text(Random random, int words) {
        var text = new StringBuilder();
        for (int i = 0; i < words; i++) {
            text.append(WORDS.get(random.nextInt(WORDS.size()))).append(random.nextInt(4) == 0 ? "" : " ");
        }
        return text.toString();
    }

    @Test
    void aTextInPiecesHasTheTokensOfTheWhole() {
        var random = new Random(7);
        for (int i = 0; i < 20; i++) {
            String text = text(random, 20_000);
            assertThat(text.length()).isGreaterThan(2 * TextCuts.PIECE);
            assertThat(model.vocabulary().tokenize(rendering(text), Framing.NONE, Integer.MAX_VALUE))
                    .isEqualTo(model.vocabulary().tokenizePlain(text));
        }
    }

    @Test
    void tokenizingStopsSoonAfterTheMostThatIsWanted() {
        String text = text(new Random(8), 200_000);
        int[] all = model.vocabulary().tokenizePlain(text);
        int[] some = model.vocabulary().tokenize(rendering(text), Framing.NONE, 1_000);
        assertThat(some.length).isBetween(1_001, 1_001 + 2 * TextCuts.PIECE).isLessThan(all.length);
        assertThat(all).startsWith(some);
    }

    @Test
    void noTokenStandsForMoreBytesThanTheLongest() {
        assertThat(model.vocabulary().longestTokenBytes()).isPositive();
        for (int token = 0; token < model.vocabulary().size(); token++) {
            assertThat(model.vocabulary().piece(token).length)
                    .isLessThanOrEqualTo(model.vocabulary().longestTokenBytes());
        }
    }

    @Test
    void piecesMakeTheTextAgain() {
        var random = new Random(9);
        for (int i = 0; i < 200; i++) {
            String text = text(random, random.nextInt(60));
            assertThat(String.join("", TextCuts.pieces(text, 1 + random.nextInt(9), false)))
                    .isEqualTo(text);
            assertThat(String.join(" ", TextCuts.pieces(text, 1 + random.nextInt(9), true)))
                    .isEqualTo(text);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "Ġowl,false",
        "ĠĠĠ,false",
        "aĠb,true",
        "▁the,false",
        "the▁of,true",
        ");Ċ,false",
        "'ab c',true",
        "'. ',false"
    })
    void aTokenWithASpaceBehindALetterForbidsToCut(String token, boolean forbids) {
        assertThat(TextCuts.forbids(token)).isEqualTo(forbids);
    }

    private static Rendering rendering(String text) {
        return new Rendering(List.of(new Segment(text, false)));
    }
}
