package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a server finds of earlier prompts, as a client sees it: from HTTP through the worker to llama.cpp's KV memory
 * and back.
 */
@Timeout(600)
class PrefixCacheTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String[] ANIMALS = {"owl", "fox", "crow", "frog", "bear", "duck", "goat", "hare"};

    @TempDir
    private static Path dataDir;

    private static RunningGufo gufo;

    @BeforeAll
    static void start() throws IOException {
        gufo = RunningGufo.start(dataDir, "--model", "demo-chat", "--parallel", "4");
    }

    @AfterAll
    static void stop() {
        gufo.close();
    }

    /** One answer, as far as it matters here. */
    private record Answer(int prompt, int cached, String text) {}

    @Test
    void twoConversationsThatTakeTurnsAreBothKept() throws Exception {
        String a = ask("Day 1. " + facts(1, 150), "Hello").toString();
        String b = ask("Day 2. " + facts(2, 150), "Hello").toString();
        List<Answer> answers = new ArrayList<>();
        for (String body : List.of(a, a, b, a, b, a)) {
            answers.add(answer(body));
        }
        assertThat(answers).allSatisfy(answer -> assertThat(answer.prompt()).isGreaterThan(800));
        assertThat(answers.subList(3, 6))
                .allSatisfy(answer -> assertThat(answer.cached()).isEqualTo(answer.prompt() - 1));
    }

    /** A main line that grows, requests under other system texts in between and at the same time, and a sub-agent. */
    @Test
    void theMainLineOfAnAgentKeepsItsPromptWhateverItAsksBesides() throws Exception {
        String system = "You help with one project. " + facts(3, 140);
        String task = "You do one task of a project. " + facts(4, 60);
        ArrayNode main = JSON.createArrayNode();
        ArrayNode sub = JSON.createArrayNode();
        say(main, "user", "Tell me of the owl and the fox.");
        say(sub, "user", "Count the animals.");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int turn = 1; turn <= 10; turn++) {
                Future<Answer> memory = threads.submit(
                        later("Say what is worth keeping of this conversation. Turn " + turn, main.deepCopy()));
                Answer answer = answer(body(system, main).toString());
                if (turn > 1) {
                    assertThat(answer.cached())
                            .as("turn %d of %d tokens", turn, answer.prompt())
                            .isGreaterThanOrEqualTo(answer.prompt() * 95 / 100);
                }
                memory.get();
                if (turn % 2 == 0) {
                    answer(ask("Name this conversation in three words. " + facts(turn, 10), "The owl and the fox.")
                            .toString());
                }
                if (turn % 3 == 0) {
                    answer(body(task, sub).toString());
                    say(sub, "assistant", "There are " + turn + ".");
                    say(sub, "user", "Go on.");
                }
                say(main, "assistant", "I looked at number " + turn + ".");
                say(main, "user", "The crow is number " + turn + ". Go on.");
            }
        }
    }

    private static Callable<Answer> later(String system, ArrayNode history) {
        return () -> answer(body(system, history).toString());
    }

    @Test
    void aDialogueFindsItsPromptThroughAnotherFace() throws Exception {
        String system = "Day 6. " + facts(6, 100);
        String question = "Tell me of the über-owl 🦉.";
        Answer chat = answer(ask(system, question).toString());
        ObjectNode request = JSON.createObjectNode().put("max_tokens", 8).put("temperature", 0);
        request.putArray("system").addObject().put("type", "text").put("text", system);
        say(request.putArray("messages"), "user", question);
        HttpResponse<String> response = gufo.post("/v1/messages", request.toString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode usage = JSON.readTree(response.body()).path("usage");
        assertThat(usage.path("cache_read_input_tokens").asInt()).isEqualTo(chat.prompt() - 1);
        assertThat(usage.path("input_tokens").asInt()).isEqualTo(1);
        // Where two tokens are about as likely the text may differ: one alone is rounded another way than in a chunk.
        assertThat(JSON.readTree(response.body()).at("/content/0/text").asText())
                .isNotEmpty();
    }

    @Test
    void aDeterministicRequestHasTheSameAnswerFromAColdAndAWarmCacheAndInCompany() throws Exception {
        ObjectNode request = ask("Day 3. " + facts(5, 60), "Tell me a story.");
        request.put("temperature", 1).put("seed", 2).put("max_tokens", 40);
        String plain = request.toString();
        String deterministic = request.put("deterministic", true).toString();
        answer(plain); // leaves a state that was not computed alone
        Answer cold = answer(deterministic);
        Answer warm = answer(deterministic);
        assertThat(cold.cached()).isZero();
        assertThat(warm.cached()).isPositive().isLessThan(warm.prompt());
        assertThat(warm.text()).isEqualTo(cold.text()).isNotEmpty();
        String company = ask("Day 4.", "Tell me a story.")
                .put("stream", true)
                .put("ignore_eos", true)
                .put("max_tokens", 400)
                .toString();
        HttpResponse<Stream<String>> running = gufo.stream(company);
        try (var lines = running.body()) {
            var events = lines.iterator();
            assertThat(events.hasNext()).isTrue(); // it has begun
            assertThat(answer(deterministic).text()).isEqualTo(cold.text());
        }
    }

    private static String facts(int seed, int count) {
        Random random = new Random(seed);
        return random.ints(count, 0, 90)
                .mapToObj(number -> "The %s is number %d.".formatted(ANIMALS[number % ANIMALS.length], number))
                .collect(Collectors.joining(" "));
    }

    private static void say(ArrayNode messages, String role, String text) {
        messages.addObject().put("role", role).put("content", text);
    }

    private static ObjectNode ask(String system, String question) {
        ArrayNode messages = JSON.createArrayNode();
        say(messages, "user", question);
        return body(system, messages);
    }

    private static ObjectNode body(String system, ArrayNode history) {
        ObjectNode body = JSON.createObjectNode().put("temperature", 0).put("max_tokens", 8);
        ArrayNode messages = body.putArray("messages");
        say(messages, "system", system);
        messages.addAll(history.deepCopy());
        return body;
    }

    private static Answer answer(String body) throws IOException, InterruptedException {
        HttpResponse<String> response = gufo.chat(body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode json = JSON.readTree(response.body());
        return new Answer(
                json.at("/usage/prompt_tokens").asInt(),
                json.at("/usage/prompt_tokens_details/cached_tokens").asInt(),
                json.at("/choices/0/message/content").asText());
    }
}
