package dev.gufo.server.exchange;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.gufo.server.usage.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/**
 * Whole answers of requests that would get the same answer again, the most useful of them within a number of bytes. Any
 * thread.
 */
public final class AnswerCache {
    /** What an entry takes beside its answer. */
    private static final int ENTRY_BYTES = 256;
    /** No answer takes more than this part of all. */
    private static final int LARGEST = 8;

    private final Cache<String, Kept> answers;
    private final long largest;

    /**
     * An answer.
     *
     * @param json all of it; not to be changed
     * @param outcome what it was settled with
     */
    public record Kept(byte[] json, Outcome outcome) {}

    /** @param bytes that all answers may take, at least 1 */
    public AnswerCache(long bytes) {
        this.largest = bytes / LARGEST;
        this.answers = Caffeine.newBuilder()
                .maximumWeight(bytes)
                .<String, Kept>weigher((_, kept) -> kept.json().length + ENTRY_BYTES)
                .build();
    }

    /** @param key of all that the answer depends on */
    Place place(String key) {
        return new Place(key, Optional.ofNullable(answers.getIfPresent(key)));
    }

    /** Where the answer to one request is, or will be. Belongs to the request's thread. */
    public final class Place {
        private final String key;
        private final Optional<Kept> kept;
        private Optional<Recording> recording = Optional.empty();

        private Place(String key, Optional<Kept> kept) {
            this.key = key;
            this.kept = kept;
        }

        /** The answer, if there is one. */
        public Optional<Kept> kept() {
            return kept;
        }

        /** What writes the answer to {@code out} and remembers it, if it is not too large. */
        public OutputStream recording(OutputStream out) {
            recording = Optional.of(new Recording(out, largest));
            return recording.get();
        }

        /** Keeps what was recorded: it is the whole answer. */
        public void keep(Outcome outcome) {
            recording.flatMap(Recording::all).ifPresent(json -> answers.put(key, new Kept(json, outcome)));
        }
    }

    private static final class Recording extends FilterOutputStream {
        private final ByteArrayOutputStream copy = new ByteArrayOutputStream();
        private final long most;
        private boolean tooLarge;

        private Recording(OutputStream out, long most) {
            super(out);
            this.most = most;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            out.write(bytes, from, count);
            tooLarge |= copy.size() + (long) count > most;
            if (tooLarge) {
                copy.reset();
            } else {
                copy.write(bytes, from, count);
            }
        }

        Optional<byte[]> all() {
            return tooLarge ? Optional.empty() : Optional.of(copy.toByteArray());
        }
    }
}
