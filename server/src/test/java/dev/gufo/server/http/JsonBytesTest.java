package dev.gufo.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonBytesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void anyTextComesBackFromAJsonParserAsItWas() throws IOException {
        var random = new Random(3);
        for (int round = 0; round < 2_000; round++) {
            String text = random.ints(random.nextInt(40), 0, 0x110000)
                    .map(codePoint -> random.nextBoolean() ? codePoint % 0x80 : codePoint)
                    .filter(codePoint -> codePoint < 0xD800 || codePoint > 0xDFFF)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
            byte[] json = new JsonBytes().string(text).toByteArray();
            assertThat(JSON.readValue(json, String.class)).isEqualTo(text);
            assertThat(json).as("one line").doesNotContain('\n', '\r');
        }
    }

    @Test
    void halfASurrogatePairStaysValidJson() throws IOException {
        byte[] json = new JsonBytes().string("a\uD83Eb").toByteArray();
        assertThat(JSON.readValue(json, String.class)).isEqualTo("a?b");
    }

    @Test
    void theBufferGrowsAndIsUsedAgain() throws IOException {
        var json = new JsonBytes();
        var out = new java.io.ByteArrayOutputStream();
        json.string("x".repeat(10_000)).drainTo(out);
        assertThat(out.size()).isEqualTo(10_002);
        assertThat(json.length()).isZero();
        json.number(-12).drainTo(out);
        assertThat(out.toByteArray()).endsWith('-', '1', '2');
    }
}
