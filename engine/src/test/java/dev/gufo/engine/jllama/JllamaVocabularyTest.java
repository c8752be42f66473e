package dev.gufo.engine.jllama;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class JllamaVocabularyTest {
    private static final int UNKNOWN = 2; // llama_token_type, llama.h of b4916
    private static final int BYTE = 6;

    @Test
    void aCharacterWithoutATokenIsAsManyTokensAsBytes() {
        int[] types = new int[257];
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 256; i++) {
            types[i] = BYTE;
            texts.add("<0x%02X>".formatted(i));
        }
        types[256] = 1;
        texts.add("owl");
        var vocabulary = new JllamaVocabulary(file(texts, types), text -> new int[] {-1}, token -> {
            return token < 256 ? new byte[] {(byte) token} : "owl".getBytes(StandardCharsets.UTF_8);
        });
        assertThat(vocabulary.tokensOf("🦉")).containsExactly(0xf0, 0x9f, 0xa6, 0x89);
        assertThat(vocabulary.tokensOf("owl")).containsExactly(256);
        assertThat(vocabulary.tokensOf("a")).containsExactly('a');
        assertThat(vocabulary.tokensOf("\ufffd")).hasSize(1);
        assertThat(vocabulary.tokensOf("\ufffdowl")).hasSize(2).endsWith(256);
        assertThat(vocabulary.tokensOf("\ufffd\ufffdé")).hasSize(4);
        assertThat(vocabulary.tokensOf("")).isEmpty();
    }

    /** As tokenizers do that put a space in front of a text, but not of a token's name. */
    private static int[] spaced(String text) {
        if (text.strip().equals("<unk>")) {
            return new int[] {0};
        }
        return IntStream.concat(IntStream.of(1), text.strip().chars().map(c -> c == 'a' ? 2 : 0))
                .toArray();
    }

    @Test
    void aTextOfWhatIsUnknownIsFoundThoughItsTokensNameIsReadInAnotherWay() {
        List<String> texts = List.of("<unk>", " ", "a");
        var vocabulary = new JllamaVocabulary(
                file(texts, new int[] {UNKNOWN, 1, 1}),
                JllamaVocabularyTest::spaced,
                token -> texts.get(token).getBytes(StandardCharsets.UTF_8));
        for (int[] input : new int[][] {{1, 0}, {1, 2, 0}, {1, 2}, {0}}) {
            assertThat(vocabulary.textOf(input))
                    .hasValueSatisfying(text -> assertThat(spaced(text)).isEqualTo(input));
        }
        assertThat(vocabulary.textOf(new int[] {2})).isEmpty();
    }

    private static VocabularyFile file(List<String> texts, int[] types) {
        return new VocabularyFile(texts, types, new BitSet(), -1, -1, false, false, new int[0]);
    }
}
