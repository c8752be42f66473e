package dev.gufo.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.database.Database;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code bench soak}: a server under random arrivals, lengths, disconnects and kills of its worker. At the end memory
 * must not have grown, the ledger must have what clients were told, and nothing may be left running.
 */
@Command(
        name = "soak",
        description =
                "Runs a server under random requests, disconnects and kills, and checks its memory and its counts.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        showDefaultValues = true)
final class SoakCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SAMPLE = Duration.ofSeconds(2);
    private static final Duration REST = Duration.ofMinutes(3);

    /** What heaps and allocators take more after the warm-up than in it, though nothing leaks. */
    private static final double GROWTH = 1.15;

    private static final long GROWTH_KIB = 32 << 10;

    @Option(names = "--gufo", required = true, paramLabel = "PATH", description = "bin/gufo of a distribution.")
    private Path launcher;

    @Option(names = "--model", required = true, paramLabel = "PATH", description = "A GGUF file for chat.")
    private Path model;

    @Option(names = "--minutes", paramLabel = "N", description = "How long; a fifth of it warms up.")
    private int minutes = 30;

    @Option(names = "--parallel", paramLabel = "N", description = "Sequences of the server.")
    private int sequences = 8;

    @Option(names = "--clients", paramLabel = "N", description = "Most requests under way.")
    private int clients = 24;

    @Option(names = "--gap", paramLabel = "MS", description = "Mean time between two arrivals.")
    private int gapMillis = 250;

    @Option(
            names = "--kill",
            paramLabel = "S",
            description = "Mean time between two kills; longer than a minute keeps pauses short.")
    private int killSeconds = 75;

    @Option(names = "--seed", paramLabel = "N", description = "Of everything random.")
    private long seed = 1;

    private final Queue<Heard> heard = new ConcurrentLinkedQueue<>();
    private final List<Long> serverKiB = new ArrayList<>(); // the sampling thread's
    private final Map<Long, Long> workerKiB = new HashMap<>(); // the most of each process, likewise
    private final List<Long> workers = new ArrayList<>(); // in their order
    private int kills;

    /** How a request ended for its client. */
    private enum End {
        DONE,
        LEFT,
        ERROR
    }

    /**
     * What a client knows.
     *
     * @param id empty if it left before there was an answer
     * @param completionTokens as the answer says
     */
    private record Heard(Optional<String> id, End end, String code, int promptTokens, int completionTokens) {}

    private record Row(String status, int promptTokens, int completionTokens) {}

    private record Check(String what, String found, boolean good) {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path data = Files.createTempDirectory("gufo-soak");
        List<Check> checks = new ArrayList<>();
        Map<String, Double> last;
        try (GufoProcess gufo = GufoProcess.start(
                launcher,
                model,
                2_048,
                sequences,
                List.of("--host", "127.0.0.1", "--data-dir", data.toString(), "--worker-timeout", "5s"))) {
            last = load(gufo);
        }
        Map<String, List<Row>> rows = rows(data);
        System.out.print(memory(checks));
        System.out.println();
        compare(rows, checks);
        idle(last, rows, checks);
        var table = new TextTable("check", "found", "");
        checks.forEach(check -> table.row(check.what(), check.found(), check.good() ? "ok" : "WRONG"));
        System.out.print(table);
        return checks.stream().allMatch(Check::good) ? 0 : 1;
    }

    /** All of it; returns the metrics at the end. */
    private Map<String, Double> load(GufoProcess gufo) throws IOException, InterruptedException {
        var random = new SplittableRandom(seed);
        var places = new Semaphore(clients);
        var over = new CountDownLatch(1);
        long end = System.nanoTime() + Duration.ofMinutes(minutes).toNanos();
        Thread sampling = Thread.ofVirtual().start(() -> sample(gufo, over));
        Thread killing = Thread.ofVirtual().start(() -> kill(gufo, new SplittableRandom(seed + 1), over));
        try (HttpClient http = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            while (System.nanoTime() - end < 0) {
                places.acquire();
                SplittableRandom own = random.split();
                threads.execute(() -> {
                    try {
                        heard.add(ask(http, gufo, own));
                    } finally {
                        places.release();
                    }
                });
                boolean _ = over.await((long) (-Math.log(1 - random.nextDouble()) * gapMillis), TimeUnit.MILLISECONDS);
            }
            over.countDown();
            killing.join();
            boolean _ = places.tryAcquire(clients, REST.toSeconds(), TimeUnit.SECONDS);
            sampling.join();
            return atRest(http, gufo);
        }
    }

    /** The metrics once nothing runs any more, or after a while. */
    private static Map<String, Double> atRest(HttpClient http, GufoProcess gufo)
            throws IOException, InterruptedException {
        Map<String, Double> now = metrics(http, gufo);
        for (int i = 0; i < REST.toSeconds() && busy(now); i++) {
            TimeUnit.SECONDS.sleep(1);
            now = metrics(http, gufo);
        }
        return now;
    }

    private static boolean busy(Map<String, Double> metrics) {
        return metrics.getOrDefault("gufo_model_ready", 0.0) == 0
                || metrics.getOrDefault("gufo_num_requests_running", 0.0) > 0
                || metrics.getOrDefault("gufo_num_requests_waiting", 0.0) > 0;
    }

    /** By name, summed over labels; of histograms nothing. */
    private static Map<String, Double> metrics(HttpClient http, GufoProcess gufo)
            throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(gufo.baseUrl().resolve("/metrics")).build();
        return http.send(request, HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith("gufo_") && !line.contains("_bucket"))
                .collect(Collectors.toMap(
                        line -> line.split("[{ ]", 2)[0],
                        line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)),
                        Double::sum));
    }

    private static HttpRequest request(GufoProcess gufo, SplittableRandom random) {
        boolean stream = random.nextInt(4) > 0;
        String prompt = "owl ".repeat(random.nextInt(1, 200)) + random.nextInt(50);
        String more = switch (random.nextInt(6)) {
            case 0 -> ", \"n\": 2";
            case 1 ->
                ", \"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"a\", \"schema\":"
                        + " {\"type\": \"array\", \"minItems\": 5, \"items\": {\"type\": \"integer\"}}}}";
            case 2 -> ", \"temperature\": 0, \"ignore_eos\": true";
            default -> ", \"ignore_eos\": true";
        };
        String body = "{\"messages\": [{\"role\": \"user\", \"content\": \"%s\"}], \"max_tokens\": %d%s%s}"
                .formatted(
                        prompt,
                        random.nextInt(1, 250),
                        more,
                        stream ? ", \"stream\": true, \"stream_options\": {\"include_usage\": true}" : "");
        return HttpRequest.newBuilder(gufo.baseUrl().resolve("/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    /** One request in seven is left by its client after some lines. */
    private static Heard ask(HttpClient http, GufoProcess gufo, SplittableRandom random) {
        HttpRequest request = request(gufo, random);
        int patience = random.nextInt(7) == 0 ? random.nextInt(1, 40) : Integer.MAX_VALUE;
        Optional<String> id = Optional.empty();
        JsonNode usage = JSON.createObjectNode();
        String error = "";
        try {
            HttpResponse<Stream<String>> response = http.send(request, HttpResponse.BodyHandlers.ofLines());
            id = response.headers().firstValue("x-request-id");
            try (Stream<String> lines = response.body()) {
                int read = 0;
                for (var each = lines.iterator(); each.hasNext(); ) {
                    String line = each.next();
                    if (++read > patience) {
                        return new Heard(id, End.LEFT, "", 0, 0); // closing the lines ends the connection
                    }
                    String json = line.startsWith("data: {") ? line.substring("data: ".length()) : line;
                    if (json.startsWith("{")) {
                        JsonNode event = JSON.readTree(json);
                        usage = event.path("usage").isObject() ? event.get("usage") : usage;
                        error = event.path("error").path("code").asText(error);
                    }
                }
            }
        } catch (IOException | UncheckedIOException e) {
            error = e.toString();
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts clients", e);
        }
        return error.isEmpty()
                ? new Heard(
                        id,
                        End.DONE,
                        "",
                        usage.path("prompt_tokens").asInt(-1),
                        usage.path("completion_tokens").asInt(-1))
                : new Heard(id, End.ERROR, error, 0, 0);
    }

    private void kill(GufoProcess gufo, SplittableRandom random, CountDownLatch over) {
        try {
            while (!over.await(
                    (long) ((0.87 + 0.26 * random.nextDouble()) * killSeconds * 1_000), TimeUnit.MILLISECONDS)) {
                OptionalLong worker = gufo.worker();
                if (worker.isPresent()) {
                    String signal = kills++ % 2 == 0 ? "-KILL" : "-STOP";
                    new ProcessBuilder("kill", signal, Long.toString(worker.getAsLong()))
                            .inheritIO()
                            .start()
                            .waitFor();
                }
            }
        } catch (InterruptedException | IOException e) {
            throw new AssertionError("kill can't be run", e);
        }
    }

    private void sample(GufoProcess gufo, CountDownLatch over) {
        try {
            do {
                rssKiB(gufo.handle().pid()).ifPresent(serverKiB::add);
                OptionalLong worker = gufo.worker();
                if (worker.isPresent()) {
                    long pid = worker.getAsLong();
                    if (!workerKiB.containsKey(pid)) {
                        workers.add(pid);
                    }
                    rssKiB(pid).ifPresent(now -> workerKiB.merge(pid, now, Math::max));
                }
            } while (!over.await(SAMPLE.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts the sampling", e);
        }
    }

    private static Optional<Long> rssKiB(long pid) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .map(line -> Long.valueOf(line.replaceAll("\\D", "")))
                    .findFirst();
        } catch (IOException | UncheckedIOException gone) {
            return Optional.empty();
        }
    }

    private TextTable memory(List<Check> checks) {
        var table = new TextTable("resident memory, MiB", "in the warm-up, most", "after it, most", "at the end");
        int warm = Math.max(1, serverKiB.size() / 5);
        memory(table, checks, "server", serverKiB.subList(0, warm), serverKiB.subList(warm, serverKiB.size()));
        List<Long> most = workers.stream()
                .filter(workerKiB::containsKey)
                .map(workerKiB::get)
                .toList();
        int first = Math.max(1, most.size() / 5);
        memory(
                table,
                checks,
                "workers",
                most.subList(0, Math.min(first, most.size())),
                most.subList(Math.min(first, most.size()), most.size()));
        return table;
    }

    private static void memory(TextTable table, List<Check> checks, String name, List<Long> warmUp, List<Long> after) {
        long before = warmUp.stream().mapToLong(Long::longValue).max().orElse(0);
        long most = after.stream().mapToLong(Long::longValue).max().orElse(before);
        long end = after.isEmpty() ? before : after.getLast();
        table.row(name, mebibytes(before), mebibytes(most), mebibytes(end));
        checks.add(new Check(
                "memory of " + name + " does not grow",
                "%s to %s MiB".formatted(mebibytes(before), mebibytes(most)),
                most <= before * GROWTH + GROWTH_KIB));
    }

    private static String mebibytes(long kib) {
        return Long.toString(kib >> 10);
    }

    private static Map<String, List<Row>> rows(Path data) {
        Map<String, List<Row>> byId = new HashMap<>();
        try (Database database = Database.open("", data)) {
            database.read(session -> session.list(
                    "SELECT request_id, status, prompt_tokens, completion_tokens FROM ledger",
                    row -> byId.computeIfAbsent(row.getString(1), _ -> new ArrayList<>())
                            .add(new Row(row.getString(2), row.getInt(3), row.getInt(4)))));
        }
        return byId;
    }

    /** The ledger with what clients were told. */
    private void compare(Map<String, List<Row>> rows, List<Check> checks) {
        int wrong = 0;
        for (Heard each : heard) {
            List<Row> own = each.id().map(rows::get).orElse(null);
            boolean right = switch (each.end()) {
                case DONE ->
                    own != null
                            && own.equals(List.of(new Row("completed", each.promptTokens(), each.completionTokens())));
                case LEFT -> own != null && own.size() == 1;
                case ERROR -> own == null || own.size() == 1; // what came without a worker has no row
            };
            wrong += right ? 0 : 1;
        }
        Map<String, Long> errors = heard.stream()
                .filter(each -> each.end() == End.ERROR)
                .collect(Collectors.groupingBy(Heard::code, Collectors.counting()));
        long lost = errors.entrySet().stream()
                .filter(error -> !error.getKey().equals("not_ready")
                        && !error.getKey().equals("engine_restarted")
                        && !error.getKey().equals("queue_full"))
                .mapToLong(Map.Entry::getValue)
                .sum();
        checks.add(new Check("requests", heard.size() + ", kills " + kills, !heard.isEmpty()));
        checks.add(new Check("answers that differ from their rows", Integer.toString(wrong), wrong == 0));
        checks.add(new Check("errors", errors.toString(), lost == 0));
        long open = rows.values().stream()
                .flatMap(List::stream)
                .filter(row -> row.status().equals("open") || row.status().equals("server_died"))
                .count();
        long twice = rows.values().stream().filter(own -> own.size() > 1).count();
        checks.add(new Check("rows that are open, or there twice", open + ", " + twice, open + twice == 0));
    }

    private static void idle(Map<String, Double> last, Map<String, List<Row>> rows, List<Check> checks) {
        for (String gauge :
                List.of("gufo_num_requests_running", "gufo_num_requests_waiting", "gufo_kv_cache_usage_perc")) {
            double value = last.getOrDefault(gauge, Double.NaN);
            checks.add(new Check(gauge + " at the end", Double.toString(value), value == 0));
        }
        long completion = rows.values().stream()
                .flatMap(List::stream)
                .mapToLong(Row::completionTokens)
                .sum();
        double counted = last.getOrDefault("gufo_generation_tokens_total", Double.NaN);
        checks.add(new Check(
                "sampled tokens, in rows and metrics",
                "%d, %.0f".formatted(completion, counted),
                counted == completion));
        checks.add(new Check(
                "restarts, requests resumed",
                "%.0f, %.0f"
                        .formatted(
                                last.getOrDefault("gufo_worker_restarts_total", 0.0),
                                last.getOrDefault("gufo_requests_resumed_total", 0.0)),
                true));
    }
}
