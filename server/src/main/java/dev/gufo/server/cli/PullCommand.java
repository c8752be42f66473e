package dev.gufo.server.cli;

import static java.util.Objects.requireNonNull;

import dev.gufo.server.boot.Reasons;
import dev.gufo.server.boot.StartFailed;
import dev.gufo.server.boot.UsageException;
import dev.gufo.store.pull.Pull;
import dev.gufo.store.pull.PullException;
import dev.gufo.store.pull.PullSource;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code gufo pull}: downloads a model into the models folder. */
@Command(
        name = "pull",
        sortOptions = false,
        description =
                "Download a model into the models folder; an interrupted download goes on when it is started again.",
        footer = "%nHF_TOKEN is sent to the hub for models that need it; HF_ENDPOINT names another hub or a mirror.")
final class PullCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "SOURCE",
            description = "hf:OWNER/REPO, hf:OWNER/REPO:QUANTIZATION, hf:OWNER/REPO/FILE or a URL.")
    String source;

    @Mixin
    ModelFolderOptions folder;

    @Option(
            names = "--sha256",
            paramLabel = "HASH",
            description = "What the file must hash to, if the hub does not tell.")
    @Nullable
    String sha256;

    private final Map<String, String> environment;
    private final PrintStream out;
    private final PrintStream err;

    PullCommand(Map<String, String> environment, PrintStream out, PrintStream err) {
        this.environment = environment;
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (sha256 != null && !sha256.matches("[0-9A-Fa-f]{64}")) {
            throw new UsageException("--sha256 must be 64 hexadecimal digits");
        }
        var ended = new AtomicBoolean();
        Thread stopped = new Thread(() -> {
            if (!ended.get()) {
                err.println();
                err.println("gufo: stopped; the same command continues with the parts that are here");
            }
        });
        Runtime.getRuntime().addShutdownHook(stopped);
        try {
            download().forEach(file -> out.println(file));
            out.flush();
            return GufoCommand.DONE;
        } catch (PullException e) {
            throw new StartFailed(requireNonNull(e.getMessage()));
        } catch (IOException e) {
            throw new StartFailed("%s can't be written to: %s".formatted(folder.path(), Reasons.of(e)));
        } finally {
            ended.set(true);
            forget(stopped);
        }
    }

    private List<Path> download() throws IOException, InterruptedException {
        boolean terminal =
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
        try (var bar = new ProgressBar(err, terminal)) {
            return new Pull(settings(environment), bar)
                    .run(PullSource.parse(source), folder.path(), Optional.ofNullable(sha256));
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            hook.interrupt(); // the process is ending already, and the hook with it
        }
    }

    /**
     * The hub and its token, as the environment has them.
     *
     * @throws UsageException if they can't be used
     */
    static Pull.Settings settings(Map<String, String> environment) {
        Optional<String> token =
                Optional.of(environment.getOrDefault("HF_TOKEN", "").strip()).filter(text -> !text.isEmpty());
        if (token.isPresent() && !token.get().matches("[!-~]+")) {
            throw new UsageException("HF_TOKEN is no token: it holds more than visible ASCII");
        }
        String endpoint = environment.getOrDefault("HF_ENDPOINT", "").strip();
        Pull.Settings settings = Pull.Settings.DEFAULT;
        return settings.at(endpoint.isEmpty() ? settings.endpoint() : hub(endpoint), token);
    }

    private static URI hub(String endpoint) {
        try {
            URI hub = new URI(endpoint);
            boolean isHttp = "https".equals(hub.getScheme()) || "http".equals(hub.getScheme());
            if (isHttp && hub.getHost() != null) {
                return hub;
            }
        } catch (URISyntaxException e) {
            throw new UsageException(
                    "HF_ENDPOINT is no URL: %s".formatted(e.getReason().toLowerCase(Locale.ROOT)));
        }
        throw new UsageException("HF_ENDPOINT must be a URL of HTTP, is " + endpoint);
    }
}
