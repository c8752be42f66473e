package dev.gufo.engine;

/** How a model is spread over several GPUs. */
public enum SplitMode {
    /** All of it goes to one GPU. */
    NONE,
    /** Whole layers with their KV memory go to one GPU each. */
    LAYER,
    /** Rows of each matrix are spread over all GPUs. */
    ROW
}
