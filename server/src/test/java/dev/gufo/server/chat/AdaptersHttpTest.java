package dev.gufo.server.chat;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.AdapterSource;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.batch.LocalEngine;
import dev.gufo.fixtures.RandomAdapter;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.database.Database;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests with LoRA adapters, from JSON to llama.cpp and back. */
@Timeout(180)
class AdaptersHttpTest {
    @TempDir
    private static Path folder;

    private static LocalEngine engine;
    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        Path model = folder.resolve("tiny.gguf");
        Path adapter = folder.resolve("pirate.gguf");
        RandomModel.write(ModelShape.TINY, 5, model);
        RandomAdapter.write(ModelShape.TINY, 8, 1, 1, adapter);
        Path natives = Path.of(System.getProperty("gufo.natives"));
        engine = LocalEngine.open(
                EngineSettings.of(model, natives)
                        .contextTokens(256)
                        .sequences(2)
                        .gpuLayers(0)
                        .threads(1)
                        .stepTokens(64)
                        .queueLength(8)
                        .build()
                        .withAdapters(List.of(new AdapterSource("pirate", adapter))),
                percent -> {});
        server = new TestServer(TestServer.settings(), new TestModel("tiny", engine));
    }

    @AfterAll
    static void stop() {
        server.close();
        engine.close();
    }

    private static String chat(String lora) throws IOException, InterruptedException {
        var reply = server.chat("""
                {"messages": [{"role": "user", "content": "Hello"}], "temperature": 0, "max_tokens": 20%s}
                """.formatted(lora));
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        return json(reply).at("/choices/0/message/content").asText();
    }

    private static String complete(String lora) throws IOException, InterruptedException {
        var reply = server.post("/v1/completions", """
                {"prompt": "Hello", "temperature": 0, "max_tokens": 20%s}""".formatted(lora));
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        return json(reply).at("/choices/0/text").asText();
    }

    @Test
    void anAdapterChangesWhatIsSaid() throws IOException, InterruptedException {
        String plain = chat("");
        assertThat(chat(", \"lora\": [{\"id\": \"pirate\"}]")).isNotEqualTo(plain);
        assertThat(chat(", \"lora\": [{\"id\": \"pirate\", \"scale\": 0}]")).isEqualTo(plain);
        assertThat(chat(", \"lora\": []")).isEqualTo(plain);
        assertThat(chat(", \"lora\": null")).isEqualTo(plain);
        assertThat(complete(", \"lora\": [{\"id\": \"pirate\"}]")).isNotEqualTo(complete(""));
    }

    @Test
    void anAdapterThatTheModelHasNotIs404() throws IOException, InterruptedException {
        for (String scale : List.of("1", "0")) {
            String lora = "\"lora\": [{\"id\": \"pirate\"}, {\"id\": \"poet\", \"scale\": %s}]".formatted(scale);
            requireNotFound(server.chat("""
                    {"messages": [{"role": "user", "content": "Hello"}], "stream": true, %s}""".formatted(lora)));
            requireNotFound(server.post("/v1/completions", "{\"prompt\": \"Hello\", %s}".formatted(lora)));
        }
    }

    private static void requireNotFound(HttpResponse<String> reply) throws IOException {
        assertThat(reply.statusCode()).isEqualTo(404);
        assertThat(json(reply).at("/error/code").asText()).isEqualTo("adapter_not_found");
        assertThat(json(reply).at("/error/param").asText()).isEqualTo("lora");
        assertThat(json(reply).at("/error/message").asText()).contains("'poet'").contains("it has pirate");
    }

    @Test
    void whatIsRefusedForItsAdaptersIsNotInTheLedger() throws IOException, InterruptedException {
        try (Database database = Database.open("", folder);
                var scripted = new TestServer(
                        TestServer.settings(), database, new TestModel("scripted", new ScriptedEngine()))) {
            assertThat(scripted.chat("""
                                    {"messages": [{"role": "user", "content": "Hello"}], "lora": [{"id": "x"}]}""").statusCode()).isEqualTo(404);
            assertThat(json(scripted.get("/v1/usage?since=1h"))
                            .at("/total/requests")
                            .asInt())
                    .isZero();
        }
    }

    @Test
    void theListOfModelsTellsTheAdapters() throws IOException, InterruptedException {
        assertThat(json(server.get("/v1/models")).at("/data/0/adapters").toString())
                .isEqualTo("[\"pirate\"]");
        assertThat(json(server.get("/v1/models/tiny")).at("/adapters/0").asText())
                .isEqualTo("pirate");
    }

    @Test
    void vectorsAreMadeByTheModelAsItIs() throws IOException, InterruptedException {
        for (String request : List.of(
                "/v1/embeddings {\"input\": \"Hello\", \"lora\": [{\"id\": \"pirate\"}]}",
                "/v1/rerank {\"query\": \"a\", \"documents\": [\"b\"], \"lora\": [{\"id\": \"pirate\"}]}")) {
            var reply = server.post(
                    request.substring(0, request.indexOf(' ')), request.substring(request.indexOf(' ') + 1));
            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(json(reply).at("/error/code").asText()).isEqualTo("unsupported_parameter");
            assertThat(json(reply).at("/error/param").asText()).isEqualTo("lora");
        }
    }
}
