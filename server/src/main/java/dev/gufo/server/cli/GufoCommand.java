package dev.gufo.server.cli;

import static java.util.Objects.requireNonNull;

import dev.gufo.server.boot.StartFailed;
import dev.gufo.server.boot.UsageException;
import dev.gufo.server.secrets.Masked;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The program {@code gufo}: its commands, and what every failure of theirs looks like. */
@Command(
        name = "gufo",
        description = "Serves language models in GGUF files through OpenAI's HTTP API.",
        footer = "%nEvery option of a command is explained by gufo COMMAND --help.",
        synopsisSubcommandLabel = "COMMAND")
final class GufoCommand {
    private static final Set<String> OF_MODELS = Set.of("models", "show", "rm", "pull");
    private static final String SERVE = "serve";

    /** In the order in which the help names them. */
    static final List<String> COMMANDS = List.of(
            SERVE, "keys", "usage", "models", "show", "rm", "pull", "render", "batch", "plan", "doctor", "health",
            "connect", "version");

    static final int DONE = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = CommandLine.ScopeType.INHERIT,
            description = "Show this help.")
    boolean help;

    private GufoCommand() {}

    /**
     * Runs one command to its end, on the calling thread.
     *
     * @param environment where {@code GUFO_*} variables are looked up
     * @param out what the command prints, in UTF-8
     * @param err everything else
     * @return the exit status: 0, 1 if it could not be done, 2 if it could not be meant
     */
    static int run(String[] arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
        CommandLine gufo = commandLine(wanted(arguments), environment, out, err);
        try {
            layer(command(gufo.getSubcommands(), "serve"), arguments, environment);
            layerBatch(gufo, arguments, environment);
            layerKeys(gufo, arguments, environment);
            layerUsage(gufo, arguments, environment);
            layerModels(gufo, arguments, environment);
            layerHealth(gufo, arguments, environment);
            return gufo.execute(arguments);
        } catch (UsageException e) {
            return complain(gufo, e.getMessage(), USAGE);
        }
    }

    /** Those that a command line needs: what has no part in it need not be read. */
    private static Predicate<String> wanted(String[] arguments) {
        String named = arguments.length == 0 ? "" : arguments[0];
        return COMMANDS.contains(named) ? name -> name.equals(named) || name.equals(SERVE) : _ -> true;
    }

    static CommandLine commandLine(Map<String, String> environment, PrintStream out, PrintStream err) {
        return commandLine(_ -> true, environment, out, err);
    }

    private static CommandLine commandLine(
            Predicate<String> wanted, Map<String, String> environment, PrintStream out, PrintStream err) {
        var gufo = new CommandLine(new GufoCommand());
        COMMANDS.stream()
                .filter(wanted)
                .forEach(name -> gufo.addSubcommand(name, command(name, environment, out, err)));
        gufo.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
        gufo.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
        gufo.setExpandAtFiles(false);
        gufo.setUsageHelpAutoWidth(true);
        gufo.setExecutionStrategy(parsed -> {
            if (!parsed.hasSubcommand() && !parsed.isUsageHelpRequested()) {
                throw new ParameterException(gufo, "a command is missing");
            }
            return new CommandLine.RunLast().execute(parsed);
        });
        gufo.setParameterExceptionHandler((e, _) -> {
            String command = e.getCommandLine().getCommandSpec().qualifiedName();
            return complain(gufo, "%s; %s --help tells more".formatted(sentence(e), command), USAGE);
        });
        gufo.setExecutionExceptionHandler((e, _, _) -> switch (e) {
            case UsageException usage -> complain(gufo, usage.getMessage(), USAGE);
            case StartFailed failed -> complain(gufo, failed.getMessage(), FAILED);
            default -> throw e;
        });
        return gufo;
    }

    private static Object command(String name, Map<String, String> environment, PrintStream out, PrintStream err) {
        return switch (name) {
            case SERVE -> new ServeCommand(environment, out, err);
            case "keys" -> KeysCommand.commandLine(out);
            case "usage" -> new UsageCommand(out);
            case "models" ->
                new CommandLine(new ModelCommands.ListAll(out)).addSubcommand(new ModelCommands.History(out));
            case "show" -> new ModelCommands.Show(out);
            case "rm" -> new ModelCommands.Remove(System.in, out);
            case "pull" -> new PullCommand(environment, out, err);
            case "render" -> new RenderCommand(out);
            case "batch" -> BatchCommand.commandLine(environment, out, err);
            case "plan" -> new PlanCommand(out);
            case "doctor" -> new DoctorCommand(out);
            case "health" -> new HealthCommand(out);
            case "connect" -> new ConnectCommand(out);
            case "version" -> new VersionCommand(out);
            default -> throw new IllegalArgumentException(name);
        };
    }

    /**
     * Puts environment and settings file behind the options of {@code gufo serve}. The file's name is itself an option,
     * so it is looked up before the real parsing; a file that is wrong does not keep anyone from the help text.
     */
    static void layer(CommandLine serve, String[] arguments, Map<String, String> environment) {
        if (arguments.length > 0 && arguments[0].equals("serve")) {
            layers(serve, arguments, environment).ifPresent(serve::setDefaultValueProvider);
        }
    }

    /** The same for {@code gufo batch run}, which runs models as {@code gufo serve} does. */
    private static void layerBatch(CommandLine gufo, String[] arguments, Map<String, String> environment) {
        if (arguments.length > 0 && arguments[0].equals("batch")) {
            Map<String, CommandLine> commands = gufo.getSubcommands();
            layers(command(commands, "serve"), arguments, environment)
                    .ifPresent(layers -> command(command(commands, "batch").getSubcommands(), "run")
                            .setDefaultValueProvider(layers));
        }
    }

    /** The same for {@code gufo keys}, which finds the database where {@code gufo serve} does. */
    private static void layerKeys(CommandLine gufo, String[] arguments, Map<String, String> environment) {
        if (arguments.length > 0 && arguments[0].equals("keys")) {
            Map<String, CommandLine> commands = gufo.getSubcommands();
            layers(command(commands, "serve"), arguments, environment)
                    .ifPresent(layers -> command(commands, "keys")
                            .getSubcommands()
                            .values()
                            .forEach(one -> one.setDefaultValueProvider(KeyDatabase.placeFrom(layers))));
        }
    }

    /** The same for {@code gufo usage}. */
    private static void layerUsage(CommandLine gufo, String[] arguments, Map<String, String> environment) {
        if (arguments.length > 0 && arguments[0].equals("usage")) {
            Map<String, CommandLine> commands = gufo.getSubcommands();
            layers(command(commands, "serve"), arguments, environment)
                    .ifPresent(layers ->
                            command(commands, "usage").setDefaultValueProvider(KeyDatabase.placeFrom(layers)));
        }
    }

    /** The same for the commands about models, which find the folder where {@code gufo serve} does. */
    private static void layerModels(CommandLine gufo, String[] arguments, Map<String, String> environment) {
        if (arguments.length > 0 && OF_MODELS.contains(arguments[0])) {
            Map<String, CommandLine> commands = gufo.getSubcommands();
            layers(command(commands, "serve"), arguments, environment).ifPresent(layers -> {
                CommandLine command = command(commands, arguments[0]);
                command.setDefaultValueProvider(ModelFolderOptions.placeFrom(layers));
                command.getSubcommands()
                        .values()
                        .forEach(history -> history.setDefaultValueProvider(KeyDatabase.placeFrom(layers)));
            });
        }
    }

    /** The same for {@code gufo health}, which asks where {@code gufo serve} listens. */
    private static void layerHealth(CommandLine gufo, String[] arguments, Map<String, String> environment) {
        if (arguments.length > 0 && arguments[0].equals("health")) {
            Map<String, CommandLine> commands = gufo.getSubcommands();
            layers(command(commands, "serve"), arguments, environment)
                    .ifPresent(layers ->
                            command(commands, "health").setDefaultValueProvider(HealthCommand.placeFrom(layers)));
        }
    }

    /** What environment and settings file say; empty if the command line is wrong anyway, or only asks for help. */
    private static Optional<Layers> layers(CommandLine serve, String[] arguments, Map<String, String> environment) {
        var first = new CommandLine(new FirstLook())
                .setUnmatchedArgumentsAllowed(true)
                .setExpandAtFiles(false);
        FirstLook look = first.getCommand();
        try {
            first.parseArgs(Arrays.copyOfRange(arguments, 1, arguments.length));
        } catch (ParameterException e) {
            return Optional.empty(); // the real parsing says so in better words
        }
        if (look.help) {
            return Optional.empty();
        }
        String path = look.config != null
                ? look.config
                : environment.getOrDefault("GUFO_CONFIG", "").strip();
        Map<String, Boolean> repeatable = serve.getCommandSpec().options().stream()
                .filter(option -> !option.usageHelp() && !option.longestName().equals("--config"))
                .collect(Collectors.toMap(Layers::key, OptionSpec::isMultiValue));
        Optional<SettingsFile> file =
                path.isEmpty() ? Optional.empty() : Optional.of(SettingsFile.read(Path.of(path), repeatable));
        return Optional.of(new Layers(environment, file));
    }

    /** Only what has to be known before the settings file is read. */
    @Command
    private static final class FirstLook {
        @Option(names = "--config")
        private @Nullable String config;

        @Option(names = {"-h", "--help"})
        boolean help;
    }

    private static CommandLine command(Map<String, CommandLine> commands, String name) {
        return requireNonNull(commands.get(name));
    }

    private static String sentence(ParameterException e) {
        String message = requireNonNull(e.getMessage());
        return e.getCommandLine().getDefaultValueProvider() instanceof Layers layers && e.getArgSpec() != null
                ? layers.placeOf(e.getArgSpec(), e.getValue())
                        .map(place -> "%s (from %s)".formatted(message, place))
                        .orElse(message)
                : message;
    }

    private static int complain(CommandLine gufo, String sentence, int status) {
        gufo.getErr().println("gufo: " + Masked.text(sentence));
        return status;
    }
}
