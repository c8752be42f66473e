package dev.gufo.store;

import dev.gufo.gguf.GgufModel;

/** What the files of a model hold. */
public sealed interface ModelContents {
    /** A language model. */
    record Loadable(GgufModel model) implements ModelContents {}

    /**
     * Nothing that can be loaded.
     *
     * @param reason a sentence that names the file, without its folder
     */
    record Broken(String reason) implements ModelContents {}
}
