package dev.gufo.server.chat;

import dev.gufo.chat.ChatFormat;
import dev.gufo.chat.IdSource;
import dev.gufo.chat.ReasoningMarks;
import dev.gufo.chat.ReplyReader;
import dev.gufo.chat.ToolDefinition;
import dev.gufo.chat.ToolSyntax;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.server.answer.AnswerHead;
import dev.gufo.server.answer.Choice;
import dev.gufo.server.http.JsonBytes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the server does with a token between the engine's event and the bytes of a chunk: UTF-8, stop texts, reasoning
 * and calls, JSON. Each token makes a chunk of its own, which is the dearest case. On one compiler tier, as the server
 * runs.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 2,
        jvmArgsAppend = {"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx160m"})
public class TokenCost {
    private static final int TOKENS = 500;
    private static final String CALL =
            "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"place\": \"here\", \"n\": 3}}\n</tool_call>";

    /** What is generated, and how it is read. */
    @Param({"plain", "stops", "reader", "json"})
    public String kind;

    private final List<GenerationEvent> events = new ArrayList<>();
    private final JsonBytes json = new JsonBytes();
    private final ChatWriter writer = new ChatWriter(
            new AnswerHead("chatcmpl-0123456789abcdef0123456789abcdef", 1_700_000_000, "demo-chat", "fp_0123456789"),
            false,
            false);
    private final OutputStream nowhere = OutputStream.nullOutputStream();
    private List<String> stops = List.of();

    /** Makes the tokens. */
    @Setup
    public void tokens() {
        if (kind.equals("stops")) {
            stops = List.of("###", "\nUser:", "</answer>", "the end of it");
        }
        String text = switch (kind) {
            case "reader" -> "I think about it. ".repeat(60) + "</think>" + "It is é so. ".repeat(60) + CALL.repeat(4);
            case "json" -> "{\"name\": \"value\", \"list\": [1, 2, {\"a\": \"b\\n\"}]}, ".repeat(60);
            default -> "The owl said to the fox that the answer is the end of the story.\n".repeat(60);
        };
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        var random = new Random(1);
        int at = 0;
        while (events.size() < TOKENS) {
            int length = 1 + random.nextInt(6);
            byte[] piece = new byte[length];
            for (int i = 0; i < length; i++) {
                piece[i] = utf8[at++ % utf8.length];
            }
            events.add(new GenerationEvent.Token(7, piece));
        }
    }

    /** A whole answer, a chunk for each token. */
    @Benchmark
    @OperationsPerInvocation(TOKENS)
    public int stream() throws IOException {
        var choice = new Choice(0, stops, reader(), kind.equals("reader"));
        int bytes = 0;
        for (GenerationEvent event : events) {
            if (choice.ended()) {
                throw new AssertionError("the answer is to have no stop text");
            }
            choice.accept(event);
            writer.progress(json, choice);
            bytes += json.length();
            json.drainTo(nowhere);
        }
        return bytes;
    }

    private Optional<ReplyReader> reader() {
        if (!kind.equals("reader")) {
            return Optional.empty();
        }
        ToolDefinition look = ToolDefinition.of(
                Map.of("type", "function", "function", Map.of("name", "look", "parameters", Map.of("type", "object"))));
        ChatFormat format = new ChatFormat(
                ToolSyntax.HERMES,
                Optional.of(new ReasoningMarks("<think>", "</think>")),
                false,
                true,
                ChatFormat.CallArguments.OBJECT,
                ChatFormat.CallContent.EMPTY);
        return Optional.of(new ReplyReader(format, List.of(look), true, IdSource.random(format, new Random(1))));
    }
}
