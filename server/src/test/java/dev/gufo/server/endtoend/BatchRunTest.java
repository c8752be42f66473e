package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code gufo batch run} as it is typed: a process of its own, stopped and killed, and begun again. */
@Timeout(300)
class BatchRunTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    @Test
    void aFileIsAnsweredOnceHoweverOftenItsRunIsStopped() throws Exception {
        int lines = 60;
        Path input =
                Files.writeString(folder.resolve("night.jsonl"), lines(lines).replace("\"Story 7\"", "7"));
        Path output = folder.resolve("night.results.jsonl");
        Process killed = start(input);
        awaitLines(killed, output, 3);
        killed.destroyForcibly().waitFor();
        Files.writeString(output, Files.readString(output) + "{\"custom_id\": \"torn");
        Process stopped = start(input);
        int before = (int) Files.readString(output).lines().count();
        awaitLines(stopped, output, before + 3);
        stopped.destroy(); // as Ctrl-C does
        assertThat(stopped.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(stopped.exitValue()).isEqualTo(1);
        assertThat(error()).contains("gufo: stopped;", " of 60 lines are in " + output);
        List<String> kept = Files.readAllLines(output);

        Process last = start(input);
        assertThat(last.waitFor(240, TimeUnit.SECONDS)).isTrue();
        assertThat(new String(last.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("60 lines are in %s, 1 of them failed%n".formatted(output));
        assertThat(last.exitValue()).isEqualTo(1);
        List<String> results = Files.readAllLines(output);
        assertThat(results.subList(0, kept.size())).isEqualTo(kept);
        assertThat(results).hasSize(lines);
        var ids = new TreeSet<String>();
        for (String line : results) {
            JsonNode result = JSON.readTree(line);
            assertThat(ids.add(result.get("custom_id").textValue())).isTrue();
            assertThat(result.at("/response/status_code").intValue())
                    .isEqualTo(result.get("custom_id").textValue().equals("7") ? 400 : 200);
        }
        assertThat(error()).contains("60 of 60 lines, 1 failed");

        Process again = start(input);
        assertThat(again.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readAllLines(output)).isEqualTo(results);
    }

    @Test
    void aFileWithWrongLinesIsRefusedAndSoIsAnOutputThatIsNone() throws Exception {
        Path input =
                Files.writeString(folder.resolve("in"), lines(2).replace("\"1\", \"method\"", "\"0\", \"method\""));
        Process wrong = start(input);
        assertThat(wrong.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(wrong.exitValue()).isEqualTo(1);
        assertThat(error()).contains("gufo: " + input + ":2: An earlier line has the same 'custom_id'.");
        assertThat(folder.resolve("in.results.jsonl")).doesNotExist();

        Path letter = Files.writeString(folder.resolve("letter"), "Dear Sir or Madam\n");
        Files.writeString(input, lines(1));
        Process other = start(input, "-o", letter.toString());
        assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(other.exitValue()).isEqualTo(1);
        assertThat(error()).contains("line 1 is no result of a batch");
        assertThat(letter).hasContent("Dear Sir or Madam\n");
    }

    private Process start(Path input, String... options) throws IOException {
        List<String> command = new ArrayList<>(RunningGufo.command(List.of(), folder.resolve("data")));
        int serve = command.indexOf("serve");
        command.set(serve, "batch");
        command.addAll(serve + 1, List.of("run", input.toString()));
        command.addAll(List.of(options));
        return new ProcessBuilder(command)
                .redirectError(folder.resolve("stderr").toFile())
                .start();
    }

    private String error() throws IOException {
        return Files.readString(folder.resolve("stderr"));
    }

    private static void awaitLines(Process process, Path output, int lines) {
        await().atMost(Duration.ofMinutes(2)).until(() -> {
            assertThat(process.isAlive()).isTrue();
            return Files.exists(output) && Files.readString(output).lines().count() >= lines;
        });
    }

    private static String lines(int count) {
        return IntStream.range(0, count).mapToObj("""
                        {"custom_id": "%1$d", "method": "POST", "url": "/v1/chat/completions", "body": {"ignore_eos": true, "max_tokens": 40, "messages": [{"role": "user", "content": "Story %1$d"}]}}
                        """::formatted).collect(Collectors.joining());
    }
}
