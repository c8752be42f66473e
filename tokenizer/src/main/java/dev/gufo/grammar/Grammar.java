package dev.gufo.grammar;

/**
 * A set of texts, written in GBNF. Safe on any thread, and best parsed once: matchers share what they find out about
 * it.
 */
public final class Grammar {
    private final StateSpace space;

    private Grammar(StateSpace space) {
        this.space = space;
    }

    /**
     * Reads a grammar.
     *
     * @param gbnf at most {@link GrammarLimits.Parsing#characters} long
     * @throws GrammarException if it is malformed, a rule or {@code root} is missing, no text matches, or it is too
     *     large; the message names the line or the rule
     */
    public static Grammar parse(String gbnf) {
        return parse(gbnf, GrammarLimits.DEFAULT);
    }

    /** {@link #parse(String)} within other limits. */
    public static Grammar parse(String gbnf, GrammarLimits limits) {
        Network network = NetworkBuilder.build(GbnfParser.parse(gbnf, limits), limits);
        try {
            return new Grammar(new StateSpace(network, limits));
        } catch (GrammarTooCostly e) {
            throw new GrammarException("rule 'root' is too ambiguous to begin with: " + e.getMessage());
        }
    }

    /** How much the grammar itself takes, in bytes; what is found out about it while texts are matched comes on top. */
    public long bytes() {
        return space.network().bytes();
    }

    /** How much is remembered of what was found out about it, in words of about 16 bytes. Any thread. */
    public int rememberedCells() {
        return space.rememberedCells();
    }

    /** Forgets all that was found out about it; matchers go on, and find it out again. Any thread. */
    public void forget() {
        space.forget();
    }

    /** A matcher of the empty text. */
    public Matcher matcher() {
        return new Matcher(space, space.start());
    }
}
