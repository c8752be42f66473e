package dev.gufo.engine.jllama;

import de.kherud.llama.LlamaIterator;
import dev.gufo.engine.Drafts;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Reuse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request, from the queue to its end. {@link #run} belongs to the thread that waits for its tokens; {@link #cancel}
 * and {@link #fail} may come from any.
 *
 * <p>The library gives text, neither ids nor a reason. But it gives one text for each token, so the id follows from the
 * text; only the tokens of a character that none has alone come as one. And it gives the names of control tokens, so an
 * answer that ends with one before its most tokens are there was ended by that; and one that was not has exactly its
 * most tokens.
 */
final class JllamaGeneration implements Runnable {
    private static final byte[] NO_TEXT = {};

    private final GenerationRequest request;
    private final Map<String, String> fields;
    private final int mostTokens;
    private final JllamaModel model;
    private final JllamaVocabulary vocabulary;
    private final HandOver handOver;
    private final Consumer<GenerationEvent> events;
    private final Load load;
    private final long submitted = System.nanoTime();

    private volatile boolean cancelled;
    private volatile @Nullable EngineException failure;

    // Of the thread that runs it.
    private final TokenCount tokens;
    private int held = -1;
    private long started;
    private long firstToken;
    private long lastToken;

    /** What the engine counts; it is told where the place in the queue goes. */
    interface Load {
        /** The request left the queue. */
        void begin(int tokens);

        /** One more token lies in KV memory. */
        void grow();

        /** The request is over, before its last event goes out. */
        void end(int tokens);
    }

    /**
     * @param fields the request as the library takes it
     * @param mostTokens that it may generate
     */
    JllamaGeneration(
            GenerationRequest request,
            Map<String, String> fields,
            int mostTokens,
            JllamaModel model,
            JllamaVocabulary vocabulary,
            HandOver handOver,
            Consumer<GenerationEvent> events,
            Load load) {
        this.request = request;
        this.fields = fields;
        this.mostTokens = mostTokens;
        this.model = model;
        this.vocabulary = vocabulary;
        this.handOver = handOver;
        this.events = events;
        this.load = load;
        tokens = new TokenCount(mostTokens, events::accept);
    }

    /** Ends it without a word, with the next token at the latest. */
    void cancel() {
        cancelled = true;
    }

    /** Ends it with an error, with the next token at the latest. */
    void fail(EngineException cause) {
        failure = cause;
        cancelled = true;
    }

    @Override
    public void run() {
        started = System.nanoTime();
        load.begin(request.prompt().length);
        if (cancelled) {
            end();
            return;
        }
        handOver.run(() -> events.accept(new GenerationEvent.Started(0, queued(), Reuse.UNKNOWN)));
        try {
            generate();
        } catch (RuntimeException e) { // its own exceptions have no public class
            fail(new EngineException.Broken("%s: %s".formatted(JllamaLibrary.VERSION, e.getMessage()), e));
        }
        if (cancelled) {
            end();
        } else {
            finish();
        }
    }

    private void generate() {
        LlamaIterator outputs = model.generate(fields);
        while (outputs.hasNext()) {
            String text = outputs.next().text;
            if (cancelled) {
                if (outputs.hasNext()) {
                    outputs.cancel();
                }
                return;
            }
            if (outputs.hasNext()) { // the last one is empty, and no token
                handOver.run(() -> accept(text));
            }
        }
    }

    /** Hands out a token; a control token only when it is known not to be the end. */
    private void accept(String text) {
        int[] ids = vocabulary.tokensOf(text);
        if (ids.length == 0) {
            return;
        }
        lastToken = System.nanoTime();
        if (firstToken == 0) {
            firstToken = lastToken;
            events.accept(new GenerationEvent.Prefilled(prefill()));
        }
        flush();
        int last = ids[ids.length - 1];
        boolean mayEnd =
                vocabulary.file().isControl(last) || vocabulary.file().ends().get(last);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (ids.length > 1 || !mayEnd) {
            int length = mayEnd ? Math.max(0, bytes.length - vocabulary.piece(last).length) : bytes.length;
            int plain = mayEnd ? ids.length - 1 : ids.length;
            byte[] piece = Arrays.copyOf(bytes, length);
            for (int i = 0; i < plain; i++) {
                hand(new GenerationEvent.Token(ids[i], i == 0 ? piece : NO_TEXT));
            }
        }
        held = mayEnd ? last : -1;
    }

    private void flush() {
        if (held >= 0) {
            hand(new GenerationEvent.Token(
                    held, vocabulary.piece(held), vocabulary.file().isControl(held), Optional.empty()));
            held = -1;
        }
    }

    private void hand(GenerationEvent.Token token) {
        if (tokens.add(token)) {
            load.grow();
        }
    }

    private void finish() {
        boolean ended = held >= 0
                && (tokens.count() + 1 < mostTokens || vocabulary.file().ends().get(held));
        handOver.run(() -> {
            if (ended) {
                hand(new GenerationEvent.Token(held, NO_TEXT, true, Optional.empty()));
            } else {
                flush();
                while (tokens.count()
                        < mostTokens) { // what it counted and could not show: the beginning of a character
                    hand(new GenerationEvent.Token(0, NO_TEXT));
                }
            }
            tokens.end();
            load.end(request.prompt().length + tokens.count());
            events.accept(new GenerationEvent.Finished(
                    ended ? FinishReason.STOP : FinishReason.LENGTH,
                    new GenerationEvent.Timings(queued(), prefill(), Duration.ofNanos(lastToken - firstToken)),
                    Drafts.NONE));
        });
    }

    private Duration queued() {
        return Duration.ofNanos(started - submitted);
    }

    private Duration prefill() {
        return Duration.ofNanos(Math.max(0, firstToken - started));
    }

    private void end() {
        EngineException cause = failure;
        handOver.run(() -> {
            load.end(request.prompt().length + tokens.count());
            if (cause != null) {
                events.accept(new GenerationEvent.Failed(cause));
            }
        });
    }
}
