package dev.gufo.bench;

import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench load}: what a user asks for, as a {@link LoadPlan}. */
@Command(
        name = "load",
        description = "Sends chat completion requests to a server and reports rates and latencies.",
        sortOptions = false,
        showDefaultValues = true)
final class LoadCommand implements Callable<Integer> {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this.")
    @SuppressWarnings("UnusedVariable") // picocli looks at it
    private boolean help;

    @Spec
    private CommandSpec spec;

    @Option(names = "--base-url", paramLabel = "URL", description = "As OpenAI clients take it.")
    private URI baseUrl = URI.create("http://127.0.0.1:8080/v1");

    @Option(names = "--api-key", paramLabel = "KEY", description = "Sent as bearer token.")
    private Optional<String> apiKey;

    @Option(names = "--model", paramLabel = "NAME", description = "Default: the first that the server lists.")
    private Optional<String> model;

    @ArgGroup
    private When when = new When();

    @ArgGroup
    private Until until = new Until();

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            description = "Requests sent first that count nowhere. Default: 1 a client.")
    private Optional<Integer> warmUp;

    @Option(
            names = "--prompt-tokens",
            paramLabel = "LENGTHS",
            description = "fixed:N, uniform:A..B or lognormal:MEDIAN,SIGMA; the whole prompt.",
            converter = LengthsText.class)
    private Lengths promptTokens = new Lengths.Fixed(128);

    @Option(
            names = "--output-tokens",
            paramLabel = "LENGTHS",
            description = "The same for max_tokens.",
            converter = LengthsText.class)
    private Lengths outputTokens = new Lengths.Fixed(128);

    @Option(
            names = "--shared-prefix-tokens",
            paramLabel = "N",
            description = "So much of every prompt is the same text.")
    private int sharedPrefixTokens;

    @Option(names = "--no-stream", description = "Ask for answers in one piece.", negatable = true)
    private boolean stream = true;

    @Option(names = "--ignore-eos", description = "Ask for answers of the full length, whatever the model wants.")
    private boolean ignoreEnd;

    @Option(names = "--temperature", paramLabel = "T", description = "Default: the server's.")
    private Optional<Double> temperature;

    @Option(names = "--sampling-seed", paramLabel = "SEED", description = "Sent as seed with every request.")
    private Optional<Long> samplingSeed;

    @Option(
            names = "--tokens-per-word",
            paramLabel = "R",
            description = "Of the prompts. Default: two requests find out.")
    private Optional<Double> tokensPerWord;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            description = "The same seed makes the same prompts, lengths and arrivals.")
    private long seed = 1;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "A request that takes longer has failed: 30s, 5m, ... Default: 10m",
            showDefaultValue = Visibility.NEVER,
            converter = TimeText.class)
    private Duration timeout = Duration.ofMinutes(10);

    @Option(
            names = "--watch-pid",
            paramLabel = "PID",
            arity = "1..*",
            description = "Processes whose resident memory is followed.",
            showDefaultValue = Visibility.NEVER)
    private List<Long> watchPids = List.of();

    @Option(
            names = "--watch-every",
            paramLabel = "N",
            description = "Requests from one look at the memory to the next.")
    private int watchEvery = 100;

    @Option(names = "--format", description = "${COMPLETION-CANDIDATES}")
    private Format format = Format.table;

    /** How the report is written; named as users write them. */
    enum Format {
        table,
        json
    }

    private static final class When {
        @Option(
                names = "--clients",
                paramLabel = "N",
                description = "Closed loop: each sends when its last answer ended.")
        private int clients = 1;

        @Option(
                names = "--rate",
                paramLabel = "R",
                description = "Open loop: Poisson arrivals, R requests a second.",
                showDefaultValue = Visibility.NEVER)
        private Optional<Double> rate = Optional.empty();

        private Arrivals arrivals() {
            return rate.<Arrivals>map(Arrivals.Poisson::new).orElseGet(() -> new Arrivals.ClosedLoop(clients));
        }
    }

    private static final class Until {
        @Option(names = "--requests", paramLabel = "N", description = "So many requests.")
        private int requests = 100;

        @Option(
                names = "--duration",
                paramLabel = "TIME",
                description = "For so long: 30s, 5m, ...",
                showDefaultValue = Visibility.NEVER,
                converter = TimeText.class)
        private Optional<Duration> duration = Optional.empty();

        private LoadPlan.Extent extent() {
            return duration.<LoadPlan.Extent>map(LoadPlan.Extent.For::new)
                    .orElseGet(() -> new LoadPlan.Extent.Requests(requests));
        }
    }

    @Override
    public Integer call() {
        LoadGenerator generator;
        try {
            generator = new LoadGenerator(new Target(baseUrl, apiKey), plan(), new MemoryWatch(watchPids, watchEvery));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        try {
            LoadReport report = generator.run();
            PrintWriter out = spec.commandLine().getOut();
            out.print(
                    switch (format) {
                        case table -> ReportTable.of(report);
                        case json -> ReportJson.of(report);
                    });
            out.flush();
            return report.figures().completed() > 0 ? 0 : 1;
        } catch (LoadGenerator.TargetUnusable e) {
            PrintWriter err = spec.commandLine().getErr();
            err.println("%s: %s".formatted(baseUrl, e.getMessage()));
            err.flush();
            return 1;
        }
    }

    private LoadPlan plan() {
        Arrivals arrivals = when.arrivals();
        int perClient = arrivals instanceof Arrivals.ClosedLoop(int clients) ? clients : 1;
        var workload = new Workload(
                promptTokens,
                outputTokens,
                sharedPrefixTokens,
                stream,
                ignoreEnd,
                temperature.isPresent() ? OptionalDouble.of(temperature.get()) : OptionalDouble.empty(),
                samplingSeed.isPresent() ? OptionalLong.of(samplingSeed.get()) : OptionalLong.empty(),
                tokensPerWord.isPresent() ? OptionalDouble.of(tokensPerWord.get()) : OptionalDouble.empty());
        return new LoadPlan(arrivals, until.extent(), warmUp.orElse(perClient), workload, model, seed, timeout);
    }

    private static final class LengthsText implements ITypeConverter<Lengths> {
        @Override
        public Lengths convert(String text) {
            return Lengths.parse(text);
        }
    }

    private static final class TimeText implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            try {
                return Duration.parse("PT" + text);
            } catch (DateTimeParseException e) {
                throw new IllegalArgumentException("'%s' is not a time such as 30s, 1.5s or 5m".formatted(text), e);
            }
        }
    }
}
