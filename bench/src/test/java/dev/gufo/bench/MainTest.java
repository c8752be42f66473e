package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

@Timeout(60)
class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int bench(String... args) {
        CommandLine commandLine = Main.commandLine();
        commandLine.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return commandLine.execute(args);
    }

    private static FakeServer server() {
        return new FakeServer((exchange, request) -> {
            if (request.contains("\"stream\":true")) {
                FakeServer.stream(exchange, FakeServer.events(3) + FakeServer.end(30, 3), 50)
                        .close();
            } else {
                FakeServer.json(exchange, 200, FakeServer.whole(30, 1));
            }
        });
    }

    @Test
    void aRunIsReportedInAlignedTables() {
        try (var server = server()) {
            String pid = "" + ProcessHandle.current().pid();
            int status = bench(
                    "load",
                    "--base-url",
                    server.target().toString(),
                    "--clients",
                    "2",
                    "--requests",
                    "12",
                    "--watch-pid",
                    pid,
                    "--watch-every",
                    "5");
            assertThat(status).isZero();
            assertThat(out.toString())
                    .contains("model owl")
                    .contains("closed loop, 2 clients, 12 requests after 2 for warm-up")
                    .containsPattern("answers +12 ")
                    .containsPattern("generated tokens +36 ")
                    .containsPattern("first token .* 12\n")
                    .containsPattern("token gap .* 24\n")
                    .containsPattern(pid + " java +[\\d,.]+ +")
                    .doesNotContain("failures");
        }
    }

    @Test
    void aRunIsReportedInJson() throws Exception {
        try (var server = server()) {
            int status = bench(
                    "load",
                    "--base-url",
                    server.target().toString(),
                    "--rate",
                    "200",
                    "--requests",
                    "5",
                    "--no-stream",
                    "--format",
                    "json",
                    "--temperature",
                    "0",
                    "--prompt-tokens",
                    "uniform:20..30");
            assertThat(status).isZero();
            JsonNode report = new ObjectMapper().readTree(out.toString());
            assertThat(report.at("/plan/rate_per_s").asDouble()).isEqualTo(200);
            assertThat(report.at("/plan/prompt_tokens").asText()).isEqualTo("uniform:20..30");
            assertThat(report.at("/plan/stream").asBoolean()).isFalse();
            assertThat(report.at("/plan/warm_up_requests").asInt()).isEqualTo(1);
            assertThat(report.at("/figures/completed").asInt()).isEqualTo(5);
            assertThat(report.at("/figures/total_ms/count").asInt()).isEqualTo(5);
            assertThat(report.at("/figures/failures").isEmpty()).isTrue();
            assertThat(server.requests().getLast()).contains("\"temperature\":0.0");
        }
    }

    @Test
    void aWrongOptionIsNamed() {
        assertThat(bench("load", "--prompt-tokens", "normal:1,2")).isEqualTo(2);
        assertThat(bench("load", "--clients", "2", "--rate", "3")).isEqualTo(2);
        assertThat(bench("load", "--clients", "0")).isEqualTo(2);
        assertThat(bench("load", "--duration", "soon")).isEqualTo(2);
        assertThat(bench("load", "--base-url", "ftp://x")).isEqualTo(2);
        assertThat(err.toString())
                .contains("'normal:1,2' is not fixed:N")
                .contains("mutually exclusive")
                .contains("clients must be 1 to 4096, is 0")
                .contains("'soon' is not a time")
                .contains("'ftp://x' is not http://");
    }

    @Test
    void aServerThatIsNotThereIsASentence() {
        var server = server();
        server.close();
        assertThat(bench("load", "--base-url", server.target().toString())).isEqualTo(1);
        assertThat(err.toString()).contains("does not list its models: connection refused");
    }
}
