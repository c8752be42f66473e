package dev.gufo.server.answer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextAssemblerTest {
    private static final String[] ALPHABET = {"a", "b", "\n", "é", "€", "🦉"};

    @Test
    void everySplitOfTheBytesGivesTheSameText() {
        byte[] bytes = "aé€🦉 b\n".getBytes(StandardCharsets.UTF_8);
        for (int first = 0; first <= bytes.length; first++) {
            for (int second = first; second <= bytes.length; second++) {
                String text = assemble(
                        List.of(),
                        List.of(
                                Arrays.copyOfRange(bytes, 0, first),
                                Arrays.copyOfRange(bytes, first, second),
                                Arrays.copyOfRange(bytes, second, bytes.length)));
                assertThat(text).isEqualTo("aé€🦉 b\n");
            }
        }
    }

    @Test
    void anyBytesInAnyPiecesBecomeTheTextThatTheyAreAsAWhole() {
        var random = new Random(7);
        // Bytes around the borders of UTF-8's table, so that broken sequences of every kind come up.
        byte[] borders = bytes(
                0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE2, 0xEF, 0xF0,
                0xF1, 0xF4, 0xF5, 0xFF);
        for (int round = 0; round < 20_000; round++) {
            byte[] all = new byte[random.nextInt(12)];
            for (int i = 0; i < all.length; i++) {
                all[i] = borders[random.nextInt(borders.length)];
            }
            assertThat(assemble(List.of(), pieces(all, random)))
                    .as(Arrays.toString(all))
                    // Java's decoder differs for surrogates only, whose first byte is not among these.
                    .isEqualTo(new String(all, StandardCharsets.UTF_8));
        }
    }

    @Test
    void aSurrogateIsThreeWrongBytes() {
        assertThat(assemble(List.of(), List.of(bytes(0xED, 0xA0, 0x80)))).isEqualTo("\uFFFD\uFFFD\uFFFD");
    }

    @Test
    void noStopTextIsEverLeakedHoweverThePiecesAreCut() {
        var random = new Random(11);
        for (int round = 0; round < 20_000; round++) {
            String text = word(random, 16);
            List<String> stops = new ArrayList<>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                stops.add(word(random, 3) + ALPHABET[random.nextInt(ALPHABET.length)]);
            }
            String expected = beforeFirstStop(text, stops);
            assertThat(assemble(stops, pieces(text.getBytes(StandardCharsets.UTF_8), random)))
                    .as("%s without %s", text, stops)
                    .isEqualTo(expected);
        }
    }

    @Test
    void onlyWhatMayBecomeAStopTextIsHeldBack() {
        var assembler = new TextAssembler(List.of("###", "#!"));
        assembler.accept("ab##".getBytes(StandardCharsets.UTF_8));
        assertThat(assembler.take()).isEqualTo("ab");
        assembler.accept("c".getBytes(StandardCharsets.UTF_8));
        assertThat(assembler.take()).isEqualTo("##c");
        assembler.accept("#".getBytes(StandardCharsets.UTF_8));
        assertThat(assembler.take()).isEmpty();
        assembler.finish();
        assertThat(assembler.take()).isEqualTo("#");
    }

    @Test
    void aCutSequenceIsReplacedAtTheEnd() {
        var assembler = new TextAssembler(List.of());
        assembler.accept(bytes('x', 0xF0, 0x9F, 0xA6));
        assertThat(assembler.take()).isEqualTo("x");
        assembler.finish();
        assertThat(assembler.take()).isEqualTo("\uFFFD");
    }

    /** The text before the stop text that is complete first; of those that are complete at once, the longest. */
    private static String beforeFirstStop(String text, List<String> stops) {
        for (int end = 1; end <= text.length(); end++) {
            String read = text.substring(0, end);
            int longest = stops.stream()
                    .filter(read::endsWith)
                    .mapToInt(String::length)
                    .max()
                    .orElse(0);
            if (longest > 0) {
                return read.substring(0, end - longest);
            }
        }
        return text;
    }

    private static String assemble(List<String> stops, List<byte[]> pieces) {
        var assembler = new TextAssembler(stops);
        var out = new StringBuilder();
        for (byte[] piece : pieces) {
            assembler.accept(piece);
            out.append(assembler.take());
        }
        assembler.finish();
        return out.append(assembler.take()).toString();
    }

    private static List<byte[]> pieces(byte[] all, Random random) {
        var pieces = new ArrayList<byte[]>();
        int from = 0;
        while (from < all.length) {
            int to = Math.min(all.length, from + random.nextInt(4));
            pieces.add(Arrays.copyOfRange(all, from, to));
            from = to;
        }
        return pieces;
    }

    private static String word(Random random, int most) {
        var word = new StringBuilder();
        for (int i = random.nextInt(most + 1); i > 0; i--) {
            // Two letters most of the time, so that near misses come often.
            word.append(ALPHABET[random.nextInt(random.nextInt(4) == 0 ? ALPHABET.length : 2)]);
        }
        return word.toString();
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
