package dev.gufo.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TextBreaksTest {
    private static final List<String> PARTS = List.of(
            "a", "Zz", "owl", "'s", "'LL", "\u2019t", "'", "1", "2345", "\u00bd", " ", "  ", "\n", "\r\n", "\t", ".",
            "/", "--", "(", "é", "e\u0301", "\u0301", "文", "русский", "हिन्दी", "🦉", "\u200d", "_", "\ud83e");

    @ParameterizedTest
    @EnumSource
    void piecesHaveTheTokensOfTheWhole(OpenAiEncoding encoding) {
        var random = new Random(11);
        for (int i = 0; i < 3_000; i++) {
            var text = new StringBuilder();
            for (int part = random.nextInt(40); part >= 0; part--) {
                text.append(PARTS.get(random.nextInt(PARTS.size())));
            }
            String whole = text.toString();
            List<String> pieces = TextBreaks.pieces(whole, 1 + random.nextInt(5));
            assertThat(String.join("", pieces)).isEqualTo(whole);
            int[] ids = pieces.stream()
                    .map(encoding::encode)
                    .flatMapToInt(Arrays::stream)
                    .toArray();
            assertThat(ids).as(whole).isEqualTo(encoding.encode(whole));
        }
    }
}
