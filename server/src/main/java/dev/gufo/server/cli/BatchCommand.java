package dev.gufo.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.FileAnswers;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.Storage;
import dev.gufo.server.access.Limits;
import dev.gufo.server.batches.BatchFile;
import dev.gufo.server.boot.Reasons;
import dev.gufo.server.boot.RunningModels;
import dev.gufo.server.boot.StartFailed;
import dev.gufo.server.boot.StopSignal;
import dev.gufo.server.boot.UsageException;
import dev.gufo.server.database.Database;
import dev.gufo.server.models.ServedModels;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code gufo batch}: batches without a server. */
@Command(
        name = "batch",
        synopsisSubcommandLabel = "COMMAND",
        description = "Answer many requests of one file, without a server.")
final class BatchCommand implements Callable<Integer> {
    @CommandLine.Spec
    CommandLine.Model.CommandSpec spec;

    private BatchCommand() {}

    static CommandLine commandLine(Map<String, String> environment, PrintStream out, PrintStream err) {
        return new CommandLine(new BatchCommand()).addSubcommand(new Run(environment, out, err));
    }

    @Override
    public Integer call() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }

    /** {@code gufo batch run}: the lines of a file become lines of another one. */
    @Command(
            name = "run",
            sortOptions = false,
            abbreviateSynopsis = true,
            description =
                    "Answer the requests of a file, one in each line, as /v1/batches takes them. The answers go to another file as they come; what is"
                            + " answered there already is not computed again, so the same command goes on where an earlier one was stopped.",
            footer =
                    "%nThe models are chosen and run as gufo serve does with the same options, environment and settings file; options about"
                            + " clients have no meaning here. The exit status is 1 if lines failed.")
    static final class Run implements Callable<Integer> {
        private static final ObjectMapper JSON = new ObjectMapper();
        private static final String LINES = ".jsonl";

        @Parameters(paramLabel = "FILE", description = "The requests: JSON lines.")
        Path file;

        @Option(
                names = {"-o", "--output"},
                paramLabel = "OUT",
                description = "Where the answers go (default: FILE with the ending .results.jsonl).")
        @Nullable
        Path output;

        @Mixin
        ServeOptions options;

        private final Map<String, String> environment;
        private final PrintStream out;
        private final PrintStream err;

        Run(Map<String, String> environment, PrintStream out, PrintStream err) {
            this.environment = environment;
            this.out = out;
            this.err = err;
        }

        @Override
        public Integer call() throws InterruptedException {
            if (!Files.isRegularFile(file)) {
                throw new UsageException("there is no file " + file);
            }
            var serve = new ServeCommand(options, environment, out, err);
            var status = new AtomicInteger(GufoCommand.FAILED);
            serve.withLogs(temporary -> {
                ServerSettings settings = serve.settings();
                serve.withModels(
                        temporary,
                        () -> Storage.open(Database.open("", temporary), Limits.NONE, ""),
                        err,
                        (running, models, storage) -> status.set(answer(settings, running, models, storage)));
            });
            return status.get();
        }

        private int answer(ServerSettings settings, RunningModels running, ServedModels models, Storage storage)
                throws InterruptedException {
            StopSignal stop = StopSignal.install();
            if (!running.awaitLoaded(stop)) {
                return GufoCommand.FAILED;
            }
            boolean terminal = Optional.ofNullable(System.console())
                    .map(Console::isTerminal)
                    .orElse(false);
            try (var progress = new LineProgress(err, terminal);
                    var answers = FileAnswers.open(settings, models, storage, progress)) {
                stop.onAsked(answers.file()::stop);
                if (stop.isAsked()) {
                    return GufoCommand.FAILED;
                }
                return told(answers.file().run(file, results()), progress);
            } catch (IOException e) {
                throw new StartFailed("%s can't be answered in %s: %s".formatted(file, results(), Reasons.of(e)));
            }
        }

        private int told(BatchFile.Outcome outcome, LineProgress progress) {
            progress.close();
            switch (outcome) {
                case BatchFile.Outcome.Done(int total, int failed) -> {
                    out.printf("%d lines are in %s, %d of them failed%n", total, results(), failed);
                    return failed == 0 ? GufoCommand.DONE : GufoCommand.FAILED;
                }
                case BatchFile.Outcome.Stopped(int done, int total) -> {
                    err.printf(
                            "gufo: stopped; %d of %d lines are in %s, and the same command goes on with the others%n",
                            done, total, results());
                    return GufoCommand.FAILED;
                }
                case BatchFile.Outcome.Refused(String errors) -> {
                    tell(errors);
                    return GufoCommand.FAILED;
                }
            }
        }

        private void tell(String errors) {
            try {
                for (JsonNode error : JSON.readTree(errors)) {
                    String line = error.get("line").isNull() ? "" : ":" + error.get("line");
                    err.printf(
                            "gufo: %s%s: %s%n", file, line, error.get("message").textValue());
                }
            } catch (JsonProcessingException e) {
                throw new AssertionError("what we wrote can be read", e);
            }
        }

        private Path results() {
            if (output != null) {
                return output;
            }
            String name = String.valueOf(file.getFileName());
            String plain = name.endsWith(LINES) ? name.substring(0, name.length() - LINES.length()) : name;
            return file.resolveSibling(plain + ".results" + LINES);
        }
    }
}
