package dev.gufo.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code gufo plan}, {@code gufo doctor} and {@code gufo health} as they are typed. */
class MachineCommandsTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @Test
    void aPlanForAnotherMachineSaysWhatFits() throws IOException {
        assertThat(gufo("plan", demo(), "--device-memory", "24GiB", "--json")).isZero();
        JsonNode plan = new ObjectMapper().readTree(text());
        assertThat(plan.path("fits").asBoolean()).isTrue();
        assertThat(plan.path("gpu_layers").asInt()).isEqualTo(6);
        assertThat(plan.path("context_tokens").asInt()).isEqualTo(2_048);
        assertThat(plan.path("devices").get(0).path("device").asText()).isEqualTo("GPU0");
        assertThat(plan.path("devices").get(0).path("kv_bytes").asLong()).isEqualTo(48L << 20);
    }

    @Test
    void aPlanThatDoesNotFitIsToldInNumbersAndByTheExitStatus() {
        assertThat(gufo("plan", demo(), "--device-memory", "600MiB", "--gpu-layers", "6", "--parallel", "256"))
                .isEqualTo(GufoCommand.FAILED);
        assertThat(text()).contains("GPU0", "does not fit", "600 MiB free");
    }

    @Test
    void quantizedCachesAndSplitsAreOptionsOfThePlan() {
        assertThat(gufo(
                        "plan",
                        demo(),
                        "--device-memory",
                        "2GiB,2GiB",
                        "--kv-type",
                        "q8_0/q4_0",
                        "--tensor-split",
                        "3/1",
                        "--parallel",
                        "auto"))
                .isZero();
        assertThat(text())
                .contains("GPU0", "GPU1", "32 sequences")
                .contains(
                        "The reserve in main memory is for the model's process: 720 MiB, of which its heap may take 512.");
    }

    @Test
    void modelsForVectorsArePlannedToo() throws IOException {
        Path miniLm = Path.of(System.getProperty("gufo.models"), "target", "all-minilm-l6-v2.gguf");
        assertThat(gufo("plan", miniLm.toString(), "--device-memory", "2GiB")).isZero();
        assertThat(text()).contains("vectors of inputs of up to 512 tokens, 6 of 6 layers on GPUs", "GPU0");
        out.reset();
        assertThat(gufo("plan", demo(), "--embeddings", "--json")).isZero();
        JsonNode plan = new ObjectMapper().readTree(text());
        assertThat(plan.path("context_tokens").asInt()).isEqualTo(2_048);
        assertThat(plan.path("window_tokens").asInt()).isEqualTo(2_048);
        assertThat(plan.path("cramped").asBoolean()).isFalse();
    }

    @Test
    void aDraftModelIsPlannedBesideItsModel() {
        assertThat(gufo("plan", demo(), "--device-memory", "2GiB")).isZero();
        String alone = text();
        out.reset();
        assertThat(gufo("plan", demo(), "--device-memory", "2GiB", "--draft-model", demo()))
                .isZero();
        assertThat(text()).contains("GPU0").isNotEqualTo(alone);
        assertThat(gufo("plan", demo(), "--draft-model", demo() + ".missing")).isEqualTo(GufoCommand.FAILED);
    }

    @Test
    void wordsThatNoOneKnowsAreRefused() {
        assertThat(gufo("plan", demo(), "--kv-type", "q5_1")).isEqualTo(GufoCommand.USAGE);
        assertThat(gufo("plan", demo(), "--split-mode", "tensor")).isEqualTo(GufoCommand.USAGE);
        assertThat(gufo("plan", demo(), "--flash-attention", "off", "--kv-type", "q8_0"))
                .isEqualTo(GufoCommand.USAGE);
        assertThat(text()).contains("f16, q8_0, q4_0", "none, layer, row", "flash-attention");
    }

    @Test
    void theDoctorListsLibrariesAndDevicesAndSaysThatServingWorks() throws IOException {
        assertThat(gufo("doctor", "--backend", "cpu", "--json")).isZero();
        JsonNode found = new ObjectMapper().readTree(text());
        assertThat(found.path("serves").asBoolean()).isTrue();
        assertThat(found.path("chosen").path("backend").asText()).isEqualTo("cpu");
        assertThat(found.path("cpu_backend").asText()).startsWith("libggml-cpu-");
        assertThat(found.path("devices")).isNotEmpty();
        JsonNode library = found.path("libraries").get(0).path("files").get(0);
        assertThat(library.path("sha256").asText()).matches("[0-9a-f]{64}");
    }

    @Test
    void withoutLibrariesTheDoctorNamesTheRemedyAndFails(@TempDir Path folder) {
        assertThat(gufo("doctor", "--natives", folder.toString())).isEqualTo(GufoCommand.FAILED);
        assertThat(text()).contains("scripts/natives", "Serving would not work");
    }

    @Test
    void healthFollowsReadiness() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        int[] status = {503};
        server.createContext("/ready", exchange -> {
            exchange.sendResponseHeaders(status[0], -1);
            exchange.close();
        });
        server.start();
        String port = Integer.toString(server.getAddress().getPort());
        try {
            assertThat(gufo("health", "--port", port)).isEqualTo(GufoCommand.FAILED);
            status[0] = 200;
            assertThat(gufo("health", "--port", port)).isZero();
        } finally {
            server.stop(0);
        }
        assertThat(gufo("health", "--port", port)).isEqualTo(GufoCommand.FAILED);
        assertThat(text()).contains("127.0.0.1:" + port + "/ready does not answer");
    }

    @Test
    void healthTellsTheServersReason() throws IOException {
        try (var server = new Answering("127.0.0.1", 503, "{\"error\":{\"message\":\"The disk is full.\"}}")) {
            assertThat(gufo("health", "--port", server.port())).isEqualTo(GufoCommand.FAILED);
            assertThat(text()).contains("not ready: The disk is full. (status 503)");
        }
    }

    @Test
    void healthAsksWhereTheServerListens(@TempDir Path folder) throws IOException {
        try (var v4 = new Answering("127.0.0.1", 200, "{}");
                var v6 = new Answering("::1", 200, "{}")) {
            assertThat(gufo("health", "--host", "0.0.0.0", "--port", v4.port())).isZero();
            assertThat(gufo("health", "--host", "::", "--port", v6.port())).isZero();
            assertThat(gufo("health", "--host", "[::1]", "--port", v6.port())).isZero();
            assertThat(gufo("health", "--host", "localhost", "--port", v4.port()))
                    .isZero();
            assertThat(gufo(Map.of("GUFO_HOST", "::1", "GUFO_PORT", v6.port()), "health"))
                    .isZero();
            assertThat(gufo(Map.of("GUFO_HOST", "::1", "GUFO_PORT", v4.port()), "health", "--port", v6.port()))
                    .isZero();
            Path config = Files.writeString(
                    folder.resolve("gufo.yaml"), "host: '::1'\nport: " + v6.port() + "\nmax-body: 1 MiB\n");
            assertThat(gufo("health", "--config", config.toString())).isZero();
            assertThat(gufo(Map.of("GUFO_CONFIG", config.toString()), "health")).isZero();
        }
    }

    @Test
    void healthRefusesWhatNamesNoServer() {
        assertThat(gufo("health", "--port", "0")).isEqualTo(GufoCommand.USAGE);
        assertThat(gufo("health", "--host", "not a host")).isEqualTo(GufoCommand.USAGE);
    }

    /** Something that answers every question for readiness alike. */
    private record Answering(HttpServer server) implements AutoCloseable {
        Answering(String address, int status, String body) throws IOException {
            this(HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral(address), 0), 0));
            server.createContext("/ready", exchange -> {
                byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(status, bytes.length);
                exchange.getResponseBody().write(bytes);
                exchange.close();
            });
            server.start();
        }

        String port() {
            return Integer.toString(server.getAddress().getPort());
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    private static String demo() {
        return Path.of(System.getProperty("gufo.models"), "demo-chat.gguf").toString();
    }

    private int gufo(String... arguments) {
        return gufo(Map.of(), arguments);
    }

    private int gufo(Map<String, String> environment, String... arguments) {
        var stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        return GufoCommand.run(arguments, environment, stream, stream);
    }

    private String text() {
        return out.toString(StandardCharsets.UTF_8);
    }
}
