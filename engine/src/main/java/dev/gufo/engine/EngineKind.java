package dev.gufo.engine;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Which of the engines behind the seam runs a model. */
public enum EngineKind {
    /** llama.cpp's prebuilt libraries: all that Gufo can do. */
    LLAMACPP,
    /** java-llama.cpp, whose jar brings its library along: what a machine can fall back to. */
    JLLAMA;

    /** As operators write it. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The kind that operators call {@code id}. */
    public static Optional<EngineKind> of(String id) {
        return Stream.of(values()).filter(kind -> kind.id().equals(id)).findFirst();
    }
}
