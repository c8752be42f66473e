package dev.gufo.engine;

/** How the sequences of a model share its KV cache. */
public enum KvLayout {
    /** As measurements say: {@link #SPLIT} today. */
    AUTO,
    /** Each sequence has cells for a whole context of its own. */
    SPLIT,
    /** All take cells of one pool as they need them, so that one may take them all while others are short. */
    SHARED
}
