package dev.gufo.engine.plan;

/**
 * A device as the planner sees it.
 *
 * @param name such as {@code CUDA0}, or {@code CPU} for the host
 * @param freeBytes what may be taken
 */
public record DeviceMemory(String name, long freeBytes) {
    public DeviceMemory {
        if (freeBytes < 0) {
            throw new IllegalArgumentException("free memory must be 0 or more, is " + freeBytes);
        }
    }
}
