package dev.gufo.engine;

import java.nio.file.Path;

/**
 * Where computed prompts are kept that main memory has no room for, and what was there when a model was unloaded.
 *
 * @param folder of all models; made when it is needed
 * @param bytes that all files there may take together, at least 1
 */
public record DiskCache(Path folder, long bytes) {
    public DiskCache {
        if (bytes < 1) {
            throw new IllegalArgumentException("cache-disk must be 1 or more, is %d".formatted(bytes));
        }
    }
}
