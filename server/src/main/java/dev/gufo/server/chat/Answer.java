package dev.gufo.server.chat;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import java.util.List;

/** An answer in the making: what the events of one generation add up to. */
final class Answer {
    private final TextAssembler text;
    private final int promptTokens;
    private int completionTokens;
    private int cachedTokens;
    private String finishReason = "";
    private EngineException failure;

    /**
     * @param promptTokens tokens of the prompt
     * @param stops texts that end the answer
     */
    Answer(int promptTokens, List<String> stops) {
        this.promptTokens = promptTokens;
        this.text = new TextAssembler(stops);
    }

    /** Takes the next event in; only while not {@link #ended}. */
    void accept(GenerationEvent event) {
        switch (event) {
            case GenerationEvent.Started(int cached) -> cachedTokens = cached;
            case GenerationEvent.Prompt _ -> {}
            case GenerationEvent.Token token -> {
                completionTokens++;
                if (!token.control()) {
                    text.accept(token.piece());
                }
                if (text.stopped()) {
                    finishReason = "stop";
                }
            }
            case GenerationEvent.Finished(GenerationEvent.FinishReason reason, GenerationEvent.Timings _) -> {
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
