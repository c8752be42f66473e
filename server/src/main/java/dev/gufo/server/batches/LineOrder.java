package dev.gufo.server.batches;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * In which order the lines of a file are run: those of one model together, so that each is loaded once, and of these
 * those together whose prompts begin alike, so that what they share is computed once. Whatever comes first in the file
 * comes first here. Of each line only its place in the file is in memory. Belongs to one thread.
 */
final class LineOrder {
    /** How many characters of a prompt are compared, step by step. */
    private static final int[] BEGINNINGS = {256, 2_048, 16_384};

    /** The fields of all endpoints that become the prompt, in the order in which templates write them. */
    private static final String[] PROMPT = {
        "tools", "system", "instructions", "prompt", "messages", "input", "query", "text", "texts"
    };

    private final List<Place> places = new ArrayList<>();
    private final Map<String, Integer> models = new HashMap<>(); // the first line of each
    private final List<Map<Integer, Integer>> beginnings = List.of(new HashMap<>(), new HashMap<>(), new HashMap<>());

    /**
     * Where a line is.
     *
     * @param number of the line, from 1
     * @param offset of its first byte
     * @param bytes how many it has
     * @param model the first line that names the same model
     * @param first the first line whose prompt begins with the same {@code BEGINNINGS[0]} characters
     * @param second likewise
     * @param third likewise
     */
    record Place(int number, long offset, int bytes, int model, int first, int second, int third) {
        private static final Comparator<Place> ORDER = Comparator.comparingInt(Place::model)
                .thenComparingInt(Place::first)
                .thenComparingInt(Place::second)
                .thenComparingInt(Place::third)
                .thenComparingInt(Place::number);

        /** Reads the line. */
        InputLines.Line read(FileChannel file) throws IOException {
            var line = ByteBuffer.allocate(bytes);
            while (line.hasRemaining()) {
                if (file.read(line, offset + line.position()) < 0) {
                    throw new EOFException("the file has become shorter");
                }
            }
            return new InputLines.Line(number, offset, line.array(), false);
        }
    }

    private LineOrder() {}

    /**
     * Orders the lines of a file that was taken as a batch's.
     *
     * @param endpoint of the batch
     * @param done numbers of lines that are left out
     * @param over asked before each line; reading stops when it holds
     */
    static List<Place> of(InputLines lines, String endpoint, BitSet done, BooleanSupplier over) throws IOException {
        var order = new LineOrder();
        for (Optional<InputLines.Line> line = lines.next();
                line.isPresent() && !over.getAsBoolean();
                line = lines.next()) {
            if (!line.get().isBlank() && !done.get(line.get().number())) {
                order.add(line.get(), BatchLine.taken(line.get(), endpoint));
            }
        }
        order.places.sort(Place.ORDER);
        return order.places;
    }

    private void add(InputLines.Line line, BatchLine request) {
        String prompt = prompt(request.json());
        places.add(new Place(
                line.number(),
                line.offset(),
                line.bytes().length,
                first(models, request.model(), line.number()),
                beginning(0, prompt, line.number()),
                beginning(1, prompt, line.number()),
                beginning(2, prompt, line.number())));
    }

    /** Two prompts with one hash only lose their place in the order. */
    private int beginning(int step, String prompt, int number) {
        int length = Math.min(BEGINNINGS[step], prompt.length());
        return first(beginnings.get(step), prompt.substring(0, length).hashCode(), number);
    }

    private static <K> int first(Map<K, Integer> known, K key, int number) {
        Integer before = known.putIfAbsent(key, number);
        return before == null ? number : before;
    }

    /** As much of the text that becomes a prompt as is compared, in the JSON's form. */
    private static String prompt(JsonNode body) {
        int most = BEGINNINGS[BEGINNINGS.length - 1];
        var prompt = new StringBuilder();
        for (String name : PROMPT) {
            JsonNode part = body.path(name);
            if (!part.isMissingNode() && prompt.length() < most) {
                String text = part.toString();
                prompt.append(text, 0, Math.min(most, text.length()));
            }
        }
        return prompt.toString();
    }
}
