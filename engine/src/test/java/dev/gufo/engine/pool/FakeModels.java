package dev.gufo.engine.pool;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Models that are nothing but sizes, in MiB on a device "gpu" and one "cpu". */
final class FakeModels {
    private final Map<String, List<Footprint>> ways = new HashMap<>();

    /** A model that takes so much of the gpu. */
    FakeModels with(String id, long gpu) {
        ways.put(id, List.of(mib(gpu, 0)));
        return this;
    }

    /** A model that is worth the first footprint and makes do with the second, cramped. */
    FakeModels with(String id, Footprint wish, Footprint cramped) {
        ways.put(id, List.of(wish, cramped));
        return this;
    }

    static Footprint mib(long gpu, long cpu) {
        return new Footprint(Map.of("gpu", gpu << 20, "cpu", cpu << 20));
    }

    Planned plan(String id, Footprint free) {
        List<Footprint> sizes = Optional.ofNullable(ways.get(id))
                .orElseThrow(() -> new EngineException.Broken("there is no model " + id));
        for (Footprint size : sizes) {
            if (size.fitsIn(free)) {
                return new Planned(SETTINGS, size, true, !size.equals(sizes.getFirst()), "");
            }
        }
        String refusal = "%s takes %s, free are %s".formatted(id, Question.text(sizes.getLast()), Question.text(free));
        return new Planned(SETTINGS, sizes.getLast(), false, true, refusal);
    }

    private static final EngineSettings SETTINGS = EngineSettings.of(Path.of("fake.gguf"), Path.of("natives"))
            .contextTokens(64)
            .sequences(1)
            .gpuLayers(0)
            .threads(1)
            .stepTokens(64)
            .queueLength(1)
            .build();
}
