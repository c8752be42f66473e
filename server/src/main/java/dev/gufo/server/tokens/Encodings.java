package dev.gufo.server.tokens;

import dev.gufo.server.error.ApiException;
import dev.gufo.tokenizer.OpenAiEncoding;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * OpenAI's encodings on a thread of their own, which has one piece of each request at a time: a long text keeps neither
 * the threads that carry all requests nor another's short text waiting. Safe for any thread.
 */
final class Encodings {
    private static final int TOKENS_AT_ONCE = 4 << 10;

    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("openai-encodings").factory());

    /**
     * The ids of a text.
     *
     * @param field whose text it is
     * @throws ApiException if it has too long a run without a break
     */
    int[] encode(OpenAiEncoding encoding, String field, String text) throws InterruptedException {
        List<String> pieces = OpenAiEncoding.pieces(text);
        for (String piece : pieces) {
            if (piece.length() > OpenAiEncoding.MAX_RUN) {
                throw ApiException.invalid(
                        field,
                        "'%s' has a run of %d characters without a space or punctuation; %d is the most."
                                .formatted(field, piece.length(), OpenAiEncoding.MAX_RUN));
            }
        }
        int[] ids = new int[text.length() / 4 + 16];
        int count = 0;
        for (String piece : pieces) {
            int[] more = onThread(() -> encoding.encode(piece));
            if (count + more.length > ids.length) {
                ids = Arrays.copyOf(ids, Math.max(ids.length * 2, count + more.length));
            }
            System.arraycopy(more, 0, ids, count, more.length);
            count += more.length;
        }
        return Arrays.copyOf(ids, count);
    }

    /** What each of some tokens stands for. */
    byte[][] pieces(OpenAiEncoding encoding, int[] tokens) throws InterruptedException {
        return onThread(() -> encoding.pieces(tokens));
    }

    /**
     * Refuses ids that are in no text.
     *
     * @throws ApiException if the encoding has not all of them
     */
    void requireKnown(OpenAiEncoding encoding, int[] tokens) throws InterruptedException {
        for (int from = 0; from < tokens.length; from += TOKENS_AT_ONCE) {
            int[] some = Arrays.copyOfRange(tokens, from, Math.min(tokens.length, from + TOKENS_AT_ONCE));
            try {
                byte[][] _ = pieces(encoding, some);
            } catch (IllegalArgumentException e) {
                throw ApiException.invalid(
                        "tokens", "'tokens' has an id that %s does not have.".formatted(encoding.id()));
            }
        }
    }

    private <T> T onThread(Callable<T> work) throws InterruptedException {
        try {
            return thread.submit(work).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw new AssertionError("encoding throws nothing else", e.getCause());
        }
    }
}
