package dev.gufo.server.batches;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Files of random lines: a batch is taken whole or refused with lines that are there, and nothing is thrown. */
class ValidationTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ENDPOINT = "/v1/embeddings";
    private static final int MOST_BYTES = 300;
    private static final List<String> PIECES = List.of(
            "{\"custom_id\":\"%d\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{\"input\":\"x\"}}",
            "{\"custom_id\":\"%d\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{\"input\":\"\u20ac\"}}",
            "{\"custom_id\":\"1\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{\"model\":\"m\"}}",
            "{\"custom_id\":null,\"method\":7,\"url\":[],\"body\":7}",
            "[[[[",
            "{}",
            "\"",
            "\u0000",
            "",
            " ",
            "\uFEFF",
            "x".repeat(MOST_BYTES + 1));

    @Test
    void anyFileIsTakenWholeOrRefusedWithNumbersOfItsLines() throws Exception {
        var random = new Random(3);
        int taken = 0;
        for (int round = 0; round < 3_000; round++) {
            byte[] file = file(random, round % 3 == 0 ? 2 : PIECES.size());
            Validation validation = validated(file);
            List<Optional<BatchLine>> read = read(file);
            if (validation.failed()) {
                for (JsonNode error : JSON.readTree(validation.errors())) {
                    assertThat(error.get("line").isNull() || error.get("line").intValue() <= read.size())
                            .isTrue();
                    assertThat(error.get("message").textValue()).isNotEmpty();
                }
            } else {
                taken++;
                assertThat(read.stream().flatMap(Optional::stream)).hasSize(validation.total());
                var ids = new HashSet<String>();
                read.forEach(line -> line.ifPresent(
                        request -> assertThat(ids.add(request.customId())).isTrue()));
            }
        }
        assertThat(taken).isBetween(100, 2_900);
    }

    private static byte[] file(Random random, int kinds) {
        var file = new ByteArrayOutputStream();
        int lines = random.nextInt(6);
        for (int i = 0; i < lines; i++) {
            byte[] line = PIECES.get(random.nextInt(kinds)).formatted(i).getBytes(StandardCharsets.UTF_8);
            if (random.nextInt(8) == 0 && line.length > 0) {
                line[random.nextInt(line.length)] = (byte) random.nextInt(256);
            }
            file.writeBytes(line);
            file.writeBytes((random.nextBoolean() ? "\n" : "\r\n").getBytes(StandardCharsets.UTF_8));
        }
        return file.toByteArray();
    }

    private static Validation validated(byte[] file) throws IOException {
        var validation = new Validation(ENDPOINT, MOST_BYTES, name -> "served " + name);
        try (var lines = new InputLines(new ByteArrayInputStream(file), MOST_BYTES)) {
            validation.read(lines, () -> false);
        }
        return validation;
    }

    /** Each line of the file; empty if it is no request. */
    private static List<Optional<BatchLine>> read(byte[] file) throws IOException {
        var all = new ArrayList<Optional<BatchLine>>();
        try (var lines = new InputLines(new ByteArrayInputStream(file), MOST_BYTES)) {
            for (var line = lines.next(); line.isPresent(); line = lines.next()) {
                all.add(request(line.get()));
            }
        }
        return all;
    }

    private static Optional<BatchLine> request(InputLines.Line line) {
        try {
            return Optional.of(BatchLine.read(line, ENDPOINT, MOST_BYTES));
        } catch (BatchLine.Wrong e) {
            return Optional.empty();
        }
    }

    @Test
    void aBatchHasNoMoreLinesThanItMayHave() throws Exception {
        var file = new StringBuilder();
        for (int i = 0; i <= Validation.MOST_LINES; i++) {
            file.append(PIECES.getFirst().formatted(i)).append('\n');
        }
        assertThat(JSON.readTree(validated(file.toString().getBytes(StandardCharsets.UTF_8))
                                .errors())
                        .at("/0/code")
                        .textValue())
                .isEqualTo("too_many_lines");
        String enough = file.substring(0, file.lastIndexOf("{\"custom_id"));
        Validation validation = validated(enough.getBytes(StandardCharsets.UTF_8));
        assertThat(validation.failed()).isFalse();
        assertThat(validation.total()).isEqualTo(Validation.MOST_LINES);
    }

    @Test
    void linesAreReadWholeWhereverTheBufferEnds() throws Exception {
        for (int length = (64 << 10) - 3; length <= (64 << 10) + 3; length++) {
            String first = "a".repeat(length);
            byte[] file = (first + "\nb\r\n\nc").getBytes(StandardCharsets.UTF_8);
            try (var lines = new InputLines(new ByteArrayInputStream(file), 1 << 20)) {
                for (String line : List.of(first, "b", "", "c")) {
                    assertThat(new String(lines.next().orElseThrow().bytes(), StandardCharsets.UTF_8))
                            .isEqualTo(line);
                }
                assertThat(lines.next()).isEmpty();
            }
        }
    }
}
