package dev.gufo.engine.plan;

/**
 * A device as the planner sees it.
 *
 * @param name such as {@code CUDA0}, or {@code CPU} for the host
 * @param freeBytes what may be taken
 * @param inMainMemory whether a GPU has no memory of its own: what it takes is taken of the host's as well
 */
public record DeviceMemory(String name, long freeBytes, boolean inMainMemory) {
    public DeviceMemory {
        if (freeBytes < 0) {
            throw new IllegalArgumentException("free memory must be 0 or more, is " + freeBytes);
        }
    }

    /** With memory of its own. */
    public DeviceMemory(String name, long freeBytes) {
        this(name, freeBytes, false);
    }
}
