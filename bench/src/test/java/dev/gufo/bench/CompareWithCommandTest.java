package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;
import picocli.CommandLine;

@Timeout(120)
class CompareWithCommandTest {
    @TempDir
    private Path folder;

    @Test
    void everyNumberOfClientsGetsATableWithRatiosAndAPlotIsDrawn() throws Exception {
        var out = new StringWriter();
        Path drawn = folder.resolve("plot.svg");
        try (var one = server();
                var other = server()) {
            CommandLine bench = Main.commandLine();
            bench.setOut(new PrintWriter(out));
            int status = bench.execute(
                    "compare-with",
                    other.target().toString(),
                    "--base-url",
                    one.target().toString(),
                    "--clients",
                    "1,2",
                    "--rounds",
                    "2",
                    "--requests",
                    "2",
                    "--goodput",
                    "e2el:60000",
                    "--svg",
                    drawn.toString());
            assertThat(status).isZero();
            assertThat(out.toString())
                    .contains("1 clients, 2 rounds", "2 clients, 2 rounds", "TTFT p99", "ITL p99", "E2E p50")
                    .containsPattern("output tokens/s +[\\d.]+ +[\\d.]+ +\\d+\\.\\d\\d ")
                    .containsPattern("goodput, answers/s +[\\d.]+ +[\\d.]+ +\\d+\\.\\d\\d ")
                    .containsPattern("failed requests +0 +0");
        }
        String svg = Files.readString(drawn);
        assertThat(svg).contains("output tokens/s", "TTFT p50, ms", "<polyline");
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    }

    private static FakeServer server() {
        return new FakeServer((exchange, request) -> {
            if (request.contains("\"stream\":true")) {
                FakeServer.stream(exchange, FakeServer.events(3) + FakeServer.end(30, 3), 500)
                        .close();
            } else {
                FakeServer.json(exchange, 200, FakeServer.whole(30, 1));
            }
        });
    }

    @Test
    void aServerThatIsNotThereEndsTheMeasurement() {
        var err = new StringWriter();
        CommandLine bench = Main.commandLine();
        bench.setErr(new PrintWriter(err));
        assertThat(bench.execute("compare-with", "http://127.0.0.1:9/v1", "--base-url", "http://127.0.0.1:9/v1"))
                .isEqualTo(1);
        assertThat(err.toString()).hasLineCount(1);
    }

    @Test
    void namesInAPlotAreText() throws Exception {
        var plot = new Plot("a < b & c", "clients", Map.of("<x>", new TreeMap<>(Map.of(1, 3.0))));
        String svg = Plot.svg(List.of(plot));
        assertThat(svg).contains("a &lt; b &amp; c", "&lt;x&gt;");
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    }
}
