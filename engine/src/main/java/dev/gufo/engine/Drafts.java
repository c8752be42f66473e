package dev.gufo.engine;

/**
 * How many tokens were guessed ahead of the model.
 *
 * @param accepted guesses that were what the model chose; they are in the answer
 * @param rejected guesses that were computed for nothing
 */
public record Drafts(int accepted, int rejected) {
    public static final Drafts NONE = new Drafts(0, 0);

    public Drafts plus(Drafts more) {
        return new Drafts(accepted + more.accepted, rejected + more.rejected);
    }
}
