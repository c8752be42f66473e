package dev.gufo.engine.natives;

/** What a set of libraries computes on. */
public enum Backend {
    CPU(""),
    CUDA("-cuda"),
    VULKAN("-vulkan");

    private final String suffix;

    Backend(String suffix) {
        this.suffix = suffix;
    }

    /** What its npm package is called behind the platform. */
    String suffix() {
        return suffix;
    }
}
