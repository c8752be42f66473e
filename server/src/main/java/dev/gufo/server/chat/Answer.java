package dev.gufo.server.chat;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.server.usage.LedgerEntry;
import dev.gufo.server.usage.Outcome;
import dev.gufo.server.usage.Status;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** An answer in the making: what the events of one generation add up to. */
final class Answer {
    private final TextAssembler text;
    private final int promptTokens;
    private final LedgerEntry entry;
    private final Consumer<byte[]> transcript;
    private final long submitted = System.nanoTime();
    private Duration queued = Duration.ZERO;
    private long firstToken; // nanoTime, also of the last
    private long lastToken;
    private Optional<GenerationEvent.Timings> timings = Optional.empty();
    private int completionTokens;
    private int cachedTokens;
    private String finishReason = "";
    private EngineException failure;
    private boolean clientGone;

    /**
     * @param promptTokens tokens of the prompt
     * @param stops texts that end the answer
     * @param entry is told what happens
     * @param transcript gets the bytes of each token's text
     */
    Answer(int promptTokens, List<String> stops, LedgerEntry entry, Consumer<byte[]> transcript) {
        this.entry = entry;
        this.transcript = transcript;
        this.promptTokens = promptTokens;
        this.text = new TextAssembler(stops);
    }

    /** Takes the next event in; only while not {@link #ended}. */
    void accept(GenerationEvent event) {
        switch (event) {
            case GenerationEvent.Started(int cached) -> {
                cachedTokens = cached;
                queued = Duration.ofNanos(System.nanoTime() - submitted);
                entry.started(queued, promptTokens, cached);
            }
            case GenerationEvent.Prompt _ -> {}
            case GenerationEvent.Token token -> {
                lastToken = System.nanoTime();
                firstToken = completionTokens++ == 0 ? lastToken : firstToken;
                if (!token.control()) {
                    text.accept(token.piece());
                    transcript.accept(token.piece());
                }
                if (text.stopped()) {
                    finishReason = "stop";
                }
            }
            case GenerationEvent.Finished(GenerationEvent.FinishReason reason, GenerationEvent.Timings measured) -> {
                timings = Optional.of(measured);
                text.finish();
                // What was cut off at the end of the last piece may complete a stop text.
                finishReason = switch (reason) {
                    case STOP -> "stop";
                    case LENGTH -> text.stopped() ? "stop" : "length";
                };
            }
            case GenerationEvent.Failed(EngineException cause) -> failure = cause;
        }
    }

    /** Whether nothing more is to come. */
    boolean ended() {
        return failure != null || !finishReason.isEmpty();
    }

    /** Whether a token has been sampled, or it ended. */
    boolean begun() {
        return completionTokens > 0 || ended();
    }

    /**
     * Throws what ended it, if that was a failure.
     *
     * @throws EngineException the engine's own
     */
    void requireSuccess() {
        if (failure != null) {
            throw failure;
        }
    }

    /** {@code stop} or {@code length}; {@code ""} while it goes on. */
    String finishReason() {
        return finishReason;
    }

    /** Nobody reads it any more. */
    void clientIsGone() {
        clientGone = true;
    }

    boolean clientGone() {
        return clientGone;
    }

    /** Has the ledger know how many tokens there are, before the client does. */
    void tellProgress() {
        entry.progress(completionTokens);
    }

    /** What the ledger keeps of it. */
    Outcome outcome(Status status, boolean clientGone) {
        long started = submitted + queued.toNanos();
        Duration prefill = Duration.ofNanos(completionTokens == 0 ? 0 : firstToken - started);
        var stages = timings.orElseGet(
                () -> new GenerationEvent.Timings(queued, prefill, Duration.ofNanos(lastToken - firstToken)));
        return new Outcome(
                status,
                finishReason,
                queued.isZero() ? 0 : promptTokens,
                cachedTokens,
                completionTokens,
                0,
                stages.queued(),
                stages.prefill(),
                stages.decode(),
                clientGone);
    }

    TextAssembler text() {
        return text;
    }

    Usage usage() {
        return new Usage(promptTokens, completionTokens, cachedTokens);
    }

    /** The whole answer as OpenAI's {@code chat.completion}. */
    byte[] toJson(AnswerHead head) {
        var json = new JsonBytes();
        head.writeTo(json, "chat.completion");
        json.raw(",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"")
                .escaped(text.bytes(), text.ready())
                .raw("\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":")
                .string(finishReason)
                .raw("}],\"usage\":");
        usage().writeTo(json);
        return json.raw("}").toByteArray();
    }
}
