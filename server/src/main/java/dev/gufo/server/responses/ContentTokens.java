package dev.gufo.server.responses;

import dev.gufo.engine.GenerationEvent.Token;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which tokens made which part of a reply: they come in the reply's order, and beside those of its parts there are
 * those of the marks between, which nobody gets.
 */
final class ContentTokens {
    private final List<Token> waiting = new ArrayList<>();
    private byte[] tail = {}; // of the last token that was taken, what its part did not have

    void add(List<Token> scored) {
        waiting.addAll(scored);
    }

    /** Takes the tokens in which a part stands, and throws away those before it. */
    List<Token> take(String part) {
        if (waiting.isEmpty() && tail.length == 0) {
            return List.of();
        }
        byte[] wanted = part.getBytes(StandardCharsets.UTF_8);
        var all = new ByteArrayOutputStream();
        all.writeBytes(tail);
        waiting.forEach(token -> all.writeBytes(token.piece()));
        int from = indexOf(all.toByteArray(), wanted);
        if (from < 0) {
            return List.of();
        }
        var taken = new ArrayList<Token>();
        int end = from + wanted.length;
        int at = tail.length;
        while (!waiting.isEmpty() && at < end) {
            Token token = waiting.removeFirst();
            at += token.piece().length;
            if (at > from) {
                taken.add(token);
            }
        }
        tail = Arrays.copyOfRange(all.toByteArray(), end, Math.max(end, at));
        return taken;
    }

    private static int indexOf(byte[] all, byte[] wanted) {
        for (int i = 0; i + wanted.length <= all.length; i++) {
            int k = 0;
            while (k < wanted.length && all[i + k] == wanted[k]) {
                k++;
            }
            if (k == wanted.length) {
                return i;
            }
        }
        return -1;
    }
}
