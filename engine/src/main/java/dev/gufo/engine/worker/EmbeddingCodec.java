package dev.gufo.engine.worker;

import dev.gufo.engine.EmbeddingEvent;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.EmbeddingSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.ModelRole;
import dev.gufo.engine.Owner;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What the seam says about vectors as bytes, each written and read in one place. */
final class EmbeddingCodec {
    private EmbeddingCodec() {}

    static void settings(FrameWriter out, EmbeddingSettings settings) {
        out.bool(settings.wanted()).string(settings.pooling().map(Pooling::name).orElse(""));
    }

    static EmbeddingSettings settings(FrameReader in) throws BrokenFrame {
        boolean wanted = in.bool();
        String pooling = in.string();
        return new EmbeddingSettings(
                wanted, pooling.isEmpty() ? Optional.empty() : Optional.of(Pooling.valueOf(pooling)));
    }

    static void request(FrameWriter out, EmbeddingRequest request) {
        out.string(request.owner().id()).int32(request.owner().weight());
        out.int32(request.inputs().size());
        request.inputs().forEach(out::ints);
    }

    static EmbeddingRequest request(FrameReader in) throws BrokenFrame {
        var owner = new Owner(in.string(), in.int32());
        int count = in.count(Integer.BYTES);
        List<int[]> inputs = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            inputs.add(in.ints());
        }
        return new EmbeddingRequest(inputs, owner);
    }

    static void vectors(FrameWriter out, Report.Vectors vectors) {
        out.int32(vectors.ids().length);
        for (int i = 0; i < vectors.ids().length; i++) {
            event(out.int64(vectors.ids()[i]), vectors.events()[i]);
        }
    }

    static Report.Vectors vectors(FrameReader in) throws BrokenFrame {
        int count = in.count(Long.BYTES + Byte.BYTES);
        long[] ids = new long[count];
        EmbeddingEvent[] events = new EmbeddingEvent[count];
        for (int i = 0; i < count; i++) {
            ids[i] = in.int64();
            events[i] = event(in);
        }
        return new Report.Vectors(ids, events);
    }

    private static void event(FrameWriter out, EmbeddingEvent event) {
        switch (event) {
            case EmbeddingEvent.Computed(int[] indexes, float[][] vectors, boolean last) -> {
                out.int8(0).bool(last).ints(indexes);
                for (float[] vector : vectors) {
                    out.floats(vector);
                }
            }
            case EmbeddingEvent.Failed(EngineException cause) -> EventCodec.exception(out.int8(1), cause);
        }
    }

    private static EmbeddingEvent event(FrameReader in) throws BrokenFrame {
        int kind = in.int8();
        return switch (kind) {
            case 0 -> {
                boolean last = in.bool();
                int[] indexes = in.ints();
                float[][] vectors = new float[indexes.length][];
                for (int i = 0; i < vectors.length; i++) {
                    vectors[i] = in.floats();
                }
                yield new EmbeddingEvent.Computed(indexes, vectors, last);
            }
            case 1 -> new EmbeddingEvent.Failed(EventCodec.exception(in));
            default -> throw new BrokenFrame("unknown event " + kind);
        };
    }

    static void roles(FrameWriter out, Set<ModelRole> roles) {
        out.int32(roles.size());
        roles.forEach(role -> out.string(role.name()));
    }

    static Set<ModelRole> roles(FrameReader in) throws BrokenFrame {
        int count = in.count(Integer.BYTES);
        Set<ModelRole> roles = EnumSet.noneOf(ModelRole.class);
        for (int i = 0; i < count; i++) {
            roles.add(ModelRole.valueOf(in.string()));
        }
        return roles;
    }

    static void info(FrameWriter out, EmbeddingInfo info) {
        PairFormat pairs = info.pairs();
        out.string(info.pooling().name())
                .int32(info.dimensions())
                .int32(info.windowTokens())
                .string(pairs.template())
                .ints(pairs.before())
                .ints(pairs.between())
                .ints(pairs.after());
    }

    static EmbeddingInfo info(FrameReader in) throws BrokenFrame {
        return new EmbeddingInfo(
                Pooling.valueOf(in.string()),
                in.int32(),
                in.int32(),
                new PairFormat(in.string(), in.ints(), in.ints(), in.ints()));
    }
}
