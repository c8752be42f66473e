package dev.gufo.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.gufo.gguf.GgmlType;
import dev.gufo.gguf.GgufWriter;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(60)
class ModelCommandsTest {
    private static final ModelShape SMALL = new ModelShape("small", 2, 64, 2, 1, 64, 400, 128, 10_000, GgmlType.Q8_0);

    @TempDir
    private Path folder;

    private Map<String, String> environment = Map.of();

    @BeforeEach
    void fill() throws IOException {
        RandomModel.write(SMALL, 1, folder.resolve("owl.gguf"));
        Files.writeString(folder.resolve("broken.gguf"), "no model");
        new GgufWriter()
                .string("general.architecture", "bert")
                .string("general.license", "apache-2.0\u001b[2J")
                .uint32("bert.block_count", 1)
                .uint32("bert.context_length", 512)
                .uint32("bert.embedding_length", 384)
                .uint32("bert.pooling_type", 1)
                .write(folder.resolve("vectors.gguf"));
    }

    @Test
    void everyModelIsListedAlsoBrokenOnes() throws IOException {
        assertThat(run("models").lines().map(line -> line.replaceAll(" +", " ")))
                .containsExactly(
                        "0 NAME QUANTIZATION SIZE CONTEXT FOR LICENSE TEMPLATE",
                        "broken - 8 B - nothing - -",
                        "owl Q8_0 119 kB 128 chat - yes",
                        "vectors unknown %d B 512 embeddings apache-2.0?[2J no"
                                .formatted(Files.size(folder.resolve("vectors.gguf"))));
        JsonNode owl = json(run("models", "--json")).path("data").get(1);
        assertThat(owl.path("id").asText()).isEqualTo("owl");
        assertThat(owl.path("object").asText()).isEqualTo("model");
        assertThat(owl.path("roles").get(0).asText()).isEqualTo("chat");
        assertThat(owl.path("context_length").asInt()).isEqualTo(128);
        assertThat(owl.path("quantization").asText()).isEqualTo("Q8_0");
        assertThat(owl.path("chat_template").asBoolean()).isTrue();
    }

    @Test
    void oneModelIsShownWithItsFiles() throws IOException {
        assertThat(run("show", "owl")).startsWith("0 ").contains("name           small", "128 tokens", "owl.gguf");
        assertThat(run("show", "broken")).contains("can't be loaded", "it does not start with 'GGUF'");
        assertThat(json(run("show", "owl", "--json")).path("files").get(0).asText())
                .isEqualTo(folder.resolve("owl.gguf").toString());
        assertThat(run("show", "hawk"))
                .isEqualTo(
                        "1 gufo: there is no model 'hawk' in %s, which holds broken, owl, vectors\n".formatted(folder));
    }

    @Test
    void aModelIsRemovedWhenThatIsConfirmed() {
        Path file = folder.resolve("owl.gguf");
        for (String no : new String[] {"", "n\n", "\n", "yeah\n"}) {
            assertThat(remove(no)).startsWith("1 ").contains(file.toString(), "Remove 119 kB? [y/N]");
            assertThat(file).exists();
        }
        assertThat(remove("y\n")).startsWith("0 ").contains("Removed owl, 119 kB.");
        assertThat(file).doesNotExist();
        assertThat(run("rm", "broken", "--yes")).isEqualTo("0 Removed broken, 8 B.\n");
        assertThat(run("rm", "../owl", "--yes")).startsWith("1 gufo: there is no model '../owl'");
    }

    @Test
    void theFolderIsWhereTheServerHasIt() {
        environment = Map.of("GUFO_MODELS_DIR", folder.toString());
        assertThat(runAsIs("models")).contains("owl", "vectors");
        environment = Map.of("GUFO_MODELS_DIR", folder.resolve("absent").toString());
        assertThat(runAsIs("models"))
                .isEqualTo("0 There are no models in %s; gufo pull gets some.\n".formatted(folder.resolve("absent")));
    }

    @Test
    void aModelIsPulledFromTheHubThatTheEnvironmentNames() throws IOException {
        byte[] model = Files.readAllBytes(folder.resolve("owl.gguf"));
        Queue<String> tokens = new ConcurrentLinkedQueue<>();
        HttpServer hub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        hub.createContext("/", exchange -> {
            tokens.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            boolean list = exchange.getRequestURI().getPath().equals("/api/models/maker/owls/tree/main");
            byte[] body = list
                    ? "[{\"type\":\"file\",\"path\":\"barn-Q8_0.gguf\",\"size\":%d}]"
                            .formatted(model.length)
                            .getBytes(StandardCharsets.UTF_8)
                    : model;
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        hub.start();
        try {
            environment =
                    Map.of("HF_ENDPOINT", "http://127.0.0.1:" + hub.getAddress().getPort(), "HF_TOKEN", "hf_secret");
            String printed = run("pull", "hf:maker/owls");
            assertThat(printed)
                    .startsWith("0 ")
                    .contains("barn-Q8_0.gguf  100 %", folder.resolve("barn-Q8_0.gguf") + "\n");
            assertThat(printed).doesNotContain("hf_secret");
        } finally {
            hub.stop(0);
        }
        assertThat(tokens).isNotEmpty().containsOnly("Bearer hf_secret");
        assertThat(folder.resolve("barn-Q8_0.gguf")).hasBinaryContent(model);
        assertThat(run("models")).contains("barn-Q8_0");
    }

    @Test
    void aDamagedFileOfTheRightSizeIsNotTakenForTheHubs() throws IOException {
        byte[] model = Files.readAllBytes(folder.resolve("owl.gguf"));
        byte[] damaged = model.clone();
        damaged[damaged.length - 1] ^= 1;
        String hash = sha256(model);
        Path file = Files.write(folder.resolve("barn-Q8_0.gguf"), damaged);
        HttpServer hub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        hub.createContext("/", exchange -> {
            boolean list = exchange.getRequestURI().getPath().startsWith("/api/models/");
            byte[] body = list
                    ? "[{\"type\":\"file\",\"path\":\"barn-Q8_0.gguf\",\"size\":%d,\"lfs\":{\"oid\":\"%s\",\"size\":%d}}]"
                            .formatted(model.length, hash, model.length)
                            .getBytes(StandardCharsets.UTF_8)
                    : model;
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        hub.start();
        try {
            String url = "http://127.0.0.1:" + hub.getAddress().getPort();
            environment = Map.of("HF_ENDPOINT", url);
            for (String[] pull : new String[][] {
                {"pull", "hf:maker/owls"},
                {"pull", url + "/barn-Q8_0.gguf", "--sha256", hash},
                {"pull", url + "/barn-Q8_0.gguf", "--sha256", "a".repeat(64)}
            }) {
                assertThat(run(pull))
                        .startsWith("1 ")
                        .contains(
                                "barn-Q8_0.gguf is there already, but its SHA-256 is " + sha256(damaged), "remove it");
                assertThat(file).hasBinaryContent(damaged);
            }
            Files.delete(file);
            assertThat(run("pull", "hf:maker/owls")).startsWith("0 ");
            assertThat(run("pull", "hf:maker/owls")).startsWith("0 ");
            assertThat(file).hasBinaryContent(model);
        } finally {
            hub.stop(0);
        }
    }

    @Test
    void setsThatLackShardsAreListedBesideThoseThatAreWhole() throws IOException {
        Path owl = folder.resolve("owl.gguf");
        Files.copy(owl, folder.resolve("HERON.GGUF"));
        Files.copy(owl, folder.resolve("crane-00003-of-00003.gguf")); // left over
        Files.copy(owl, folder.resolve("crane-00001-of-00002.gguf"));
        new GgufWriter().uint32("split.no", 1).write(folder.resolve("crane-00002-of-00002.gguf"));
        JsonNode listed = json(run("models", "--json")).path("data");
        String leftOver = folder.getFileName() + "/crane";
        assertThat(listed.findValuesAsText("id"))
                .containsExactlyInAnyOrder("HERON", "broken", "crane", leftOver, "owl", "vectors");
        for (JsonNode model : listed) {
            boolean whole =
                    !List.of("broken", leftOver).contains(model.path("id").asText());
            assertThat(model.has("problem")).as(model.toString()).isEqualTo(!whole);
        }
        assertThat(run("show", leftOver)).contains("2 of 3 shards are missing", "crane-00001-of-00003.gguf");
        assertThat(run("show", "crane")).contains("crane-00001-of-00002.gguf", "crane-00002-of-00002.gguf");
    }

    @Test
    void whatCantBeMeantIsSaidSo() {
        assertThat(run("pull", "owl")).startsWith("1 gufo: owl is neither hf:OWNER/REPO");
        assertThat(run("pull", "hf:a/b", "--sha256", "abc"))
                .startsWith("2 gufo: --sha256 must be 64 hexadecimal digits");
        environment = Map.of("HF_ENDPOINT", "ftp://hub");
        assertThat(run("pull", "hf:a/b")).startsWith("2 gufo: HF_ENDPOINT must be a URL of HTTP");
    }

    private String remove(String answer) {
        var printed = new ByteArrayOutputStream();
        var stream = new PrintStream(printed, true, StandardCharsets.UTF_8);
        var in = new ByteArrayInputStream(answer.getBytes(StandardCharsets.UTF_8));
        var command = new CommandLine(new ModelCommands.Remove(in, stream))
                .setExecutionExceptionHandler((e, _, _) -> GufoCommand.FAILED);
        int status = command.execute("owl", "--models-dir", folder.toString());
        return status + " " + printed.toString(StandardCharsets.UTF_8);
    }

    private static JsonNode json(String printed) throws IOException {
        assertThat(printed).startsWith("0 ");
        return new ObjectMapper().readTree(printed.substring(2));
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    private String run(String... arguments) {
        String[] all = Arrays.copyOf(arguments, arguments.length + 2);
        all[arguments.length] = "--models-dir";
        all[arguments.length + 1] = folder.toString();
        return runAsIs(all);
    }

    /** Exit status and what was printed. */
    private String runAsIs(String... arguments) {
        var printed = new ByteArrayOutputStream();
        var stream = new PrintStream(printed, true, StandardCharsets.UTF_8);
        int status = GufoCommand.run(arguments, environment, stream, stream);
        return status + " " + printed.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    }
}
