package dev.gufo.server.models;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.gufo.engine.pool.Footprint;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** Models that are worth a download: the list of {@code catalog.yaml}. It is read once, when it is first asked for. */
final class Catalog {
    /** Buffers for what is being computed, and what the process takes itself. */
    static final long BUFFER_BYTES = 1L << 30;

    private static final String HOST = "CPU";

    private Catalog() {}

    /** Where a model can be computed. */
    enum Fit {
        /** On GPUs as a whole. */
        GPU("gpu"),
        /** In main memory; what is free on GPUs makes it faster. */
        MAIN_MEMORY("main_memory"),
        /** Nowhere. */
        NO("no");

        private final String word;

        Fit(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    /**
     * A model.
     *
     * @param name for people
     * @param use what it is for: chat, code, embeddings or rerank
     * @param parameters how large it is, for people
     * @param source as {@code gufo pull} takes it
     * @param id what its file is called once it is there
     * @param sizeBytes of the file
     * @param kvBytesPerToken of the cache, in 16 bit
     * @param contextTokens that it should have room for
     * @param license in its makers' words
     */
    record Entry(
            String name,
            String use,
            String parameters,
            String source,
            String id,
            long sizeBytes,
            long kvBytesPerToken,
            int contextTokens,
            String license) {
        /** What it takes with its context, about: the planner knows once the file is there. */
        long memoryBytes() {
            return sizeBytes + kvBytesPerToken * contextTokens + BUFFER_BYTES;
        }

        /** Whether it has room. */
        Fit fitsIn(Footprint room) {
            if (memoryBytes() <= room.total() - room.on(HOST)) {
                return Fit.GPU;
            }
            return memoryBytes() <= room.on(HOST) ? Fit.MAIN_MEMORY : Fit.NO;
        }
    }

    /** A class of its own, so that it is read on first use and by one thread. */
    private static final class Read {
        static final List<Entry> ENTRIES = read();
    }

    /** All of them: those for chat by their size, then the others. */
    static List<Entry> entries() {
        return Read.ENTRIES;
    }

    private static List<Entry> read() {
        try (InputStream yaml = Catalog.class.getResourceAsStream("catalog.yaml")) {
            var mapper = YAMLMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .build();
            return List.copyOf(mapper.readValue(yaml, new TypeReference<List<Entry>>() {}));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
