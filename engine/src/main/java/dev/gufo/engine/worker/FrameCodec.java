package dev.gufo.engine.worker;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.Candidate;
import dev.gufo.engine.GenerationEvent.Logprobs;
import dev.gufo.engine.GenerationEvent.Token;
import dev.gufo.engine.Refusal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Frames as bytes: length of the rest (4 bytes), then the frame as {@link Codecs} makes it from its record. Written by
 * hand is what comes with every token, and what is no record. The two processes are the same build, and nothing else
 * ever reads these bytes.
 */
final class FrameCodec {
    /** Most bytes of a frame, without the length in front. */
    static final int MAX_FRAME_BYTES = 64 << 20;

    /** Most tokens that a {@link Report.Tokenized} can carry, and the lengths of texts, which take as much. */
    static final int MAX_TOKENS = (MAX_FRAME_BYTES - 64) / Integer.BYTES;

    /** In front of a step; every other frame begins with {@link #ANY}. */
    private static final int STEP = 0;

    private static final int ANY = 1;

    /** In front of a token, the sum of what applies; every other event begins with {@link #OTHER}. */
    private static final int CONTROL = 1;

    private static final int LOGPROBS = 2;
    private static final int OTHER = 4;

    private static final Codec<GenerationEvent> EVENTS;
    private static final Codec<Frame> FRAMES;

    static {
        Codecs codecs = new Codecs();
        codecs.with(Token.class, Codec.of(2 * Integer.BYTES + Byte.BYTES, FrameCodec::token, FrameCodec::token));
        codecs.with(EngineException.class, exceptions(codecs.of(Refusal.class)));
        EVENTS = codecs.of(GenerationEvent.class);
        FRAMES = codecs.of(Frame.class);
    }

    private FrameCodec() {}

    /** The frame with its length in front; whether it is short enough to be sent is for the caller to know. */
    static ByteBuffer encode(Frame frame) {
        FrameWriter out = new FrameWriter();
        if (frame instanceof Report.Step step) {
            step(out.int8(STEP), step);
        } else {
            FRAMES.write(out.int8(ANY), frame);
        }
        return out.frame();
    }

    /**
     * Reads one frame.
     *
     * @param bytes from its type to its end, which is the buffer's limit; in any state after an exception
     * @throws BrokenFrame if these bytes are no frame
     */
    static Frame decode(ByteBuffer bytes) throws BrokenFrame {
        FrameReader in = new FrameReader(bytes);
        Frame frame = in.index(2) == STEP ? step(in) : FRAMES.read(in);
        in.end();
        return frame;
    }

    private static void step(FrameWriter out, Report.Step step) {
        out.int32(step.running()).int32(step.waiting()).float32(step.kvUsage()).int64(step.preemptions());
        out.int32(step.ids().length);
        for (int i = 0; i < step.ids().length; i++) {
            event(out.int64(step.ids()[i]), step.events()[i]);
        }
    }

    private static Report.Step step(FrameReader in) throws BrokenFrame {
        int running = in.int32();
        int waiting = in.int32();
        float kvUsage = in.float32();
        long preemptions = in.int64();
        int count = in.count(Long.BYTES + Byte.BYTES);
        long[] ids = new long[count];
        GenerationEvent[] events = new GenerationEvent[count];
        for (int i = 0; i < count; i++) {
            ids[i] = in.int64();
            events[i] = event(in);
        }
        return new Report.Step(running, waiting, kvUsage, preemptions, ids, events);
    }

    private static void event(FrameWriter out, GenerationEvent event) {
        if (event instanceof Token token) {
            token(out, token);
        } else {
            EVENTS.write(out.int8(OTHER), event);
        }
    }

    private static GenerationEvent event(FrameReader in) throws BrokenFrame {
        int flags = in.index(OTHER + 1);
        return flags == OTHER ? EVENTS.read(in) : token(flags, in);
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
        return token(in.index(OTHER), in);
    }

    private static Token token(int flags, FrameReader in) throws BrokenFrame {
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

    /** Exceptions are no records: what each is made of. */
    private static Codec<EngineException> exceptions(Codec<Refusal> refusals) {
        return Codec.of(
                Byte.BYTES,
                (out, exception) -> {
                    switch (exception) {
                        case EngineException.Refused refused -> refusals.write(out.int8(0), refused.refusal());
                        case EngineException.Restarted _ -> out.int8(1).string(String.valueOf(exception.getMessage()));
                        case EngineException.Broken _ -> out.int8(2).string(String.valueOf(exception.getMessage()));
                        case EngineException.Interrupted _ ->
                            throw new AssertionError("only a thread that waits for a worker is interrupted");
                    }
                },
                in -> switch (in.index(3)) {
                    case 0 -> new EngineException.Refused(refusals.read(in));
                    case 1 -> new EngineException.Restarted(in.string());
                    default -> new EngineException.Broken(in.string());
                });
    }
}
