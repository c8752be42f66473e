package dev.gufo.engine.worker;

import dev.gufo.engine.Framing;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.event.Level;

/**
 * Frames as bytes: length of the rest (4 bytes), type (1 byte), fields in the order of the record. Written by hand, since the two
 * processes are the same build and nothing else ever reads them.
 */
final class FrameCodec {
    /** Most bytes of a frame, without the length in front. */
    static final int MAX_FRAME_BYTES = 64 << 20;

    /** Most tokens that a {@link Report.Tokenized} can carry. */
    static final int MAX_TOKENS = (MAX_FRAME_BYTES - 64) / Integer.BYTES;

    private static final int OPEN = 1;
    private static final int TOKENIZE = 2;
    private static final int GENERATE = 3;
    private static final int CANCEL = 4;
    private static final int SHUTDOWN = 5;
    private static final int PROGRESS = 6;
    private static final int LOADED = 7;
    private static final int FAILED = 8;
    private static final int TOKENIZED = 9;
    private static final int ACCEPTED = 10;
    private static final int DECLINED = 11;
    private static final int STEP = 12;
    private static final int LOG = 13;
    private static final int INVALID = 14;
    private static final int DETOKENIZE = 15;
    private static final int PIECES = 16;
    private static final int EMBED = 17;
    private static final int VECTORS = 18;
    private static final int USE_THREADS = 19;
    private static final int BEAT = 20;
    private static final int CLOSED = 21;

    private FrameCodec() {}

    /** The frame with its length in front; whether it is short enough to be sent is for the caller to know. */
    static ByteBuffer encode(Frame frame) {
        FrameWriter out = new FrameWriter();
        switch (frame) {
            case Command.Open(var settings, var level) ->
                SeamCodec.settings(out.int8(OPEN), settings).string(level.name());
            case Command.Tokenize(long id, Rendering text, Framing framing, int most) ->
                rendering(out.int8(TOKENIZE).int64(id), text)
                        .string(framing.name())
                        .int32(most);
            case Command.Detokenize(long id, int[] tokens) ->
                out.int8(DETOKENIZE).int64(id).ints(tokens);
            case Command.Generate(long id, var request) ->
                SeamCodec.request(out.int8(GENERATE).int64(id), request);
            case Command.Embed(long id, var request) ->
                EmbeddingCodec.request(out.int8(EMBED).int64(id), request);
            case Command.Cancel(long id) -> out.int8(CANCEL).int64(id);
            case Command.UseThreads(int most) -> out.int8(USE_THREADS).int32(most);
            case Command.Shutdown() -> out.int8(SHUTDOWN);
            case Report.Progress(int percent) -> out.int8(PROGRESS).int32(percent);
            case Report.Loaded(var model) -> SeamCodec.model(out.int8(LOADED), model);
            case Report.Failed(String reason) -> out.int8(FAILED).string(reason);
            case Report.Tokenized(long id, int[] tokens) ->
                out.int8(TOKENIZED).int64(id).ints(tokens);
            case Report.Pieces(long id, byte[][] pieces) ->
                pieces(out.int8(PIECES).int64(id), pieces);
            case Report.Accepted(long id) -> out.int8(ACCEPTED).int64(id);
            case Report.Declined(long id, var cause) ->
                EventCodec.exception(out.int8(DECLINED).int64(id), cause);
            case Report.Invalid(long id, String message) ->
                out.int8(INVALID).int64(id).string(message);
            case Report.Step step -> step(out.int8(STEP), step);
            case Report.Vectors vectors -> EmbeddingCodec.vectors(out.int8(VECTORS), vectors);
            case Report.Beat(long pulse) -> out.int8(BEAT).int64(pulse);
            case Report.Closed() -> out.int8(CLOSED);
            case Report.Log(Level level, String logger, String message) ->
                out.int8(LOG).string(level.name()).string(logger).string(message);
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
        Frame frame;
        try {
            frame = frame(in);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new BrokenFrame("a value is out of range: " + e.getMessage(), e);
        }
        in.end();
        return frame;
    }

    private static Frame frame(FrameReader in) throws BrokenFrame {
        int type = in.int8();
        return switch (type) {
            case OPEN -> new Command.Open(SeamCodec.settings(in), Level.valueOf(in.string()));
            case TOKENIZE -> new Command.Tokenize(in.int64(), rendering(in), Framing.valueOf(in.string()), in.int32());
            case DETOKENIZE -> new Command.Detokenize(in.int64(), in.ints());
            case GENERATE -> new Command.Generate(in.int64(), SeamCodec.request(in));
            case EMBED -> new Command.Embed(in.int64(), EmbeddingCodec.request(in));
            case CANCEL -> new Command.Cancel(in.int64());
            case USE_THREADS -> new Command.UseThreads(in.int32());
            case SHUTDOWN -> new Command.Shutdown();
            case PROGRESS -> new Report.Progress(in.int32());
            case LOADED -> new Report.Loaded(SeamCodec.model(in));
            case FAILED -> new Report.Failed(in.string());
            case TOKENIZED -> new Report.Tokenized(in.int64(), in.ints());
            case PIECES -> new Report.Pieces(in.int64(), pieces(in));
            case ACCEPTED -> new Report.Accepted(in.int64());
            case DECLINED -> new Report.Declined(in.int64(), EventCodec.exception(in));
            case INVALID -> new Report.Invalid(in.int64(), in.string());
            case STEP -> step(in);
            case VECTORS -> EmbeddingCodec.vectors(in);
            case BEAT -> new Report.Beat(in.int64());
            case CLOSED -> new Report.Closed();
            case LOG -> new Report.Log(Level.valueOf(in.string()), in.string(), in.string());
            default -> throw new BrokenFrame("unknown frame type " + type);
        };
    }

    private static FrameWriter rendering(FrameWriter out, Rendering rendering) {
        out.int32(rendering.segments().size());
        for (Segment segment : rendering.segments()) {
            out.bool(segment.trusted()).string(segment.text());
        }
        return out;
    }

    private static void pieces(FrameWriter out, byte[][] pieces) {
        out.int32(pieces.length);
        for (byte[] piece : pieces) {
            out.bytes(piece);
        }
    }

    private static byte[][] pieces(FrameReader in) throws BrokenFrame {
        byte[][] pieces = new byte[in.count(Integer.BYTES)][];
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = in.bytes();
        }
        return pieces;
    }

    private static Rendering rendering(FrameReader in) throws BrokenFrame {
        int count = in.count(Byte.BYTES + Integer.BYTES);
        List<Segment> segments = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            boolean trusted = in.bool();
            segments.add(new Segment(in.string(), trusted));
        }
        return new Rendering(segments);
    }

    private static void step(FrameWriter out, Report.Step step) {
        out.int32(step.running()).int32(step.waiting()).float32(step.kvUsage()).int64(step.stepBacks());
        out.int32(step.ids().length);
        for (int i = 0; i < step.ids().length; i++) {
            EventCodec.event(out.int64(step.ids()[i]), step.events()[i]);
        }
    }

    private static Report.Step step(FrameReader in) throws BrokenFrame {
        int running = in.int32();
        int waiting = in.int32();
        float kvUsage = in.float32();
        long stepBacks = in.int64();
        int count = in.count(Long.BYTES + Byte.BYTES);
        long[] ids = new long[count];
        GenerationEvent[] events = new GenerationEvent[count];
        for (int i = 0; i < count; i++) {
            ids[i] = in.int64();
            events[i] = EventCodec.event(in);
        }
        return new Report.Step(running, waiting, kvUsage, stepBacks, ids, events);
    }
}
