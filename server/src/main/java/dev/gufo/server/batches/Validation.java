package dev.gufo.server.batches;

import dev.gufo.server.http.JsonBytes;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** Whether all lines of a file can be run: all or nothing. Belongs to one thread. */
final class Validation {
    /** OpenAI's limit. */
    static final int MOST_LINES = 50_000;

    private static final int MOST_ERRORS = 100;

    private final String endpoint;
    private final long mostBytes;
    private final Models models;
    private final CustomIds ids = new CustomIds();
    private final Map<String, String> served = new HashMap<>(); // ids of models, by what lines call them
    private final JsonBytes errors = new JsonBytes();
    private int wrong;
    private int total;
    private int blank; // number of a blank line behind which nothing has come

    /** Knows what names of models mean to the caller. */
    interface Models {
        /**
         * The id of the model that a name means.
         *
         * @throws BatchLine.Wrong if the caller can't use it for this
         */
        String served(String name) throws BatchLine.Wrong;
    }

    /** @param mostBytes of a line */
    Validation(String endpoint, long mostBytes, Models models) {
        this.endpoint = endpoint;
        this.mostBytes = mostBytes;
        this.models = models;
    }

    /** @param over asked before each line; reading stops when it holds */
    void read(InputLines lines, BooleanSupplier over) throws IOException {
        for (Optional<InputLines.Line> line = lines.next();
                line.isPresent() && wrong < MOST_ERRORS && !over.getAsBoolean();
                line = lines.next()) {
            try {
                accept(line.get());
            } catch (BatchLine.Wrong e) {
                add(e, line.get().number());
            }
        }
        if (total == 0 && wrong == 0) {
            add(new BatchLine.Wrong("empty_file", "", "The file has no lines."), 0);
        }
    }

    private void accept(InputLines.Line line) throws BatchLine.Wrong {
        if (line.isBlank() && !line.tooLong()) {
            blank = blank == 0 ? line.number() : blank;
            return;
        }
        if (blank > 0) {
            int at = blank;
            blank = 0;
            add(new BatchLine.Wrong("invalid_json_line", "", "Only the last line may be blank."), at);
        }
        total++;
        if (total > MOST_LINES) {
            if (total == MOST_LINES + 1) {
                throw new BatchLine.Wrong("too_many_lines", "", "A batch has at most %d lines.".formatted(MOST_LINES));
            }
            return;
        }
        BatchLine request = BatchLine.read(line, endpoint, mostBytes);
        if (!ids.add(request.customId())) {
            throw new BatchLine.Wrong("duplicate_custom_id", "custom_id", "An earlier line has the same 'custom_id'.");
        }
        if (!served.containsKey(request.model())) {
            served.put(request.model(), models.served(request.model()));
        }
    }

    private void add(BatchLine.Wrong error, int line) {
        errors.raw(wrong == 0 ? "[" : ",");
        error.writeTo(errors, line);
        wrong++;
    }

    boolean failed() {
        return wrong > 0;
    }

    /** JSON array; only if it failed. */
    String errors() {
        return errors + "]";
    }

    int total() {
        return total;
    }

    /** Id of the model of all lines, {@code ""} if they have several; only if it has not failed. */
    String model() {
        return theOnly(served.values());
    }

    /** The model of all lines; {@code ""} if there are several. */
    static String theOnly(Collection<String> models) {
        Set<String> different = Set.copyOf(models);
        return different.size() == 1 ? different.iterator().next() : "";
    }
}
