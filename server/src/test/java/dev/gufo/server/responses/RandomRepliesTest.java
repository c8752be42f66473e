package dev.gufo.server.responses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.chat.ChatFormat;
import dev.gufo.chat.ReplyReader;
import dev.gufo.engine.Drafts;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationEvent.Timings;
import dev.gufo.server.answer.Choice;
import dev.gufo.server.answer.ReasoningSeal;
import dev.gufo.server.answer.Usage;
import dev.gufo.server.http.Fields;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.template.ChatTemplate;
import dev.gufo.template.Dialect;
import dev.gufo.template.TemplateLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/** Streams of random replies that come in random pieces, or byte by byte. */
class RandomRepliesTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Rounds whose objects and events are held against the schema of Open Responses too, which takes its time. */
    private static final int JUDGED = 400;

    private static final String REQUEST = """
            {"input": "x", "include": ["reasoning.encrypted_content"], "tools": [
             {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}},
             {"type": "namespace", "name": "team", "tools": [{"type": "function", "name": "ask"}]},
             {"type": "custom", "name": "patch"}]}""";
    private static final List<String> PIECES = List.of(
            "<think>",
            "</think>",
            "Hoo ",
            "🦉",
            "\n",
            "a \"quote\" \\ ",
            "<tool_call>{\"name\": \"look\", \"arguments\": {\"a\": \"b 🦉\"}}</tool_call>",
            "<tool_call>{\"name\": \"look\", \"arguments\": {}}</tool_call>",
            "<tool_call>{\"name\": \"ask\", \"arguments\": {\"q\": [1, 2]}}</tool_call>",
            "<tool_call>{\"name\": \"patch\", \"arguments\": {\"input\": \"x\\n\\u00e9\\ud83e\\udd89\\\"\"}}</tool_call>",
            "<tool_call>{\"name\": \"patch\", \"arguments\": {\"inp\": 1}}</tool_call>",
            "<tool_call>{\"name\": \"patch\", \"arguments\": {\"input\": \"cut",
            "<tool_call>{\"name\": \"look\", \"arg",
            "<tool_",
            "</tool_call>");

    private final ChatFormat format = ChatFormat.detect(
            ChatTemplate.parse(Dialogue.TEMPLATE, Dialect.GENERATION_BLOCKS, TemplateLimits.DEFAULT),
            Map.of("bos_token", "", "eos_token", ""));

    @Test
    void everyStreamIsInOrderAndSaysWhatTheWholeResponseSays() throws Exception {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(16);
        for (int round = 0; round < 3_000; round++) {
            var reply = new StringBuilder();
            for (int i = random.nextInt(7); i > 0; i--) {
                reply.append(PIECES.get(random.nextInt(PIECES.size())));
            }
            byte[] bytes = reply.toString().getBytes(StandardCharsets.UTF_8);
            FinishReason reason = random.nextBoolean() ? FinishReason.STOP : FinishReason.LENGTH;
            JsonNode whole = whole(bytes, reason);
            ResponseShape.response(whole);
            CheckedStream stream = stream(bytes, reason, round % 3 == 0 ? 1 : 9, random);
            JsonNode streamed = stream.response();
            if (round < JUDGED) {
                OpenResponses.response(whole);
                stream.events().forEach(OpenResponses::event);
            }
            assertThat(comparable(streamed)).as(reply.toString()).isEqualTo(comparable(whole));
        }
    }

    @Test
    void theSchemaOfOpenResponsesSeesWhatIsMissingOrWrong() throws Exception {
        byte[] reply = "<think>Hm.</think>Hoo".getBytes(StandardCharsets.UTF_8);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        for (JsonNode event : stream(reply, FinishReason.STOP, 9, random).events()) {
            OpenResponses.event(event);
            event.fieldNames().forEachRemaining(name -> {
                if (!name.equals("logprobs")) { // which need not be there
                    ObjectNode less = event.deepCopy();
                    less.remove(name);
                    assertThatThrownBy(() -> OpenResponses.event(less)).isInstanceOf(AssertionError.class);
                }
            });
        }
        ObjectNode response = (ObjectNode) whole(reply, FinishReason.STOP);
        ((ObjectNode) response.at("/output/1")).put("status", "done");
        assertThatThrownBy(() -> OpenResponses.response(response)).isInstanceOf(AssertionError.class);
    }

    private JsonNode whole(byte[] reply, FinishReason reason) throws IOException {
        Choice choice = choice();
        choice.accept(token(reply, 0, reply.length));
        finish(choice, reason);
        var json = new JsonBytes();
        var out = new ByteArrayOutputStream();
        writer().whole(json, List.of(choice), new Usage(1, 2, 0, 0), out);
        json.drainTo(out);
        return JSON.readTree(out.toByteArray());
    }

    private CheckedStream stream(byte[] reply, FinishReason reason, int longest, RandomGenerator random) {
        Choice choice = choice();
        ResponseWriter writer = writer();
        var json = new JsonBytes();
        writer.begin(json, choice, new Usage(1, 0, 0, 0));
        int at = 0;
        while (at < reply.length) {
            int end = Math.min(reply.length, at + 1 + random.nextInt(longest));
            choice.accept(token(reply, at, end));
            at = end;
            if (longest == 1 || random.nextBoolean()) {
                writer.progress(json, choice);
            }
            if (random.nextInt(8) == 0) {
                writer.writeTo(json);
            }
        }
        finish(choice, reason);
        writer.finish(json, choice);
        writer.end(json, List.of(choice), new Usage(1, 2, 0, 0));
        return CheckedStream.of(json.toString());
    }

    private static GenerationEvent token(byte[] reply, int from, int to) {
        return new GenerationEvent.Token(0, Arrays.copyOfRange(reply, from, to));
    }

    private static void finish(Choice choice, FinishReason reason) {
        choice.accept(new GenerationEvent.Finished(
                reason, new Timings(Duration.ZERO, Duration.ZERO, Duration.ZERO), Drafts.NONE));
    }

    private static JsonNode comparable(JsonNode response) {
        ObjectNode same = (ObjectNode) Dialogue.anonymous(response);
        same.remove("usage");
        return same;
    }

    private ResponseWriter writer() {
        ResponseRequest request = request();
        var numbers = new AtomicInteger();
        var output = new Output(
                request.tools(),
                Optional.of(new ReasoningSeal(List.of())),
                prefix -> prefix + numbers.incrementAndGet());
        return new ResponseWriter(
                "resp_1",
                "owl",
                request,
                output,
                Optional.empty(),
                Clock.fixed(Instant.ofEpochSecond(1_700_000_000), ZoneOffset.UTC),
                0,
                new EventWriter(0));
    }

    private Choice choice() {
        var numbers = new AtomicInteger();
        return new Choice(
                0,
                List.of(),
                Optional.of(new ReplyReader(
                        format, request().tools().use().callable(), false, () -> "call_" + numbers.incrementAndGet())),
                false);
    }

    private static ResponseRequest request() {
        try {
            return ResponseRequest.read(
                    new Fields(JSON.readTree(REQUEST), ""), new ReasoningSeal(List.of()), Kept.NOTHING);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
