package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.database.Database;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} and SIGSTOP of the worker under requests of every kind: no client notices. {@code scripts/test-kills}
 * runs it for many rounds; {@code -Dgufo.worker-kill-rounds} says how many, {@code -Dgufo.worker-kill-seed} with which
 * seed.
 */
@Timeout(7_200)
class KilledWorkerTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ROUNDS = Integer.getInteger("gufo.worker-kill-rounds", 2);
    private static final long SEED = Long.getLong("gufo.worker-kill-seed", 11L);

    /** The pauses before a worker double, up to a minute in which it lives. */
    private static final int ROUNDS_OF_A_SERVER = 3;

    private static final Duration SOON = Duration.ofMinutes(2);
    private static final String CHAT = "/v1/chat/completions";

    /** Whatever the neighbours do, the logits are the same; so whatever is different was lost or made twice. */
    private static final String EXACTLY = "\"deterministic\": true, \"ignore_eos\": true, ";

    private static final String USER = "\"messages\": [{\"role\": \"user\", \"content\": \"%s\"}]";
    private static final String COUNTED = ", \"stream\": true, \"stream_options\": {\"include_usage\": true}";
    private static final String DRAWN = ", \"temperature\": 1.2, \"top_p\": 0.9, \"frequency_penalty\": 0.3";

    private static final List<Asked> REQUESTS = List.of(
            new Asked(
                    CHAT,
                    "{" + EXACTLY + USER.formatted("Tell me a story.") + ", \"temperature\": 0, \"max_tokens\": 150"
                            + COUNTED + "}"),
            new Asked(
                    CHAT,
                    "{" + EXACTLY + USER.formatted("What is an owl?") + DRAWN + ", \"seed\": 5, \"max_tokens\": 150"
                            + COUNTED + "}"),
            new Asked(
                    CHAT,
                    "{" + EXACTLY + USER.formatted("Sing a song.") + DRAWN
                            + ", \"n\": 2, \"seed\": 6, \"max_tokens\": 80" + COUNTED + "}"),
            new Asked(
                    CHAT,
                    "{\"deterministic\": true, " + USER.formatted("Describe an owl.")
                            + ", \"temperature\": 0, \"max_tokens\": 150, \"response_format\": {\"type\": \"json_schema\", \"json_schema\":"
                            + " {\"name\": \"owl\", \"schema\": {\"type\": \"object\", \"properties\": {\"names\": {\"type\": \"array\","
                            + " \"minItems\": 12, \"maxItems\": 12, \"items\": {\"type\": \"string\", \"minLength\": 3, \"maxLength\": 9}}},"
                            + " \"required\": [\"names\"], \"additionalProperties\": false}}}" + COUNTED + "}"),
            new Asked(
                    CHAT,
                    "{" + EXACTLY + USER.formatted("Tell me of the sea.") + ", \"temperature\": 0, \"max_tokens\": 150,"
                            + " \"logprobs\": true, \"top_logprobs\": 2}"),
            new Asked(
                    "/v1/completions",
                    "{" + EXACTLY + "\"prompt\": \"Once upon a time\", \"temperature\": 0, \"max_tokens\": 150"
                            + COUNTED + "}"),
            new Asked(
                    "/v1/responses",
                    "{" + EXACTLY + "\"input\": \"Tell me a tale.\", \"temperature\": 0,"
                            + " \"max_output_tokens\": 150, \"stream\": true, \"store\": false}"),
            new Asked(
                    "/v1/messages",
                    "{" + EXACTLY + USER.formatted("Tell me a joke.") + ", \"temperature\": 0,"
                            + " \"max_tokens\": 150, \"stream\": true}"));

    private static final Pattern TEXT = Pattern.compile("^data: .*\"(content|text|delta)\":\"[^\"]");
    private static final Executor THREADS = task -> Thread.ofVirtual().start(task);

    @TempDir
    private Path dataDir;

    private record Asked(String path, String body) {}

    private record Heard(int status, String id, String body) {}

    /**
     * What a client has been told.
     *
     * @param shape types of events in their order, repetitions and heartbeats left out
     * @param texts by choice
     * @param usage prompt and completion tokens
     */
    private record Told(List<String> shape, Map<Integer, String> texts, List<Integer> usage, List<JsonNode> logprobs) {}

    private record Row(String status, int promptTokens, int completionTokens) {}

    @Test
    void noClientNoticesThatTheWorkerIsKilledOrHangs() throws IOException, InterruptedException {
        var random = new Random(SEED);
        List<Told> expected = List.of();
        for (int round = 0; round < ROUNDS; ) {
            try (RunningGufo gufo = RunningGufo.start(dataDir, "--parallel", "10", "--worker-timeout", "3s")) {
                if (expected.isEmpty()) {
                    expected = told(ask(gufo, new CountDownLatch(1)));
                }
                for (int i = 0; i < ROUNDS_OF_A_SERVER && round < ROUNDS; i++, round++) {
                    round(gufo, round, random, expected);
                }
                assertThat(gufo.stop()).isZero();
            }
        }
    }

    private void round(RunningGufo gufo, int round, Random random, List<Told> expected)
            throws IOException, InterruptedException {
        String signal = round % 2 == 0 ? "KILL" : "STOP";
        double resumed = metric(gufo, "gufo_requests_resumed_total");
        double restarts = metric(gufo, "gufo_worker_restarts_total");
        ProcessHandle worker = gufo.worker();
        var text = new CountDownLatch(1 + random.nextInt(5)); // the random moment
        List<CompletableFuture<Heard>> asked = ask(gufo, text);
        text.await();
        signal(signal, worker.pid());
        assertThat(told(asked))
                .as("round %d, SIG%s", round, signal)
                .usingRecursiveComparison()
                .isEqualTo(expected);
        checkRows(asked, expected);
        await().atMost(SOON).until(() -> gufo.get("/ready").statusCode() == 200);
        assertThat(metric(gufo, "gufo_worker_restarts_total")).isEqualTo(restarts + 1);
        assertThat(metric(gufo, "gufo_requests_resumed_total")).isGreaterThan(resumed);
        await().atMost(SOON).until(() -> metric(gufo, "gufo_num_requests_running") == 0);
        assertThat(metric(gufo, "gufo_num_requests_waiting")).isZero();
        assertThat(metric(gufo, "gufo_kv_cache_usage_perc")).isZero();
    }

    @Test
    @Timeout(300)
    void aRequestWithWhichThreeWorkersEndIsLostAndOthersAreNot() throws IOException, InterruptedException {
        // Four of them, with logprobs, have not ended when the third worker is killed.
        String endless = "{\"ignore_eos\": true, \"logprobs\": true, \"top_logprobs\": 20, "
                + USER.formatted("Tell me a story.") + ", \"max_tokens\": 1900";
        try (RunningGufo gufo = RunningGufo.start(dataDir, "--parallel", "4")) {
            var text = new CountDownLatch(3); // of the streams
            var stream = ask(gufo, new Asked(CHAT, endless + COUNTED + "}"), text);
            var whole = ask(gufo, new Asked(CHAT, endless + "}"), text);
            var others = Stream.generate(() -> ask(gufo, new Asked(CHAT, endless + COUNTED + "}"), text))
                    .limit(2)
                    .toList();
            text.await();
            for (int death = 1; death <= 3; death++) {
                await().atMost(SOON)
                        .pollInterval(Duration.ofMillis(10))
                        .until(() -> metric(gufo, "gufo_num_requests_running") == 4);
                gufo.worker().destroyForcibly();
                int deaths = death;
                await().atMost(SOON).until(() -> metric(gufo, "gufo_worker_restarts_total") == deaths);
            }
            assertThat(stream.join().status()).isEqualTo(200);
            assertThat(stream.join().body()).contains("engine_restarted").doesNotContain("[DONE]");
            assertThat(others)
                    .allSatisfy(other -> assertThat(other.join().body()).contains("engine_restarted"));
            assertThat(whole.join().status()).isEqualTo(503);
            assertThat(whole.join().body()).contains("engine_restarted");
            await().atMost(SOON).until(() -> gufo.get("/ready").statusCode() == 200);
            var next = ask(gufo, REQUESTS.getFirst(), text);
            assertThat(told(next).usage().get(1)).isEqualTo(150);
            assertThat(rows().get(stream.join().id())).extracting(Row::status).containsExactly("failed");
            assertThat(rows().get(whole.join().id())).extracting(Row::status).containsExactly("failed");
        }
    }

    @Test
    @Timeout(300)
    void whatComesWhileThereIsNoWorkerWaitsForTheNextOne() throws IOException, InterruptedException {
        try (RunningGufo gufo = RunningGufo.start(dataDir, "--parallel", "10")) {
            List<Told> expected = told(ask(gufo, new CountDownLatch(1)));
            gufo.worker().destroyForcibly();
            await().atMost(SOON)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> gufo.get("/ready").statusCode() == 503);
            List<CompletableFuture<Heard>> asked = ask(gufo, new CountDownLatch(1));
            assertThat(gufo.get("/ready").statusCode()).isEqualTo(503);
            assertThat(told(asked)).usingRecursiveComparison().isEqualTo(expected);
            checkRows(asked, expected);
        }
    }

    private static void signal(String name, long pid) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                .inheritIO()
                .start();
        assertThat(kill.waitFor()).isZero();
    }

    /** Each accepted request has one row, with what its client was told. */
    private void checkRows(List<CompletableFuture<Heard>> asked, List<Told> expected) {
        Map<String, List<Row>> rows = rows();
        for (int i = 0; i < expected.size(); i++) {
            List<Integer> usage = expected.get(i).usage();
            assertThat(rows.get(asked.get(i).join().id()))
                    .as(REQUESTS.get(i).body())
                    .containsExactly(new Row("completed", usage.get(0), usage.get(1)));
        }
    }

    private Map<String, List<Row>> rows() {
        Map<String, List<Row>> byId = new HashMap<>();
        try (Database database = Database.open("", dataDir)) {
            database.read(session -> session.list(
                    "SELECT request_id, status, prompt_tokens, completion_tokens FROM ledger",
                    row -> byId.computeIfAbsent(row.getString(1), _ -> new ArrayList<>())
                            .add(new Row(row.getString(2), row.getInt(3), row.getInt(4)))));
        }
        return byId;
    }

    private static double metric(RunningGufo gufo, String name) throws IOException, InterruptedException {
        return gufo.get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** @param text counted down by each stream that has text */
    private static List<CompletableFuture<Heard>> ask(RunningGufo gufo, CountDownLatch text) {
        return REQUESTS.stream().map(asked -> ask(gufo, asked, text)).toList();
    }

    private static CompletableFuture<Heard> ask(RunningGufo gufo, Asked asked, CountDownLatch text) {
        return gufo.linesAsync(asked.path(), asked.body()).thenApplyAsync(response -> hear(response, text), THREADS);
    }

    private static Heard hear(HttpResponse<Stream<String>> response, CountDownLatch text) {
        var body = new StringBuilder();
        try (Stream<String> lines = response.body()) {
            boolean[] heard = {false};
            lines.forEach(line -> {
                body.append(line).append('\n');
                if (!heard[0] && TEXT.matcher(line).find()) {
                    heard[0] = true;
                    text.countDown();
                }
            });
        }
        return new Heard(
                response.statusCode(),
                response.headers().firstValue("x-request-id").orElseThrow(),
                body.toString());
    }

    private static List<Told> told(List<CompletableFuture<Heard>> asked) {
        return asked.stream().map(KilledWorkerTest::told).toList();
    }

    private static Told told(CompletableFuture<Heard> asked) {
        Heard response = asked.join();
        assertThat(response.status()).as(response.body()).isEqualTo(200);
        List<String> shape = new ArrayList<>();
        Map<Integer, String> texts = new TreeMap<>();
        List<JsonNode> logprobs = new ArrayList<>();
        int prompt = 0;
        int completion = 0;
        int sequence = 0;
        for (JsonNode event : events(response.body())) {
            assertThat(event.has("error") && !event.get("error").isNull())
                    .as(response.body())
                    .isFalse();
            String type = event.path("type").asText("chunk");
            boolean heartbeat = type.equals("ping") || (type.equals("response.in_progress") && shape.contains(type));
            if (!heartbeat && (shape.isEmpty() || !shape.getLast().equals(type))) {
                shape.add(type);
            }
            if (event.has("sequence_number")) {
                assertThat(event.get("sequence_number").asInt()).isEqualTo(sequence++);
            }
            for (JsonNode choice : event.path("choices")) {
                String text = choice.at("/delta/content").asText("")
                        + choice.at("/message/content").asText("")
                        + choice.path("text").asText("");
                texts.merge(choice.path("index").asInt(), text, String::concat);
                choice.at("/logprobs/content").forEach(logprobs::add);
            }
            texts.merge(
                    -1, event.path("delta").asText("") + event.at("/delta/text").asText(""), String::concat);
            for (JsonNode holder : List.of(event, event.path("response"), event.path("message"))) {
                JsonNode counts = holder.path("usage");
                prompt = counts.path("prompt_tokens")
                        .asInt(counts.path("input_tokens").asInt(prompt));
                completion = counts.path("completion_tokens")
                        .asInt(counts.path("output_tokens").asInt(completion));
            }
        }
        return new Told(shape, texts, List.of(prompt, completion), logprobs);
    }

    private static List<JsonNode> events(String body) {
        try {
            if (body.startsWith("{")) {
                return List.of(JSON.readTree(body));
            }
            List<JsonNode> events = new ArrayList<>();
            for (String line : body.lines().toList()) {
                if (line.startsWith("data: {")) {
                    events.add(JSON.readTree(line.substring("data: ".length())));
                }
            }
            return events;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
