package dev.gufo.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.server.boot.UsageException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class ServeOptionsTest {
    private static final PrintStream NOWHERE =
            new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);

    @TempDir
    private Path folder;

    @Test
    void everyCommandIsFoundByTheNameThatItIsListedUnder() {
        assertThat(GufoCommand.commandLine(Map.of(), NOWHERE, NOWHERE)
                        .getSubcommands()
                        .keySet())
                .containsExactlyElementsOf(GufoCommand.COMMANDS);
    }

    @Test
    void withoutAnyWordTheServerListensOnLoopback() {
        ServeOptions options = parse(Map.of());
        assertThat(options.listen.host).isEqualTo("127.0.0.1");
        assertThat(options.listen.port).isEqualTo(8080);
        assertThat(options.size.gpuLayers).isEqualTo(-1);
        assertThat(options.engine.workers).isTrue();
        assertThat(options.listen.insecure).isFalse();
        assertThat(options.model.models).isEmpty();
        assertThat(options.listen.apiKeys).isEmpty();
        assertThat(options.connections.maxBodyBytes).isEqualTo(16 << 20);
        assertThat(options.answers.drainTimeout).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void flagBeatsEnvironmentBeatsFile() throws IOException {
        String config = file("port: 1\nparallel: 1\nthreads: 1\n");
        ServeOptions options = parse(Map.of("GUFO_PORT", "2", "GUFO_PARALLEL", "2"), "--config", config, "--port", "3");
        assertThat(List.of(options.listen.port, options.size.parallel, options.run.threads))
                .containsExactly(3, 2, 1);
    }

    @Test
    void listsReplaceEachOtherRatherThanAddUp() throws IOException {
        String config = file("api-key: [a, b]\nmodel: one\ncors-origin: [x]\n");
        ServeOptions options = parse(
                Map.of("GUFO_API_KEY", "c, d", "GUFO_CONFIG", config), "--model", "two,2.gguf", "--model", "three");
        assertThat(options.listen.apiKeys).containsExactly("c", "d");
        assertThat(options.model.models).containsExactly("two,2.gguf", "three");
        assertThat(options.listen.corsOrigins).containsExactly("x");
    }

    @Test
    void aSwitchThatTheEnvironmentTurnedOnStaysOnOrIsTakenBack() {
        Map<String, String> environment = Map.of("GUFO_INSECURE", "true", "GUFO_STRICT_CONTEXT", "true");
        ServeOptions options = parse(environment, "--insecure", "--strict-context=false");
        assertThat(options.listen.insecure).isTrue();
        assertThat(options.answers.strictContext).isFalse();
    }

    @Test
    void valuesInTheFileStayAsTheyAreWritten() throws IOException {
        String config = file("api-key: [007, 1e3, 'a,b', '${user.name}', yes]\nworkers: off\nmax-body: 1 MiB\n");
        ServeOptions options = parse(Map.of(), "--config", config);
        assertThat(options.listen.apiKeys).containsExactly("007", "1e3", "a,b", "${user.name}", "yes");
        assertThat(options.engine.workers).isFalse();
        assertThat(options.connections.maxBodyBytes).isEqualTo(1 << 20);
    }

    @ParameterizedTest
    @CsvSource({
        "1h, PT1H",
        "90m, PT1H30M",
        "1h30m, PT1H30M",
        "30s, PT30S",
        "500ms, PT0.5S",
        "45, PT45S",
        "0, PT0S",
        "2 m, PT2M",
        "1H 30M, PT1H30M",
        "7d, PT168H",
        "1w, PT168H"
    })
    void everyTimeIsWrittenInTheUsualWays(String written, Duration meant) {
        for (String option : List.of("--keep-alive", "--load-wait", "--drain-timeout", "--usage-retention")) {
            ServeOptions options = parse(Map.of(), option, written);
            assertThat(List.of(
                            options.load.keepAlive,
                            options.load.loadWait,
                            options.answers.drainTimeout,
                            options.accounts.usageRetention))
                    .as(option)
                    .contains(meant);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1y", "h", "1.5h", "1h30", "PT1H", "999999999999w", "99999999999999"})
    void whatIsNoTimeIsRefusedWithExamples(String written) {
        assertThat(run(Map.of(), "serve", "--keep-alive", written))
                .startsWith("2 ")
                .contains("--keep-alive", "is no time such as");
    }

    @Test
    void anEmptyFileAndAnEmptyVariableSayNothing() throws IOException {
        assertThat(parse(Map.of("GUFO_PORT", " "), "--config", file("# nothing\n")).listen.port)
                .isEqualTo(8080);
    }

    @Test
    void everyOptionHasItsVariableItsKeyAndItsLineInTheHelp() throws IOException {
        CommandLine serve = GufoCommand.commandLine(Map.of(), NOWHERE, NOWHERE)
                .getSubcommands()
                .get("serve");
        List<OptionSpec> options = serve.getCommandSpec().options().stream()
                .filter(o -> !o.usageHelp())
                .toList();
        assertThat(options)
                .extracting(OptionSpec::longestName)
                .contains(
                        "--host",
                        "--port",
                        "--models-dir",
                        "--model",
                        "--ctx-size",
                        "--parallel",
                        "--gpu-layers",
                        "--threads",
                        "--engine",
                        "--workers",
                        "--worker-timeout",
                        "--natives",
                        "--api-key",
                        "--data-dir",
                        "--config",
                        "--insecure",
                        "--drain-timeout",
                        "--overflow-status",
                        "--strict-context",
                        "--max-body",
                        "--cors-origin",
                        "--chat-template",
                        "--queue-length",
                        "--step-tokens",
                        "--heartbeat",
                        "--log-level");
        for (OptionSpec option : options) {
            assertThat(serve.getUsageMessage()).contains(option.longestName());
            if (option.longestName().equals("--config")) {
                continue;
            }
            Object fromVariable = parsedValue(option, Map.of(Layers.variable(option), valueFor(option)));
            Object fromFile = parsedValue(
                    option, Map.of("GUFO_CONFIG", file(Layers.key(option) + ": \"" + valueFor(option) + "\"\n")));
            assertThat(fromVariable)
                    .as(Layers.variable(option))
                    .isNotNull()
                    .isNotEqualTo(parsedValue(option, Map.of()));
            assertThat(fromFile).as(Layers.key(option)).isEqualTo(fromVariable);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            prot: 1                     | line 1: unknown key 'prot'; did you mean 'port'?
            ctx_size: 1                 | line 1: unknown key 'ctx_size'; did you mean 'ctx-size'?
            config: x                   | unknown key 'config'
            help: true                  | unknown key 'help'
            port: 1\\nport: 2           | line 2: 'port' is set twice
            port: [1, 2]                | line 1: 'port' must be one value
            port: {a: 1}                | line 1: 'port' must be one value
            port:                       | line 1: 'port' must be one value
            model: [[a]]                | line 1: 'model' must be a value or a list of values
            [port]                      | line 1: a mapping of option names to values is expected
            port: 1\\n---\\nport: 2     | a second document is not allowed
            'port: "'                   | not YAML
            """)
    void aFileThatIsWrongIsNamedWithItsLineAndKey(String yaml, String complaint) throws IOException {
        String config = file(yaml.replace("\\n", "\n"));
        assertThatThrownBy(() -> parse(Map.of(), "--config", config))
                .isInstanceOf(UsageException.class)
                .hasMessageStartingWith(config)
                .hasMessageContaining(complaint);
    }

    @Test
    void aFileThatIsMissingIsNamed() {
        assertThatThrownBy(() -> parse(Map.of("GUFO_CONFIG", "/nowhere/gufo.yaml")))
                .isInstanceOf(UsageException.class)
                .hasMessage("/nowhere/gufo.yaml can't be read: there is no such file");
    }

    @Test
    void aValueThatCannotBeMeantIsAUsageErrorThatNamesItsPlace() throws IOException {
        assertThat(run(Map.of("GUFO_PORT", "abc"), "serve"))
                .startsWith("2 gufo: Invalid value for option '--port'")
                .contains("GUFO_PORT");
        assertThat(run(Map.of(), "serve", "--config", file("port: abc")))
                .startsWith("2 ")
                .contains("'port' in ");
        assertThat(run(Map.of("GUFO_PORT", "1"), "serve", "--port", "abc"))
                .startsWith("2 ")
                .doesNotContain("GUFO_PORT");
        assertThat(run(Map.of(), "serve", "--prot", "1")).startsWith("2 ").contains("--prot");
        assertThat(run(Map.of(), "serve", "--port")).startsWith("2 ").contains("--port");
        assertThat(run(Map.of(), "sreve")).startsWith("2 ").contains("sreve");
        assertThat(run(Map.of())).startsWith("2 ").contains("a command is missing");
    }

    @Test
    void helpIsShownEvenIfTheFileIsWrong() throws IOException {
        assertThat(run(Map.of("GUFO_CONFIG", file("prot: 1")), "serve", "--help"))
                .startsWith("0 Usage: gufo serve");
    }

    @Test
    void theHelpTextShowsNoKey() {
        assertThat(run(Map.of("GUFO_API_KEY", "sk-secret"), "serve", "--help")).doesNotContain("sk-secret");
    }

    @ParameterizedTest
    @CsvSource({"1024, 1024", "1k, 1024", "2KiB, 2048", "32MiB, 33554432", "1 GB, 1073741824", "0, 0"})
    void sizesHaveUnits(String written, long bytes) {
        assertThat(parse(Map.of(), "--max-body", written).connections.maxBodyBytes)
                .isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({"30, 30000", "5s, 5000", "250ms, 250", "2m, 120000"})
    void timesHaveUnits(String written, long milliseconds) {
        assertThat(parse(Map.of(), "--heartbeat", written).answers.heartbeat)
                .isEqualTo(Duration.ofMillis(milliseconds));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--max-body=-1",
                "--max-body=1TiB",
                "--max-body=999999999999999GiB",
                "--heartbeat=5h",
                "--gpu-layers=-1",
                "--gpu-layers=all",
                "--workers=perhaps",
                "--log-level=loud",
                "--insecure=perhaps"
            })
    void whatIsNoSuchValueIsRefused(String option) {
        assertThat(run(Map.of(), "serve", option)).startsWith("2 ");
    }

    private static ServeOptions parse(Map<String, String> environment, String... options) {
        CommandLine gufo = GufoCommand.commandLine(Map.of(), NOWHERE, NOWHERE);
        CommandLine serve = gufo.getSubcommands().get("serve");
        String[] arguments = new String[options.length + 1];
        arguments[0] = "serve";
        System.arraycopy(options, 0, arguments, 1, options.length);
        GufoCommand.layer(serve, arguments, environment);
        gufo.parseArgs(arguments);
        return serve.<ServeCommand>getCommand().options();
    }

    private static Object parsedValue(OptionSpec option, Map<String, String> environment) {
        CommandLine gufo = GufoCommand.commandLine(Map.of(), NOWHERE, NOWHERE);
        CommandLine serve = gufo.getSubcommands().get("serve");
        GufoCommand.layer(serve, new String[] {"serve"}, environment);
        gufo.parseArgs("serve");
        return serve.getCommandSpec().findOption(option.longestName()).getValue();
    }

    /** Something that this option takes and that is not its default. */
    private static String valueFor(OptionSpec option) {
        return switch (option.longestName()) {
            case "--workers", "--on-demand", "--responses-store", "--web", "--speculate" -> "off";
            case "--insecure", "--strict-context", "--volatile-lines", "--require-gpu" -> "true";
            case "--log-level" -> "debug";
            case "--pooling" -> "cls";
            case "--usage-retention", "--responses-retention", "--files-retention" -> "7d";
            case "--batch-share" -> "0.25";
            case "--batch-hours" -> "22:00-06:00";
            case "--log-content" -> "true";
            case "--draft-model" -> "large=small.gguf";
            default -> "7";
        };
    }

    private String file(String yaml) throws IOException {
        return Files.writeString(folder.resolve("gufo.yaml"), yaml).toString();
    }

    /** Exit status, standard output and standard error, in this order. */
    private static String run(Map<String, String> environment, String... arguments) {
        var out = new java.io.ByteArrayOutputStream();
        var stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        int status = GufoCommand.run(arguments, environment, stream, stream);
        return status + " " + out.toString(StandardCharsets.UTF_8);
    }
}
