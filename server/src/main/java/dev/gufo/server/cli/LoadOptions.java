package dev.gufo.server.cli;

import dev.gufo.engine.pool.ModelPool;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.boot.Converters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import picocli.CommandLine.Option;

/** When models come into memory and leave it: options of {@code gufo serve}, filled by picocli. */
final class LoadOptions {
    private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

    @Option(
            names = "--on-demand",
            arity = "1",
            paramLabel = "on|off",
            defaultValue = "on",
            converter = Converters.OnOff.class,
            description =
                    "Whether the other models of the models folder are loaded when a request names them" + DEFAULT)
    boolean onDemand;

    @Option(
            names = "--load-wait",
            paramLabel = "TIME",
            defaultValue = ServerSettings.DEFAULT_LOAD_WAIT_SECONDS + "s",
            converter = Converters.Time.class,
            description = "How long a request waits for its model to be loaded" + DEFAULT)
    Duration loadWait = Duration.ZERO;

    @Option(
            names = "--keep-alive",
            paramLabel = "TIME",
            defaultValue = "0",
            converter = Converters.Time.class,
            description = "How long an unused model stays in memory; 0 until another one needs the room" + DEFAULT)
    Duration keepAlive = Duration.ZERO;

    @Option(
            names = "--pin",
            paramLabel = "NAME",
            split = Layers.SEPARATOR,
            hideParamSyntax = true,
            description = "A model that is loaded at the start and stays in memory; repeatable.")
    List<String> pinned = new ArrayList<>();

    void into(ServerSettings.Builder settings) {
        settings.loadWait(loadWait);
    }

    /** @param stays whether a model stays in memory */
    ModelPool.Settings pool(Predicate<String> stays) {
        ModelPool.Settings defaults = ModelPool.Settings.DEFAULT;
        return new ModelPool.Settings(keepAlive, defaults.patience(), defaults.retryAfterFailure(), stays);
    }
}
