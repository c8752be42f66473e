package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.fixtures.RandomAdapter;
import dev.gufo.gguf.GgufWriter;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models, aliases and adapters of a settings file, with real workers that come and go. */
@Timeout(180)
class SeveralModelsTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private Path models;

    @BeforeEach
    void write() throws IOException {
        models = Files.createDirectories(folder.resolve("models/more"));
        RandomModel.write(ModelShape.TINY, 1, folder.resolve("models/owl.gguf"));
        RandomModel.write(ModelShape.TINY, 2, models.resolve("hawk.gguf"));
        RandomAdapter.write(ModelShape.TINY, 8, 1, 3, folder.resolve("night.gguf"));
        Files.writeString(folder.resolve("flight.jinja"), "{{ messages[0].content }} flies");
        Files.writeString(folder.resolve("gufo.yaml"), """
                model: owl
                ctx-size: 128
                parallel: 2
                keep-alive: 1s
                pin: owl
                models:
                  owl:
                    lora: {night: night.gguf}
                aliases:
                  night-owl:
                    model: owl
                    lora: [{id: night, scale: 1.0}]
                    parameters: {max_tokens: 4, temperature: 0, ignore_eos: true}
                  eagle:
                    model: hawk
                    chat-template: flight.jinja
                    parameters: {max_tokens: 2}
                """);
    }

    private RunningGufo start() throws IOException {
        return RunningGufo.start(
                folder,
                "--config",
                folder.resolve("gufo.yaml").toString(),
                "--models-dir",
                folder.resolve("models").toString(),
                "--model",
                "owl");
    }

    @Test
    void anotherModelHasAWorkerWhileItIsUsedAndNoLonger() throws IOException, InterruptedException {
        try (RunningGufo gufo = start()) {
            assertThat(gufo.process().children().count()).isEqualTo(1);
            assertThat(status(gufo, "hawk")).isEqualTo("available");
            HttpResponse<String> answer = gufo.chat(ask("hawk", ",\"max_tokens\":5,\"ignore_eos\":true"));
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(JSON.readTree(answer.body())
                            .at("/usage/completion_tokens")
                            .asInt())
                    .isEqualTo(5);
            await().atMost(SOON)
                    .until(() -> status(gufo, "hawk").equals("available")
                            && gufo.process().children().count() == 1);
            assertThat(status(gufo, "owl")).isEqualTo("loaded");
            assertThat(gufo.get("/ready").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aliasesBringTheirAdaptersTemplatesAndParameters() throws IOException, InterruptedException {
        try (RunningGufo gufo = start()) {
            String plain = content(gufo.chat(ask("owl", ",\"max_tokens\":4,\"temperature\":0,\"ignore_eos\":true")));
            String chosen = content(gufo.chat(ask(
                    "owl", ",\"max_tokens\":4,\"temperature\":0,\"ignore_eos\":true,\"lora\":[{\"id\":\"night\"}]")));
            String aliased = content(gufo.chat(ask("night-owl", "")));
            assertThat(aliased).isEqualTo(chosen).isNotEqualTo(plain);
            HttpResponse<String> unknown = gufo.chat(ask("owl", ",\"lora\":[{\"id\":\"day\"}]"));
            assertThat(unknown.statusCode()).isEqualTo(404);
            assertThat(JSON.readTree(unknown.body()).at("/error/code").asText()).isEqualTo("adapter_not_found");
            JsonNode eagle = JSON.readTree(
                    gufo.chat(ask("eagle", ",\"ignore_eos\":true")).body());
            assertThat(eagle.path("model").asText()).isEqualTo("eagle");
            assertThat(eagle.at("/usage/completion_tokens").asInt()).isEqualTo(2);
            JsonNode listed = JSON.readTree(gufo.get("/v1/models/eagle").body());
            assertThat(listed.path("alias_of").asText()).isEqualTo("hawk");
        }
    }

    @Test
    void aFileThatIsReplacedIsLoadedAnew() throws IOException, InterruptedException {
        try (RunningGufo gufo = start()) {
            String sure = ",\"max_tokens\":8,\"temperature\":0,\"ignore_eos\":true";
            String before = content(gufo.chat(ask("owl", sure)));
            Path next = folder.resolve("next.gguf");
            RandomModel.write(ModelShape.TINY, 99, next);
            Files.move(
                    next,
                    folder.resolve("models/owl.gguf"),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            await().atMost(SOON)
                    .untilAsserted(() ->
                            assertThat(content(gufo.chat(ask("owl", sure)))).isNotEqualTo(before));
        }
    }

    @Test
    void aModelThatIsReplacedWhereItsPathLeadsIsLoadedAnewAlsoWithEqualSizeAndTime(@TempDir Path elsewhere)
            throws IOException, InterruptedException {
        Path named = elsewhere.resolve("named.gguf");
        RandomModel.write(ModelShape.TINY, 1, elsewhere.resolve("one.gguf"));
        RandomModel.write(ModelShape.TINY, 99, elsewhere.resolve("two.gguf"));
        Files.setLastModifiedTime(
                elsewhere.resolve("two.gguf"), Files.getLastModifiedTime(elsewhere.resolve("one.gguf")));
        assertThat(Files.size(elsewhere.resolve("two.gguf"))).isEqualTo(Files.size(elsewhere.resolve("one.gguf")));
        Files.createSymbolicLink(named, Path.of("one.gguf"));
        try (RunningGufo gufo = RunningGufo.start(
                elsewhere,
                "--models-dir",
                folder.resolve("models").toString(),
                "--model",
                named.toString(),
                "--ctx-size",
                "128")) {
            String sure = ",\"max_tokens\":8,\"temperature\":0,\"ignore_eos\":true";
            String before = content(gufo.chat(ask("named", sure)));
            Files.createSymbolicLink(elsewhere.resolve("next"), Path.of("two.gguf"));
            Files.move(elsewhere.resolve("next"), named, StandardCopyOption.ATOMIC_MOVE);
            await().atMost(SOON)
                    .untilAsserted(() ->
                            assertThat(content(gufo.chat(ask("named", sure)))).isNotEqualTo(before));
        }
    }

    @Test
    void whatCantBeLoadedIsToldAndHidesNothing() throws IOException, InterruptedException {
        Path root = folder.resolve("models");
        Files.copy(root.resolve("owl.gguf"), root.resolve("HERON.GGUF"));
        Files.writeString(root.resolve("broken.gguf"), "no model");
        Files.copy(root.resolve("owl.gguf"), root.resolve("crane-00001-of-00003.gguf")); // left over
        Files.copy(root.resolve("owl.gguf"), root.resolve("crane-00001-of-00002.gguf"));
        new GgufWriter().uint32("split.no", 1).write(root.resolve("crane-00002-of-00002.gguf"));
        Files.copy(root.resolve("owl.gguf"), root.resolve("stork-00002-of-00002.gguf"));
        try (RunningGufo gufo = start()) {
            assertThat(statuses(gufo))
                    .containsAllEntriesOf(Map.of(
                            "owl", "loaded",
                            "hawk", "available",
                            "eagle", "available",
                            "HERON", "available",
                            "crane", "available",
                            "models/crane", "failed",
                            "stork", "failed",
                            "broken", "failed"))
                    .hasSize(9);
            assertThat(model(gufo, "models/crane").path("problem").asText())
                    .contains("2 of 3 shards are missing, the first of them is crane-00002-of-00003.gguf");
            assertThat(model(gufo, "stork").path("problem").asText()).contains("stork-00001-of-00002.gguf");
            assertThat(model(gufo, "broken").path("problem").asText()).contains("not a GGUF file");
            content(gufo.chat(ask("HERON", ",\"max_tokens\":2,\"ignore_eos\":true")));

            Files.delete(models.resolve("hawk.gguf"));
            await().atMost(SOON)
                    .untilAsserted(() ->
                            assertThat(statuses(gufo)).doesNotContainKey("hawk").containsEntry("eagle", "failed"));
            assertThat(model(gufo, "eagle").path("problem").asText()).contains("no longer exists");
        }
    }

    private static String ask(String model, String more) {
        return "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"An owl\"}]%s}".formatted(model, more);
    }

    private static String content(HttpResponse<String> response) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body()).at("/choices/0/message/content").asText();
    }

    private static String status(RunningGufo gufo, String model) throws IOException, InterruptedException {
        return JSON.readTree(gufo.get("/v1/models/" + model).body())
                .path("status")
                .asText();
    }

    /** Of all models as the list tells them. */
    private static Map<String, String> statuses(RunningGufo gufo) throws IOException, InterruptedException {
        var statuses = new TreeMap<String, String>();
        JSON.readTree(gufo.get("/v1/models").body())
                .path("data")
                .forEach(model -> statuses.put(
                        model.path("id").asText(), model.path("status").asText()));
        return statuses;
    }

    private static JsonNode model(RunningGufo gufo, String id) throws IOException, InterruptedException {
        for (JsonNode model : JSON.readTree(gufo.get("/v1/models").body()).path("data")) {
            if (model.path("id").asText().equals(id)) {
                return model;
            }
        }
        throw new AssertionError("no model '%s' is listed".formatted(id));
    }
}
