package dev.gufo.engine.worker;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.FlashAttention;
import dev.gufo.engine.KvType;
import dev.gufo.engine.SplitMode;
import java.util.ArrayList;
import java.util.List;

/** How a model is computed as bytes, field by field in the order of its record. */
final class ComputeCodec {
    private ComputeCodec() {}

    static void write(FrameWriter out, ComputeSettings compute) {
        float[] split = new float[compute.tensorSplit().size()];
        for (int i = 0; i < split.length; i++) {
            split[i] = compute.tensorSplit().get(i);
        }
        out.string(compute.keys().name())
                .string(compute.values().name())
                .string(compute.flashAttention().name())
                .string(compute.splitMode().name())
                .floats(split)
                .int32(compute.mainGpu())
                .bool(compute.requireGpu());
    }

    static ComputeSettings read(FrameReader in) throws BrokenFrame {
        return new ComputeSettings(
                KvType.valueOf(in.string()),
                KvType.valueOf(in.string()),
                FlashAttention.valueOf(in.string()),
                SplitMode.valueOf(in.string()),
                shares(in),
                in.int32(),
                in.bool());
    }

    private static List<Float> shares(FrameReader in) throws BrokenFrame {
        List<Float> shares = new ArrayList<>();
        for (float share : in.floats()) {
            shares.add(share);
        }
        return shares;
    }
}
