package dev.gufo.server.batches;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random files: each line that is not done stands in the order once, is read as it is, and like ones are neighbours.
 */
class LineOrderTest {
    private static final String ENDPOINT = "/v1/completions";

    @TempDir
    private Path folder;

    @Test
    void linesOfOneModelAreNeighboursAndOfTheseThoseThatBeginAlike() throws IOException {
        var random = new Random(5);
        for (int round = 0; round < 200; round++) {
            int count = random.nextInt(30);
            var done = new BitSet();
            var file = new StringBuilder(random.nextBoolean() ? "\uFEFF" : "");
            String end = random.nextBoolean() ? "\n" : "\r\n";
            for (int i = 1; i <= count; i++) {
                String beginning = "ab".charAt(random.nextInt(2)) + "\u20ac".repeat(random.nextInt(2) * 300);
                file.append(
                                "{\"custom_id\":\"%d\",\"method\":\"POST\",\"url\":\"%s\",\"body\":{\"model\":\"%s\",\"prompt\":\"%s %d\"}}"
                                        .formatted(
                                                i,
                                                ENDPOINT,
                                                "xyz".charAt(random.nextInt(3)),
                                                beginning,
                                                random.nextInt(9)))
                        .append(end);
                done.set(i, random.nextInt(4) == 0);
            }
            check(file.toString().getBytes(StandardCharsets.UTF_8), count, done);
        }
    }

    private void check(byte[] contents, int count, BitSet done) throws IOException {
        List<LineOrder.Place> order;
        try (var lines = new InputLines(new ByteArrayInputStream(contents), 1 << 20)) {
            order = LineOrder.of(lines, ENDPOINT, done, () -> false);
        }
        Path file = Files.write(folder.resolve("lines"), contents);
        var models = new ArrayList<String>();
        var beginnings = new ArrayList<String>();
        var numbers = new HashSet<Integer>();
        try (FileChannel channel = FileChannel.open(file)) {
            for (LineOrder.Place place : order) {
                BatchLine line = BatchLine.taken(place.read(channel), ENDPOINT);
                assertThat(line.customId()).isEqualTo(Integer.toString(place.number()));
                assertThat(done.get(place.number())).isFalse();
                assertThat(numbers.add(place.number())).isTrue();
                models.add(line.model());
                String prompt = line.json().get("prompt").textValue();
                beginnings.add(line.model() + prompt.substring(0, Math.min(200, prompt.length())));
            }
        }
        assertThat(numbers).hasSize(count - done.cardinality());
        requireNeighbours(models);
        requireNeighbours(beginnings);
    }

    private static void requireNeighbours(List<String> names) {
        var last = new HashMap<String, Integer>();
        for (int i = 0; i < names.size(); i++) {
            Integer before = last.put(names.get(i), i);
            assertThat(before == null || before == i - 1).as(names.toString()).isTrue();
        }
    }
}
