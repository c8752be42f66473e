package dev.gufo.engine;

/**
 * What an engine keeps of computed prompts, and how often that was of use since the model was loaded.
 *
 * @param slots in the KV memory of sequences
 * @param memory in main memory
 * @param disk on disk; its limit is that of all models together
 */
public record CacheUse(Tier slots, Tier memory, Tier disk) {
    /** Of an engine that keeps nothing, or does not tell. */
    public static final CacheUse NONE = new CacheUse(Tier.NONE, Tier.NONE, Tier.NONE);

    /**
     * One place.
     *
     * @param bytes that are taken
     * @param mostBytes that may be taken; 0 if nothing is kept there
     * @param hits prompts that went on from a state there
     * @param tokens that these did not have to compute
     */
    public record Tier(long bytes, long mostBytes, long hits, long tokens) {
        public static final Tier NONE = new Tier(0, 0, 0, 0);
    }
}
