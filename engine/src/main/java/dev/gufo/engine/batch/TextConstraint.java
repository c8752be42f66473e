package dev.gufo.engine.batch;

import dev.gufo.engine.Constraint.Start;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.llama.Vocabulary;
import dev.gufo.grammar.Grammar;
import dev.gufo.grammar.GrammarTooCostly;
import dev.gufo.grammar.Matcher;
import dev.gufo.grammar.TokenTrie;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Optional;

/**
 * Keeps one answer to its grammar, from the start on that it names. The free choice of a token is taken if the grammar
 * allows it; only otherwise are all allowed tokens looked for.
 *
 * <p>Belongs to the engine thread.
 */
final class TextConstraint {
    private final Constraints source;
    private final Constraints.Compiled compiled;
    private final Grammar grammar;
    private final Vocabulary vocabulary;
    private final TokenTrie trie;
    private final BitSet barred;
    private final StartWatch watch;
    private final boolean ignoreEnd;
    private final BitSet allowed = new BitSet();

    private Matcher matcher;
    private boolean active;
    private boolean exhausted;
    private boolean closed;

    /**
     * @param source told when it is closed
     * @param start where the text begins; if that is behind a text, the grammar has to take it
     * @param trie of the pieces of all tokens that do not end a generation
     * @param ignoreEnd whether the text goes on for as long as the grammar does
     * @throws EngineException.Refused if the grammar does not take the text that it should begin with
     */
    TextConstraint(
            Constraints source,
            Constraints.Compiled compiled,
            Start start,
            Vocabulary vocabulary,
            TokenTrie trie,
            boolean ignoreEnd) {
        this.source = source;
        this.compiled = compiled;
        this.ignoreEnd = ignoreEnd;
        this.grammar = compiled.grammar();
        this.vocabulary = vocabulary;
        this.trie = trie;
        this.barred = compiled.barred();
        this.matcher = grammar.matcher();
        this.watch = new StartWatch(start);
        this.active = start instanceof Start.Now || start instanceof Start.Behind;
        if (start instanceof Start.Behind(String text)) {
            goBehind(text);
        }
    }

    /** Each byte has a budget of its own, so that a long text is not refused for its length. */
    private void goBehind(String text) {
        try {
            for (byte next : text.getBytes(StandardCharsets.UTF_8)) {
                if (!matcher.advance(new byte[] {next})) {
                    throw failed("The text that the answer goes on with is no beginning of what the grammar allows.");
                }
            }
        } catch (GrammarTooCostly e) {
            throw failed("The grammar is too ambiguous to follow: " + e.getMessage());
        }
    }

    /**
     * Goes on with tokens that were chosen before, by another worker with the same grammar.
     *
     * @throws EngineException.Refused if the grammar does not take them, or is too costly to follow
     */
    void follow(int[] tokens) {
        try {
            for (int token : tokens) {
                if (!goOn(token)) {
                    throw failed("The grammar does not take the part of the answer that is there already.");
                }
            }
        } catch (GrammarTooCostly e) {
            throw failed("The grammar is too ambiguous to follow: " + e.getMessage());
        }
    }

    /**
     * Chooses the next token and goes on with it.
     *
     * @throws EngineException.Refused if no token fits, or the grammar is too costly to follow
     */
    int choose(TokenChoice choice) {
        try {
            int token = choice.free();
            if (active && !allows(token)) {
                token = choice.among(allowedTokens());
            }
            choice.remember(token);
            if (!goOn(token)) {
                throw new AssertionError("token %d was allowed".formatted(token));
            }
            return token;
        } catch (GrammarTooCostly e) {
            throw failed("The grammar is too ambiguous to follow: " + e.getMessage());
        }
    }

    /** Whether the text is complete and nothing can follow. */
    boolean isOver() {
        return active && (exhausted || !matcher.canGoOn());
    }

    Grammar grammar() {
        return grammar;
    }

    /** Goes ahead of the text without it; empty while the grammar does not apply yet. */
    Optional<Matcher> ahead() {
        try {
            return active ? Optional.of(matcher.copy()) : Optional.empty();
        } catch (GrammarTooCostly e) {
            return Optional.empty(); // the next choice tells
        }
    }

    /** The longest token that {@code text} has at {@code from}, of those that may be chosen; -1 if there is none. */
    int longest(byte[] text, int from) {
        return trie.longest(text, from, barred);
    }

    /** The text of a token. */
    byte[] piece(int token) {
        return vocabulary.piece(token);
    }

    private boolean allows(int token) {
        return vocabulary.isEnd(token)
                ? matcher.isComplete() && !ignoreEnd
                : !barred.get(token) && matcher.accepts(vocabulary.piece(token));
    }

    private BitSet allowedTokens() {
        allowed.clear();
        matcher.allowed(trie, allowed);
        source.settle();
        allowed.andNot(barred);
        exhausted = allowed.isEmpty();
        if (matcher.isComplete() && (exhausted || !ignoreEnd)) {
            allowed.or(vocabulary.ends());
        }
        if (allowed.isEmpty()) {
            throw failed("No token of the model's vocabulary continues the answer as the grammar requires.");
        }
        return allowed;
    }

    /** Whether the grammar takes it. */
    private boolean goOn(int token) {
        if (vocabulary.isEnd(token)) {
            return true;
        }
        if (active) {
            return matcher.advance(vocabulary.piece(token));
        }
        watch(vocabulary.piece(token));
        return true;
    }

    private void watch(byte[] piece) {
        active = watch.accept(piece, this::begin);
    }

    /** Whether the grammar takes what stands behind the start. */
    private boolean begin(byte[] rest) {
        Matcher begun = grammar.matcher();
        boolean fits = rest.length == 0 || begun.advance(rest);
        if (fits) {
            matcher = begun;
        }
        return fits;
    }

    /** Gives its share of the memory for grammars back. Idempotent; any thread if it was never used. */
    void close() {
        if (!closed) {
            closed = true;
            source.release(compiled);
        }
    }

    private static EngineException.Refused failed(String reason) {
        return new EngineException.Refused(new Refusal.ConstraintFailed(reason));
    }
}
