package dev.gufo.engine.worker;

import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.AdapterSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** LoRA adapters as bytes, field by field in the order of their records. */
final class AdapterCodec {
    private AdapterCodec() {}

    static void sources(FrameWriter out, List<AdapterSource> sources) {
        out.int32(sources.size());
        sources.forEach(source -> out.string(source.id()).string(source.file().toString()));
    }

    static List<AdapterSource> sources(FrameReader in) throws BrokenFrame {
        int count = in.count(Integer.BYTES + Integer.BYTES);
        List<AdapterSource> sources = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            sources.add(new AdapterSource(in.string(), Path.of(in.string())));
        }
        return sources;
    }

    static void scales(FrameWriter out, List<AdapterScale> scales) {
        out.int32(scales.size());
        scales.forEach(scale -> out.string(scale.id()).float32(scale.scale()));
    }

    static List<AdapterScale> scales(FrameReader in) throws BrokenFrame {
        int count = in.count(Integer.BYTES + Float.BYTES);
        List<AdapterScale> scales = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            scales.add(new AdapterScale(in.string(), in.float32()));
        }
        return scales;
    }

    static void ids(FrameWriter out, List<String> ids) {
        out.int32(ids.size());
        ids.forEach(out::string);
    }

    static List<String> ids(FrameReader in) throws BrokenFrame {
        int count = in.count(Integer.BYTES);
        List<String> ids = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ids.add(in.string());
        }
        return ids;
    }
}
