package dev.gufo.engine.damage;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.AdapterSource;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.batch.LocalEngine;
import dev.gufo.gguf.GgufFile;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/**
 * A process that opens damaged files, one after the other, as a worker does, and says in a file how each went: it may
 * die of one.
 *
 * <p>Arguments: the sound file, the first seed, the seed after the last, the file to tell it in, and, if the file is an
 * adapter, its model.
 */
public final class OpenDamaged {
    private static final Rendering TEXT = new Rendering(List.of(
            new Segment("<|im_start|>user\n", true), new Segment("Owls, \u00e9t\u00e9 \ud83e\udd89 12345?\n", false)));
    private static final Sampling[] SAMPLINGS = {Sampling.LLAMA_CPP_DEFAULTS, Sampling.GREEDY};

    private OpenDamaged() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.OFF);
        Path sound = Path.of(arguments[0]);
        Path report = Path.of(arguments[3]);
        var damage = new Damage(Files.readAllBytes(sound));
        Path file = report.resolveSibling("damaged.gguf");
        Optional<Path> model = arguments.length > 4 ? Optional.of(Path.of(arguments[4])) : Optional.empty();
        for (long seed = Long.parseLong(arguments[1]); seed < Long.parseLong(arguments[2]); seed++) {
            Files.write(file, damage.file(seed));
            tell(report, "%d ".formatted(seed));
            tell(report, open(file, model) + System.lineSeparator());
        }
    }

    private static void tell(Path report, String text) throws IOException {
        Files.writeString(report, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static String open(Path file, Optional<Path> model) throws InterruptedException {
        Path natives = Path.of(System.getProperty("gufo.natives"));
        List<AdapterSource> sources =
                model.isPresent() ? List.of(new AdapterSource("damaged", file)) : List.<AdapterSource>of();
        List<AdapterScale> adapters =
                model.isPresent() ? List.of(new AdapterScale("damaged", 2)) : List.<AdapterScale>of();
        var settings = EngineSettings.of(model.orElse(file), natives)
                .contextTokens(64)
                .sequences(2)
                .gpuLayers(0)
                .threads(1)
                .stepTokens(64)
                .queueLength(4)
                .build()
                .withAdapters(sources);
        try (LocalEngine engine = LocalEngine.open(settings, percent -> {})) {
            GgufFile header = GgufFile.read(file);
            int[] prompt = engine.tokenize(TEXT);
            engine.pieces(prompt);
            if (engine.model().roles().contains(ModelRole.CHAT) && prompt.length > 0) {
                for (Sampling sampling : SAMPLINGS) {
                    generate(
                            engine,
                            GenerationRequest.of(prompt, 3)
                                    .sampling(sampling)
                                    .build()
                                    .with(adapters));
                }
            }
            return "loaded " + header.tensors().size();
        } catch (EngineException | IllegalArgumentException e) { // the latter: its own tokenizer's ids are not in it
            return "refused " + String.valueOf(e.getMessage()).replace('\n', ' ');
        } catch (IOException | RuntimeException | Error e) {
            StackTraceElement[] trace = e.getStackTrace();
            return "failed %s at %s".formatted(e.toString().replace('\n', ' '), trace.length == 0 ? "?" : trace[0]);
        }
    }

    private static void generate(LocalEngine engine, GenerationRequest request) throws InterruptedException {
        try (Generation generation = engine.generate(request)) {
            GenerationEvent event;
            do {
                event = generation.next(Duration.ofSeconds(30)).orElseThrow();
            } while (!(event instanceof GenerationEvent.Finished || event instanceof GenerationEvent.Failed));
            if (event instanceof GenerationEvent.Failed(EngineException cause)) {
                throw cause;
            }
        }
    }
}
