package dev.gufo.server.answer;

import dev.gufo.engine.GenerationEvent.Token;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Tokens with logprobs that wait until their text is sent: a token of which every byte was cut off by a stop text is
 * left out.
 */
final class ScoredTokens {
    private final LongSupplier decided;
    private final Deque<Token> waiting = new ArrayDeque<>();
    private long waitingFrom;

    /** @param decided how many bytes of the tokens are decided to be text, from the first token on */
    ScoredTokens(LongSupplier decided) {
        this.decided = decided;
    }

    void add(Token token) {
        if (token.logprobs().isPresent()) {
            waiting.add(token);
        }
    }

    /** The tokens whose first byte belongs to text that has been handed out. */
    List<Token> take() {
        if (waiting.isEmpty()) {
            return List.of();
        }
        List<Token> sent = new ArrayList<>();
        long decided = this.decided.getAsLong();
        while (!waiting.isEmpty() && waitingFrom < decided) {
            Token token = waiting.removeFirst();
            waitingFrom += token.piece().length;
            sent.add(token);
        }
        return sent;
    }
}
