package dev.gufo.engine.worker;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.Candidate;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationEvent.Logprobs;
import dev.gufo.engine.GenerationEvent.Timings;
import dev.gufo.engine.GenerationEvent.Token;
import dev.gufo.engine.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What happens to a generation, and what an engine can't do, as bytes: each written and read in one place. */
final class EventCodec {
    private static final int CONTROL = 1;
    private static final int LOGPROBS = 2;

    private EventCodec() {}

    static void event(FrameWriter out, GenerationEvent event) {
        switch (event) {
            case GenerationEvent.Started(int cachedTokens) -> out.int8(0).int32(cachedTokens);
            case GenerationEvent.Token token -> token(out.int8(1), token);
            case GenerationEvent.Finished(FinishReason reason, Timings(var queued, var prefill, var decode)) ->
                out.int8(2)
                        .string(reason.name())
                        .duration(queued)
                        .duration(prefill)
                        .duration(decode);
            case GenerationEvent.Failed(EngineException cause) -> exception(out.int8(3), cause);
            case GenerationEvent.Prompt(var tokens) -> {
                out.int8(4).int32(tokens.size());
                tokens.forEach(token -> token(out, token));
            }
        }
    }

    /** Most tokens are plain text without logprobs: one byte says so. */
    private static void token(FrameWriter out, Token token) {
        out.int8((token.control() ? CONTROL : 0) | (token.logprobs().isPresent() ? LOGPROBS : 0))
                .int32(token.id())
                .bytes(token.piece());
        token.logprobs().ifPresent(logprobs -> {
            out.float32(logprobs.chosen()).int32(logprobs.top().size());
            for (Candidate candidate : logprobs.top()) {
                out.int32(candidate.id()).bytes(candidate.piece()).float32(candidate.logprob());
            }
        });
    }

    private static Token token(FrameReader in) throws BrokenFrame {
        int flags = in.int8();
        return new Token(
                in.int32(),
                in.bytes(),
                (flags & CONTROL) != 0,
                (flags & LOGPROBS) != 0 ? Optional.of(logprobs(in)) : Optional.empty());
    }

    private static Logprobs logprobs(FrameReader in) throws BrokenFrame {
        float chosen = in.float32();
        int count = in.count(Integer.BYTES + Integer.BYTES + Float.BYTES);
        List<Candidate> top = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            top.add(new Candidate(in.int32(), in.bytes(), in.float32()));
        }
        return new Logprobs(chosen, top);
    }

    private static List<Token> tokens(FrameReader in) throws BrokenFrame {
        int count = in.count(Byte.BYTES + Integer.BYTES + Integer.BYTES);
        List<Token> tokens = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            tokens.add(token(in));
        }
        return tokens;
    }

    static GenerationEvent event(FrameReader in) throws BrokenFrame {
        int kind = in.int8();
        return switch (kind) {
            case 0 -> new GenerationEvent.Started(in.int32());
            case 1 -> token(in);
            case 2 ->
                new GenerationEvent.Finished(
                        FinishReason.valueOf(in.string()), new Timings(in.duration(), in.duration(), in.duration()));
            case 3 -> new GenerationEvent.Failed(exception(in));
            case 4 -> new GenerationEvent.Prompt(tokens(in));
            default -> throw new BrokenFrame("unknown event " + kind);
        };
    }

    static void exception(FrameWriter out, EngineException exception) {
        switch (exception) {
            case EngineException.Refused refused -> refusal(out.int8(0), refused.refusal());
            case EngineException.Restarted restarted -> out.int8(1).string(String.valueOf(restarted.getMessage()));
            case EngineException.Broken broken -> out.int8(2).string(String.valueOf(broken.getMessage()));
            case EngineException.Interrupted _ ->
                throw new AssertionError("only who waits for a worker is interrupted");
        }
    }

    static EngineException exception(FrameReader in) throws BrokenFrame {
        int kind = in.int8();
        return switch (kind) {
            case 0 -> new EngineException.Refused(refusal(in));
            case 1 -> new EngineException.Restarted(in.string());
            case 2 -> new EngineException.Broken(in.string());
            default -> throw new BrokenFrame("unknown exception " + kind);
        };
    }

    private static void refusal(FrameWriter out, Refusal refusal) {
        switch (refusal) {
            case Refusal.ContextExceeded(int prompt, int context) ->
                out.int8(0).int32(prompt).int32(context);
            case Refusal.QueueFull(int waiting, var after) ->
                out.int8(1).int32(waiting).duration(after);
            case Refusal.NotReady(String reason, var after) ->
                out.int8(2).string(reason).duration(after);
            case Refusal.ConstraintFailed(String reason) -> out.int8(3).string(reason);
            case Refusal.InputTooLong(int index, int tokens, int window) ->
                out.int8(4).int32(index).int32(tokens).int32(window);
            case Refusal.UnknownAdapter(String id, var known) ->
                AdapterCodec.ids(out.int8(5).string(id), known);
            case Refusal.AdaptersOverflow() -> out.int8(6);
            case Refusal.TextTooLong(long characters, long most) ->
                out.int8(8).int64(characters).int64(most);
            case Refusal.Unsupported(String parameter, String engine) ->
                out.int8(7).string(parameter).string(engine);
        }
    }

    private static Refusal refusal(FrameReader in) throws BrokenFrame {
        int kind = in.int8();
        return switch (kind) {
            case 0 -> new Refusal.ContextExceeded(in.int32(), in.int32());
            case 1 -> new Refusal.QueueFull(in.int32(), in.duration());
            case 2 -> new Refusal.NotReady(in.string(), in.duration());
            case 3 -> new Refusal.ConstraintFailed(in.string());
            case 4 -> new Refusal.InputTooLong(in.int32(), in.int32(), in.int32());
            case 5 -> new Refusal.UnknownAdapter(in.string(), AdapterCodec.ids(in));
            case 6 -> new Refusal.AdaptersOverflow();
            case 7 -> new Refusal.Unsupported(in.string(), in.string());
            case 8 -> new Refusal.TextTooLong(in.int64(), in.int64());
            default -> throw new BrokenFrame("unknown refusal " + kind);
        };
    }
}
