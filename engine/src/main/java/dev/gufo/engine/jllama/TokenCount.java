package dev.gufo.engine.jllama;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.GenerationEvent.Token;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hands tokens out, at most as many as may be generated. How many make up a text is sometimes a guess, so the last of
 * them waits for the end: what comes after it goes out with it, and no text is lost. For one thread.
 */
final class TokenCount {
    private final int most;
    private final Consumer<Token> events;
    private int count;
    private @Nullable Token last;

    /** @param most tokens to hand out, at least 1 */
    TokenCount(int most, Consumer<Token> events) {
        this.most = most;
        this.events = events;
    }

    /** Tokens so far, with the one that waits. */
    int count() {
        return count;
    }

    /** Takes the next token; true if it counts as one of its own. */
    boolean add(Token token) {
        if (count == most) {
            last = joined(requireNonNull(last), token);
            return false;
        }
        count++;
        if (count == most) {
            last = token;
        } else {
            events.accept(token);
        }
        return true;
    }

    /** A control token is no text, so the other one is what has to be seen. */
    private static Token joined(Token first, Token second) {
        if (second.control() || second.piece().length == 0) {
            return first;
        }
        if (first.control()) {
            return second;
        }
        byte[] piece = new byte[first.piece().length + second.piece().length];
        System.arraycopy(first.piece(), 0, piece, 0, first.piece().length);
        System.arraycopy(second.piece(), 0, piece, first.piece().length, second.piece().length);
        return new Token(first.id(), piece, false, Optional.empty());
    }

    /** Hands out what waits. */
    void end() {
        if (last != null) {
            events.accept(last);
            last = null;
        }
    }
}
