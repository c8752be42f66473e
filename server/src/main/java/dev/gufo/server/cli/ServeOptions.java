package dev.gufo.server.cli;

import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.Speculation;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.access.AdminPlace;
import dev.gufo.server.batches.BatchHours;
import dev.gufo.server.boot.Converters;
import dev.gufo.server.http.ConnectionLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Every option of {@code gufo serve}, filled by picocli. Each may also be set in the environment ({@code --ctx-size} is
 * {@code GUFO_CTX_SIZE}, lists with commas) and in the settings file ({@code ctx-size}); see {@link Layers}.
 *
 * <p>Lists are split at {@link Layers#SEPARATOR}, which no one types: on the command line an option is repeated
 * instead. Switches take an optional value, so that the command line can take back what environment or file turned on.
 */
final class ServeOptions {
    private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = ServerSettings.DEFAULT_HOST,
            description = "Address to listen on" + DEFAULT)
    String host = "";

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "" + ServerSettings.DEFAULT_PORT,
            description = "Port to listen on, 0 takes a free one" + DEFAULT)
    int port;

    @Option(
            names = "--models-dir",
            paramLabel = "DIR",
            description = "Folder of *.gguf files (default: models beside the program).")
    Path modelsDir;

    @Option(
            names = "--model",
            paramLabel = "NAME|PATH",
            split = Layers.SEPARATOR,
            hideParamSyntax = true,
            description =
                    "A model of the models folder by name, or a GGUF file. Repeatable; the first answers requests that name none"
                            + " (default: the first of the models folder).")
    List<String> models = new ArrayList<>();

    @Mixin
    LoadOptions load = new LoadOptions();

    @Mixin
    SizeOptions size = new SizeOptions();

    @Mixin
    ComputeOptions compute = new ComputeOptions();

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "Most CPU threads of a model, 0 takes one for each core that Gufo may use" + DEFAULT)
    int threads;

    @Option(
            names = "--engine",
            paramLabel = "llamacpp|jllama",
            defaultValue = "llamacpp",
            description = "What runs the models" + DEFAULT)
    String engine = "";

    @Option(
            names = "--workers",
            arity = "1",
            paramLabel = "on|off",
            defaultValue = "on",
            converter = Converters.OnOff.class,
            description = "Run each model in a process of its own, so that its crash is not the server's" + DEFAULT)
    boolean workers;

    @Option(
            names = "--worker-timeout",
            paramLabel = "TIME",
            defaultValue = "10s",
            converter = Converters.Time.class,
            description =
                    "After this much silence a model's process counts as hung, and is killed and started again: 1s to 1h, 0 to wait for"
                            + " ever" + DEFAULT)
    Duration workerTimeout = Duration.ZERO;

    @Option(
            names = "--natives",
            paramLabel = "DIR",
            description = "Folder of the llama.cpp libraries (default: natives beside the program).")
    Path natives;

    @Option(
            names = "--api-key",
            paramLabel = "KEY",
            split = Layers.SEPARATOR,
            hideParamSyntax = true,
            description =
                    "A key that clients may use, repeatable; without one everybody may. At least 16 characters where other machines"
                            + " reach the server. Other users of the machine see it in the process list: prefer GUFO_API_KEY or the"
                            + " settings file.")
    List<String> apiKeys = new ArrayList<>();

    @Mixin
    DataPlace data = new DataPlace();

    @Option(
            names = "--admin",
            arity = "1",
            paramLabel = "on|off|PORT",
            defaultValue = "on",
            converter = Converters.Admin.class,
            description =
                    "Whether /admin is served, for administrators' keys: beside the rest, not at all, or on a port of its own"
                            + DEFAULT)
    AdminPlace admin = AdminPlace.BESIDE;

    @Option(
            names = "--web",
            arity = "1",
            paramLabel = "on|off",
            defaultValue = "on",
            converter = Converters.OnOff.class,
            description = "Serve the page for people: chat at /, operation at /admin" + DEFAULT)
    boolean web;

    @Option(
            names = "--limit",
            paramLabel = "NAME=N",
            split = Layers.SEPARATOR,
            hideParamSyntax = true,
            description =
                    "A limit of every key that has none of its own, repeatable, for instance tokens-per-day=1000000. Names:"
                            + " requests-per-minute, requests-per-day, tokens-per-minute, tokens-per-day, concurrent-requests,"
                            + " queued-requests, max-tokens, tokens-per-month.")
    List<String> limits = new ArrayList<>();

    @Option(
            names = "--limits-url",
            paramLabel = "URL",
            description =
                    "Count limits on Redis or Valkey, for several servers together: redis://[:PASSWORD@]HOST[:PORT][/DATABASE]")
    String limitsUrl = "";

    @Option(
            names = "--usage-retention",
            paramLabel = "TIME",
            defaultValue = "90d",
            converter = Converters.Time.class,
            description = "How long the ledger keeps who used what, such as 90d or 52w; 0 for ever" + DEFAULT)
    Duration usageRetention = Duration.ZERO;

    @Option(
            names = "--responses-store",
            arity = "1",
            paramLabel = "on|off",
            defaultValue = "on",
            converter = Converters.OnOff.class,
            description = "Keep responses of /v1/responses in the database, unless they say store: false" + DEFAULT)
    boolean responsesStore;

    @Option(
            names = "--responses-retention",
            paramLabel = "TIME",
            defaultValue = "30d",
            converter = Converters.Time.class,
            description = "How long they are kept, such as 30d or 12h; 0 for ever" + DEFAULT)
    Duration responsesRetention = Duration.ZERO;

    @Option(
            names = "--responses-size",
            paramLabel = "SIZE",
            defaultValue = "1GiB",
            converter = Converters.ByteSize.class,
            description = "How much is kept of all together; beyond that the oldest are deleted" + DEFAULT)
    long responsesSize;

    @Option(
            names = "--files-bytes",
            paramLabel = "SIZE",
            defaultValue = "10GiB",
            converter = Converters.ByteSize.class,
            description = "How much the files of /v1/files may take on disk, all together; 0 takes no files" + DEFAULT)
    long filesBytes;

    @Option(
            names = "--files-bytes-per-key",
            paramLabel = "SIZE",
            defaultValue = "0",
            converter = Converters.ByteSize.class,
            description = "How much of that one key may have; 0 for all of it" + DEFAULT)
    long filesBytesPerKey;

    @Option(
            names = "--files-retention",
            paramLabel = "TIME",
            defaultValue = "30d",
            converter = Converters.Time.class,
            description = "How long files are kept, such as 30d or 12h; 0 until they are deleted" + DEFAULT)
    Duration filesRetention = Duration.ZERO;

    @Option(
            names = "--batch-share",
            paramLabel = "SHARE",
            defaultValue = "" + ServerSettings.DEFAULT_BATCH_SHARE,
            description =
                    "How much of a model's sequences lines of batches may take, above 0 and at most 1; 0 for none outside --batch-hours"
                            + DEFAULT)
    double batchShare;

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            description =
                    "What the content of requests and answers may be: rules, a guard model and policies, as JSON; without it"
                            + " nothing is checked.")
    Path policy;

    @Option(
            names = "--policy-on-failure",
            paramLabel = "refuse|allow",
            defaultValue = "refuse",
            description = "What becomes of content that can't be checked" + DEFAULT)
    String policyOnFailure = "";

    @Option(
            names = "--batch-hours",
            paramLabel = "HH:MM-HH:MM",
            converter = Converters.Hours.class,
            description =
                    "Hours of each day, in local time, in which lines of batches may take all sequences that are free, such as 22:00-06:00.")
    BatchHours batchHours;

    @Option(
            names = "--metrics",
            paramLabel = "key|open|off",
            defaultValue = "key",
            description = "Who may read /metrics: holders of a key if keys are set, everyone, or no one" + DEFAULT)
    String metrics = "";

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Settings file: YAML with these options' names as keys.")
    Path config;

    @Option(
            names = "--insecure",
            arity = "0..1",
            fallbackValue = "true",
            defaultValue = "false",
            paramLabel = "true|false",
            description = "Allow an address that other machines reach without any key.")
    boolean insecure;

    @Option(
            names = "--drain-timeout",
            paramLabel = "TIME",
            defaultValue = ServerSettings.DEFAULT_DRAIN_SECONDS + "s",
            converter = Converters.Time.class,
            description = "How long running requests may go on after the signal to stop" + DEFAULT)
    Duration drainTimeout = Duration.ZERO;

    @Option(
            names = "--overflow-status",
            paramLabel = "413|400",
            defaultValue = "" + ServerSettings.DEFAULT_OVERFLOW_STATUS,
            description = "Status of a prompt that does not fit the context; some clients insist on 400" + DEFAULT)
    int overflowStatus;

    @Option(
            names = "--strict-context",
            arity = "0..1",
            fallbackValue = "true",
            defaultValue = "false",
            paramLabel = "true|false",
            description = "Refuse a max_tokens that does not fit the context instead of capping it.")
    boolean strictContext;

    @Option(
            names = "--answer-cache",
            paramLabel = "SIZE",
            defaultValue = "0",
            converter = Converters.ByteSize.class,
            description = "Memory for answers that are given again to a key that asks the same; 0 for none" + DEFAULT)
    long answerCacheBytes;

    @Option(
            names = "--volatile-lines",
            arity = "0..1",
            fallbackValue = "true",
            defaultValue = "false",
            paramLabel = "true|false",
            description =
                    "Leave lines in system texts that clients change with each request (x-anthropic-billing-header);"
                            + " a constant in their place lets prompts be found again.")
    boolean volatileLines;

    @Option(
            names = "--max-body",
            paramLabel = "SIZE",
            defaultValue = ServerSettings.DEFAULT_MAX_BODY_MIB + "MiB",
            converter = Converters.ByteSize.class,
            description = "Largest request body: bytes, or with KiB, MiB, GiB" + DEFAULT)
    long maxBodyBytes;

    @Option(
            names = "--cors-origin",
            paramLabel = "ORIGIN",
            split = Layers.SEPARATOR,
            hideParamSyntax = true,
            description = "An origin that browsers may call from, repeatable, * for all; loopback origins always may.")
    List<String> corsOrigins = new ArrayList<>();

    @Option(
            names = "--allowed-host",
            paramLabel = "NAME",
            split = Layers.SEPARATOR,
            hideParamSyntax = true,
            description =
                    "A name that clients may ask for this server under, as a proxy or your DNS calls it, repeatable, * for all; localhost and"
                            + " addresses always may. Without it names are checked only while no key is needed.")
    List<String> allowedHosts = new ArrayList<>();

    @Option(
            names = "--chat-template",
            paramLabel = "FILE",
            description = "A Jinja template instead of the model's own.")
    Path chatTemplate;

    @Option(
            names = "--embeddings",
            paramLabel = "NAME",
            split = Layers.SEPARATOR,
            hideParamSyntax = true,
            description = "A chat model that makes embeddings too, in a context of its own; repeatable.")
    List<String> embeddings = new ArrayList<>();

    @Option(
            names = "--pooling",
            paramLabel = "mean|cls|last",
            converter = Converters.PoolingName.class,
            description = "How embeddings are pooled (default: as the model's file says, else mean).")
    Pooling pooling;

    @Option(
            names = "--cache-dir",
            paramLabel = "DIR",
            description = "Folder for computed prompts that main memory has no room for; they outlast unloads and"
                    + " restarts (default: none).")
    Path cacheDir;

    @Option(
            names = "--cache-disk",
            paramLabel = "SIZE",
            defaultValue = "0",
            converter = Converters.ByteSize.class,
            description = "How much all files in --cache-dir may take together; 0 for no such folder" + DEFAULT)
    long cacheDiskBytes;

    @Option(
            names = "--target-gap",
            paramLabel = "TIME",
            defaultValue = "200ms",
            converter = Converters.Time.class,
            description = "How far new prompts of others may stretch the gap between two tokens of a stream" + DEFAULT)
    Duration targetGap;

    @Option(
            names = "--speculate",
            paramLabel = "off|auto|ngram|draft|mtp",
            defaultValue = "auto",
            converter = Converters.SpeculationName.class,
            description =
                    "Whether tokens are guessed, where that pays: from what the text has had before (ngram), by a model's"
                            + " --draft-model (draft), by its own layers that predict ahead (mtp), or by all that there is"
                            + " (auto)" + DEFAULT)
    Speculation speculation;

    @Option(
            names = "--draft-model",
            paramLabel = "NAME=FILE",
            description =
                    "A small model, a GGUF file with the same vocabulary, that guesses tokens for the model NAME; may be given for several.")
    Map<String, Path> draftModels = Map.of();

    @Option(
            names = "--queue-length",
            paramLabel = "N",
            defaultValue = "" + EngineSettings.DEFAULT_QUEUE_LENGTH,
            description = "Requests that may wait per model; more are refused" + DEFAULT)
    int queueLength;

    @Option(
            names = "--heartbeat",
            paramLabel = "TIME",
            defaultValue = ServerSettings.DEFAULT_HEARTBEAT_SECONDS + "s",
            converter = Converters.Time.class,
            description = "A comment goes into a stream that was silent for this long" + DEFAULT)
    Duration heartbeat = Duration.ZERO;

    @Option(
            names = "--header-timeout",
            paramLabel = "TIME",
            defaultValue = ConnectionLimits.DEFAULT_HEADER_SECONDS + "s",
            converter = Converters.Time.class,
            description = "How long a request's line and headers may take" + DEFAULT)
    Duration headerTimeout = Duration.ZERO;

    @Option(
            names = "--body-timeout",
            paramLabel = "TIME",
            defaultValue = ConnectionLimits.DEFAULT_BODY_MINUTES + "m",
            converter = Converters.Time.class,
            description = "How long a request's body may take" + DEFAULT)
    Duration bodyTimeout = Duration.ZERO;

    @Option(
            names = "--idle-timeout",
            paramLabel = "TIME",
            defaultValue = ConnectionLimits.DEFAULT_IDLE_SECONDS + "s",
            converter = Converters.Time.class,
            description =
                    "How long a connection may stand still: without a request, within one, or with an answer that is not read"
                            + DEFAULT)
    Duration idleTimeout = Duration.ZERO;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            defaultValue = "" + ConnectionLimits.DEFAULT_CONNECTIONS,
            description = "Connections at once, to each port; more wait" + DEFAULT)
    int maxConnections;

    @Option(
            names = "--max-connections-per-address",
            paramLabel = "N",
            description =
                    "Connections at once from one address, to each port; more are closed. 127.0.0.1 and ::1 may have all"
                            + " (default: a quarter of --max-connections).")
    Integer maxConnectionsPerAddress;

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            defaultValue = "info",
            converter = Converters.LogLevel.class,
            description = "error, warn, info, debug or trace" + DEFAULT)
    String logLevel = "";

    @Option(
            names = "--log-format",
            paramLabel = "text|json",
            defaultValue = "text",
            description = "How the log is written" + DEFAULT)
    String logFormat = "";

    @Option(
            names = "--log-content",
            arity = "0..1",
            fallbackValue = "true",
            defaultValue = "false",
            paramLabel = "true|false",
            description = "Write prompts and answers to the log too. They may be private.")
    boolean logContent;
}
