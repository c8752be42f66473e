package dev.gufo.grammar;

/**
 * How much one grammar may take.
 *
 * @param parsing checked when it is parsed ({@link GrammarException})
 * @param matching checked while a text is matched ({@link GrammarTooCostly})
 */
public record GrammarLimits(Parsing parsing, Matching matching) {
    /** A state and the number of a stack share one word; this many states fit. */
    public static final int MOST_STATES = 1 << 17;

    public static final GrammarLimits DEFAULT = new GrammarLimits(
            new Parsing(1 << 20, 10_000, 100, 100_000, 500_000),
            new Matching(20_000, 400_000, 10_000_000, 500_000, 1_000_000, 128));

    /**
     * Of the grammar itself.
     *
     * @param characters length of its text, in UTF-16 units
     * @param rules rules that are named, defined or not
     * @param nesting depth of parentheses
     * @param states states of the network, counted repetitions written out; at most {@link #MOST_STATES}
     * @param transitions arrows between these states
     */
    public record Parsing(int characters, int rules, int nesting, int states, int transitions) {
        public Parsing {
            if (states < 1 || states > MOST_STATES) {
                throw new IllegalArgumentException("states must be 1 to %d, is %d".formatted(MOST_STATES, states));
            }
        }
    }

    /**
     * Of following it.
     *
     * @param liveItems pairs of a state and a stack that one position of the text may be in
     * @param pieceWork elementary steps to take in one piece; one takes 10 to 40 nanoseconds
     * @param maskWork elementary steps to find all tokens that may come next
     * @param retainedCells words of stack that one matcher may hold on to
     * @param cachedCells words of states and stacks that are remembered per grammar, of about 16 bytes
     * @param cachedMasks token sets that are remembered per grammar
     */
    public record Matching(
            int liveItems, int pieceWork, int maskWork, int retainedCells, int cachedCells, int cachedMasks) {}

    /** The same with another {@code retainedCells}. */
    public GrammarLimits withRetainedCells(int cells) {
        return new GrammarLimits(
                parsing,
                new Matching(
                        matching.liveItems,
                        matching.pieceWork,
                        matching.maskWork,
                        cells,
                        matching.cachedCells,
                        matching.cachedMasks));
    }
}
