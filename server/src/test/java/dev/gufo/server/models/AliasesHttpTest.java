package dev.gufo.server.models;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.Reuse;
import dev.gufo.gguf.RandomModel;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.Storage;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestModels;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.Limits;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.PostgresqlServer;
import dev.gufo.server.docs.DocumentedApi;
import dev.gufo.store.ModelDigests;
import dev.gufo.store.ModelDirectory;
import dev.gufo.store.StoredModel;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An alias that is moved from one model to another while it is used, and back. */
@Timeout(60)
class AliasesHttpTest {
    @TempDir
    private Path folder;

    private final ScriptedEngine owl = new ScriptedEngine().answering("I am the owl");
    private final ScriptedEngine hawk = new ScriptedEngine().answering("I am the hawk");
    private final TestModels models = new TestModels(new TestModel("owl", owl), new TestModel("hawk", hawk));
    private List<StoredModel> files;
    private String admin = "";

    @BeforeEach
    void write() throws IOException {
        RandomModel.write(VersionsHttpTest.SMALL, 1, folder.resolve("owl.gguf"));
        RandomModel.write(VersionsHttpTest.SMALL, 2, folder.resolve("hawk.gguf"));
        files = new ModelDirectory(folder).list();
        try (Storage storage = storage()) {
            admin = storage.keys()
                    .store()
                    .create(StoredKey.Terms.named("root").withAdmin(true))
                    .secret();
        }
    }

    @AfterEach
    void close() {
        models.close();
    }

    private Storage storage() {
        return Storage.open(Database.open("", folder), Limits.NONE, "");
    }

    private StoredModel file(String id) {
        return files.stream().filter(file -> file.id().equals(id)).findFirst().orElseThrow();
    }

    /** @param meant what the settings file says that the alias is */
    private TestServer server(Storage storage, String meant) {
        BiFunction<String, StoredModel, ServedModel> aliased = (name, file) -> {
            ServedModel own = models.all().stream()
                    .filter(model -> model.id().equals(file.id()))
                    .findFirst()
                    .orElseThrow();
            return new ServedModel(name, own.residence(), own.profile(), Optional.of(file), file.modified());
        };
        var named = new ArrayList<>(models.all());
        named.add(aliased.apply("bird", file(meant)));
        return new TestServer(
                TestServer.settings(),
                storage,
                new ServedModels(
                        named, () -> files, _ -> Optional.empty(), aliased, ModelDigests.inMemory(() -> files)));
    }

    @Test
    void anAliasMeansWhatItWasMovedToUntilItIsMovedBack() throws Exception {
        try (Storage storage = storage();
                var server = server(storage, "owl")) {
            var api = new DocumentedApi(json(server.get("/openapi.json")));
            assertThat(answer(server)).isEqualTo("I am the owl");
            owl.hold();
            var running = server.client.sendAsync(
                    request(server, "/v1/chat/completions", "{\"model\":\"bird\"," + TestServer.HELLO.substring(1)),
                    BodyHandlers.ofString());
            owl.started.take(); // the one before
            var generation = owl.started.take();

            var moved = move(server, "hawk");
            assertThat(api.faults("POST /admin/aliases", moved)).isEmpty();
            assertThat(moved.statusCode()).as(moved.body()).isEqualTo(200);
            assertThat(answer(server)).isEqualTo("I am the hawk");
            generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
            generation.text("Still the owl");
            generation.finish(GenerationEvent.FinishReason.STOP);
            assertThat(json(running.get()).at("/choices/0/message/content").textValue())
                    .isEqualTo("Still the owl");

            String digest = await().until(
                            () -> json(send(server, "GET", "/v1/models/hawk", ""))
                                    .path("digest")
                                    .asText(),
                            known -> !known.isEmpty());
            assertThat(move(server, "owl@" + digest).body()).contains("model_version_not_found");
            assertThat(move(server, "hawk@" + digest).statusCode()).isEqualTo(200);
            assertThat(move(server, "bird").body()).contains("is an alias itself");
            assertThat(move(server, "eagle").body()).contains("model_not_found");
            assertThat(send(server, "POST", "/admin/aliases", "{\"alias\":\"owl\",\"model\":\"hawk\"}")
                            .body())
                    .contains("There is no alias 'owl'.");
            assertThat(send(server, "POST", "/admin/aliases", "[]").statusCode())
                    .isEqualTo(400);

            owl.release();
            assertThat(move(server, "owl").statusCode()).isEqualTo(200);
            assertThat(answer(server)).isEqualTo("I am the owl");
            var history = send(server, "GET", "/admin/aliases", "");
            assertThat(api.faults("GET /admin/aliases", history)).isEmpty();
            assertThat(told(json(history)))
                    .containsExactly("owl key root", "hawk key root", "hawk key root", "owl settings null");
        }
    }

    @Test
    void aMoveOutlastsTheServerUntilTheSettingsFileSaysSomethingNew() throws Exception {
        try (Storage storage = storage();
                var server = server(storage, "owl")) {
            assertThat(move(server, "hawk").statusCode()).isEqualTo(200);
        }
        try (Storage storage = storage();
                var server = server(storage, "owl")) {
            assertThat(answer(server)).isEqualTo("I am the hawk");
            assertThat(move(server, "owl").statusCode()).isEqualTo(200);
        }
        try (Storage storage = storage();
                var server = server(storage, "hawk")) { // another one than before
            assertThat(answer(server)).isEqualTo("I am the hawk");
            assertThat(told(json(send(server, "GET", "/admin/aliases", ""))))
                    .containsExactly("hawk settings null", "owl key root", "hawk key root", "owl settings null");
        }
    }

    @Test
    void aMoveReachesTheOtherServersOnTheDatabase() throws Exception {
        Assumptions.assumeTrue(PostgresqlServer.installed().isPresent(), "PostgreSQL is not installed");
        try (PostgresqlServer postgresql = PostgresqlServer.start();
                Storage one = Storage.open(Database.open(postgresql.url(), folder), Limits.NONE, "");
                Storage other = Storage.open(Database.open(postgresql.url(), folder), Limits.NONE, "");
                var first = server(one, "owl");
                var second = server(other, "owl")) {
            admin = one.keys()
                    .store()
                    .create(StoredKey.Terms.named("root").withAdmin(true))
                    .secret();
            assertThat(answer(second)).isEqualTo("I am the owl");
            assertThat(move(first, "hawk").statusCode()).isEqualTo(200);
            await().until(() -> answer(second), "I am the hawk"::equals);
            assertThat(move(second, "owl").statusCode()).isEqualTo(200);
            await().until(() -> answer(first), "I am the owl"::equals);
            assertThat(told(json(send(first, "GET", "/admin/aliases", ""))))
                    .containsExactly("owl key root", "hawk key root", "owl settings null");
        }
    }

    private static List<String> told(JsonNode history) {
        var told = new ArrayList<String>();
        history.get("data")
                .forEach(move -> told.add("%s %s %s"
                        .formatted(
                                move.get("model").textValue(),
                                move.get("by").textValue(),
                                move.get("key").textValue())));
        return told;
    }

    private String answer(TestServer server) throws IOException, InterruptedException {
        String body = "{\"model\":\"bird\"," + TestServer.HELLO.substring(1);
        JsonNode answer = json(send(server, "POST", "/v1/chat/completions", body));
        assertThat(answer.path("model").asText()).as(answer.toString()).isEqualTo("bird");
        return answer.at("/choices/0/message/content").textValue();
    }

    private HttpResponse<String> move(TestServer server, String model) throws IOException, InterruptedException {
        return send(server, "POST", "/admin/aliases", "{\"alias\":\"bird\",\"model\":\"%s\"}".formatted(model));
    }

    private HttpResponse<String> send(TestServer server, String method, String path, String body)
            throws IOException, InterruptedException {
        HttpRequest request = method.equals("GET")
                ? HttpRequest.newBuilder(server.uri(path))
                        .header("Authorization", "Bearer " + admin)
                        .build()
                : request(server, path, body);
        return server.client.send(request, BodyHandlers.ofString());
    }

    private HttpRequest request(TestServer server, String path, String body) {
        return HttpRequest.newBuilder(server.uri(path))
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + admin)
                .POST(BodyPublishers.ofString(body))
                .build();
    }
}
