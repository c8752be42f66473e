package dev.gufo.server.files;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.Storage;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.Limits;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.database.Database;
import dev.gufo.server.docs.DocumentedApi;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files that come in parts, over HTTP. */
@Timeout(60)
class UploadsHttpTest {
    @TempDir
    private Path folder;

    @Test
    void partsBecomeAFileInTheOrderThatTheCallerSays() throws Exception {
        try (Storage storage = storage();
                var server = server(storage, TestServer.settings())) {
            var api = new DocumentedApi(json(server.get("/openapi.json")));
            var answer = server.post("/v1/uploads", body(11));
            assertThat(api.faults("POST /v1/uploads", answer)).isEmpty();
            JsonNode upload = json(answer);
            assertThat(upload.get("status").textValue()).isEqualTo("pending");
            assertThat(upload.get("expires_at").longValue()
                            - upload.get("created_at").longValue())
                    .isEqualTo(3_600);
            String path = "/v1/uploads/" + upload.get("id").textValue();
            String second = part(server, path, "World");
            String unused = part(server, path, "Everyone");
            var answered = send(server, path, "Hello ");
            assertThat(api.faults("POST /v1/uploads/{id}/parts", answered)).isEmpty();
            String first = json(answered).get("id").textValue();
            String md5 = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("MD5").digest("Hello World".getBytes(StandardCharsets.UTF_8)));
            Map<String, String> wrong = Map.of(
                    "{}",
                    "part_ids",
                    parts("", first),
                    "part_ids",
                    parts("", first, unused),
                    "part_ids",
                    parts("", first, "part_0"),
                    "part_ids[1]",
                    parts("", first, first),
                    "part_ids[1]",
                    parts(",\"md5\":\"00\"", first, second),
                    "md5");
            for (var each : wrong.entrySet()) {
                var refused = server.post(path + "/complete", each.getKey());
                assertThat(refused.statusCode()).as(each.getKey()).isEqualTo(400);
                assertThat(json(refused).at("/error/param").textValue()).isEqualTo(each.getValue());
            }
            var completed = server.post(path + "/complete", parts(",\"md5\":\"" + md5 + "\"", first, second));
            assertThat(api.faults("POST /v1/uploads/{id}/complete", completed)).isEmpty();
            assertThat(json(completed).get("status").textValue()).isEqualTo("completed");
            JsonNode file = json(completed).get("file");
            assertThat(file.get("filename").textValue()).isEqualTo("big.jsonl");
            assertThat(file.get("purpose").textValue()).isEqualTo("batch");
            assertThat(server.get("/v1/files/" + file.get("id").textValue() + "/content")
                            .body())
                    .isEqualTo("Hello World");
            assertThat(contents()).containsExactly(file.get("id").textValue());
            for (String end : List.of("/complete", "/cancel")) {
                var again = server.post(path + end, parts("", first, second));
                assertThat(again.statusCode()).isEqualTo(409);
                assertThat(again.body()).contains("upload_ended", "completed");
                assertThat(api.faults("POST /v1/uploads/{id}" + end, again)).isEmpty();
            }
        }
    }

    @Test
    void ofWhatIsCancelledOrTooLateNothingIsLeft() throws Exception {
        try (Storage storage = storage();
                var server = server(storage, TestServer.settings())) {
            String cancelled = "/v1/uploads/"
                    + json(server.post("/v1/uploads", body(5))).get("id").textValue();
            part(server, cancelled, "Hello");
            assertThat(json(server.post(cancelled + "/cancel", "{}"))
                            .get("status")
                            .textValue())
                    .isEqualTo("cancelled");
            assertThat(contents()).isEmpty();
            assertThat(send(server, cancelled, "x").statusCode()).isEqualTo(409);

            String late = "/v1/uploads/"
                    + json(server.post("/v1/uploads", body(5))).get("id").textValue();
            String part = part(server, late, "Hello");
            storage.database()
                    .write(session -> session.update("UPDATE upload SET expires = 1 WHERE status = 'pending'"));
            var tooLate = server.post(late + "/complete", parts("", part));
            assertThat(tooLate.statusCode()).isEqualTo(409);
            assertThat(tooLate.body()).contains("expired");
        }
        try (Storage storage = storage();
                FileStore store = FileStore.start(
                                storage.database(), FileStore.Settings.DEFAULT, InstantSource.system(), Random::new)
                        .orElseThrow()) {
            store.sweep();
            assertThat(contents()).isEmpty();
        }
    }

    @Test
    void aRequestForAnUploadIsChecked() throws Exception {
        try (Storage storage = storage();
                var server = server(storage, TestServer.settings())) {
            Map<String, String> wrong = Map.of(
                    "{}",
                    "filename",
                    body(11).replace("big.jsonl", "../x").replace("\"batch\"", "\"none\""),
                    "purpose",
                    body(0),
                    "bytes",
                    body(FileStore.MOST_BYTES_OF_FILE + 1),
                    "bytes",
                    body(11).replace("mime_type", "mime"),
                    "mime_type",
                    body(11).replace("}", ",\"expires_after\":{\"anchor\":\"now\"}}"),
                    "expires_after.anchor",
                    body(11).replace("}", ",\"expires_after\":{\"anchor\":\"created_at\",\"seconds\":1}}"),
                    "expires_after.seconds");
            for (var each : wrong.entrySet()) {
                var refused = server.post("/v1/uploads", each.getKey());
                assertThat(refused.statusCode()).as(each.getKey()).isEqualTo(400);
                assertThat(json(refused).at("/error/param").textValue()).isEqualTo(each.getValue());
            }
            assertThat(server.post("/v1/uploads/upload_0/cancel", "{}").body()).contains("upload_not_found");
        }
    }

    @Test
    void partsCountInTheQuotaOfTheirKeyAndAreItsOwn() throws Exception {
        var files = new FileStore.Settings(Optional.empty(), 1 << 20, 10, Duration.ZERO);
        try (Storage storage = storage()) {
            var keys = storage.keys().store();
            String alice =
                    "Bearer " + keys.create(StoredKey.Terms.named("alice")).secret();
            String bob = "Bearer " + keys.create(StoredKey.Terms.named("bob")).secret();
            try (var server =
                    server(storage, TestServer.settings().with().files(files).build())) {
                var made = server.client.send(
                        HttpRequest.newBuilder(server.uri("/v1/uploads"))
                                .header("Content-Type", "application/json")
                                .header("Authorization", alice)
                                .POST(BodyPublishers.ofString(body(12)))
                                .build(),
                        BodyHandlers.ofString());
                String path = "/v1/uploads/" + json(made).get("id").textValue();
                assertThat(send(server, path, "123456", "Authorization", bob).statusCode())
                        .isEqualTo(404);
                assertThat(send(server, path, "123456", "Authorization", alice).statusCode())
                        .isEqualTo(200);
                var full = send(server, path, "123456", "Authorization", alice);
                assertThat(full.statusCode()).isEqualTo(413);
                assertThat(full.body()).contains("files_full", "files-bytes-per-key");
            }
        }
    }

    private Storage storage() {
        return Storage.open(Database.open("", folder), Limits.NONE, "");
    }

    private static TestServer server(Storage storage, ServerSettings settings) {
        return new TestServer(settings, storage, new TestModel("scripted", new ScriptedEngine()));
    }

    private List<String> contents() throws IOException {
        try (Stream<Path> contents = Files.list(folder.resolve("files"))) {
            return contents.map(path -> String.valueOf(path.getFileName())).toList();
        }
    }

    private static String body(long bytes) {
        return "{\"filename\":\"big.jsonl\",\"purpose\":\"batch\",\"bytes\":%d,\"mime_type\":\"application/jsonl\"}"
                .formatted(bytes);
    }

    private static String parts(String more, String... ids) {
        return Stream.of(ids)
                .map(id -> "\"" + id + "\"")
                .collect(Collectors.joining(",", "{\"part_ids\":[", "]" + more + "}"));
    }

    private static String part(TestServer server, String path, String contents)
            throws IOException, InterruptedException {
        var answer = send(server, path, contents);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json(answer).get("id").textValue();
    }

    private static HttpResponse<String> send(TestServer server, String path, String contents, String... headers)
            throws IOException, InterruptedException {
        String form =
                "--%1$s\r\nContent-Disposition: form-data; name=\"data\"; filename=\"blob\"\r\n\r\n%2$s\r\n--%1$s--\r\n"
                        .formatted(Uploads.BOUNDARY, contents);
        var request = HttpRequest.newBuilder(server.uri(path + "/parts")).header("Content-Type", Uploads.TYPE);
        return server.client.send(
                (headers.length == 0 ? request : request.headers(headers))
                        .POST(BodyPublishers.ofString(form))
                        .build(),
                BodyHandlers.ofString());
    }
}
