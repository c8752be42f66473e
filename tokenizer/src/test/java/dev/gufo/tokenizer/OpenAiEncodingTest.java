package dev.gufo.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OpenAiEncodingTest {
    @Test
    void encodingsAreFoundByTheirNames() {
        assertThat(OpenAiEncoding.named("o200k_base")).hasValue(OpenAiEncoding.O200K_BASE);
        assertThat(OpenAiEncoding.named("cl100k_base")).hasValue(OpenAiEncoding.CL100K_BASE);
        assertThat(OpenAiEncoding.named("demo-chat")).isEmpty();
    }

    @Test
    void knownTextsHaveTheirKnownTokens() {
        // From tiktoken's own examples.
        assertThat(OpenAiEncoding.CL100K_BASE.encode("hello world")).containsExactly(15339, 1917);
        assertThat(OpenAiEncoding.O200K_BASE.encode("hello world")).containsExactly(24912, 2375);
        assertThat(OpenAiEncoding.CL100K_BASE.encode("<|endoftext|>")).hasSizeGreaterThan(1);
    }

    @ParameterizedTest
    @EnumSource
    void piecesMakeTheTextAgain(OpenAiEncoding encoding) {
        String text = "Grüße, 世界! 🦉 <|im_end|>\n\n  42";
        int[] tokens = encoding.encode(text);
        var bytes = new ByteArrayOutputStream();
        for (byte[] piece : encoding.pieces(tokens)) {
            bytes.writeBytes(piece);
        }
        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo(text);
        assertThat(encoding.count(text)).isEqualTo(tokens.length);
        assertThatThrownBy(() -> encoding.pieces(new int[] {900_000})).isInstanceOf(IllegalArgumentException.class);
    }
}
