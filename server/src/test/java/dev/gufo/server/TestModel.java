package dev.gufo.server;

import dev.gufo.engine.Engine;
import java.time.Instant;
import java.util.Optional;

/**
 * A model for tests.
 *
 * @param engine closed by the test
 * @param chatTemplate instead of the engine's own
 */
public record TestModel(String id, Engine engine, Optional<String> chatTemplate, Instant created) {
    public TestModel(String id, Engine engine) {
        this(id, engine, Optional.empty(), Instant.ofEpochSecond(1_700_000_000));
    }

    /** {@code scripted} and {@code other/model}. */
    public static TestModel[] two() {
        var engine = new ScriptedEngine();
        return new TestModel[] {new TestModel("scripted", engine), new TestModel("other/model", engine)};
    }
}
