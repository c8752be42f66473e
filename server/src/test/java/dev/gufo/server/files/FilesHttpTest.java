package dev.gufo.server.files;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.PostgresqlServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files over HTTP: kept, listed, read and deleted, seen by their owner, and never anywhere but in their folder. */
@Timeout(120)
class FilesHttpTest {
    private static final byte[] SHORT = "one line\n".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path folder;

    @Test
    void aFileLargerThanAnyBodyIsKeptListedReadAndDeleted() throws Exception {
        byte[] contents = new byte[3 << 20];
        new Random(1).nextBytes(contents);
        String id;
        try (Database database = Database.open("", folder);
                var server = server(database, ServerSettings.DEFAULT.files())) {
            JsonNode file = uploaded(server, Uploads.form("owls é.bin", "user_data", contents));
            id = file.get("id").textValue();
            assertThat(file.get("object").textValue()).isEqualTo("file");
            assertThat(file.get("bytes").longValue()).isEqualTo(contents.length);
            assertThat(file.get("filename").textValue()).isEqualTo("owls é.bin");
            assertThat(file.get("purpose").textValue()).isEqualTo("user_data");
            assertThat(file.get("status").textValue()).isEqualTo("processed");
            assertThat(file.get("sha256").textValue())
                    .isEqualTo(HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(contents)));
            assertThat(file.get("expires_at").longValue()
                            - file.get("created_at").longValue())
                    .isEqualTo(Duration.ofDays(30).toSeconds());
        }
        try (Database database = Database.open("", folder); // after a restart
                var server = server(database, ServerSettings.DEFAULT.files())) {
            JsonNode list = json(server.get("/v1/files"));
            assertThat(list.at("/data/0/id").textValue()).isEqualTo(id);
            HttpResponse<byte[]> read = server.client.send(
                    HttpRequest.newBuilder(server.uri("/v1/files/" + id + "/content"))
                            .build(),
                    BodyHandlers.ofByteArray());
            assertThat(read.body()).isEqualTo(contents);
            Map<String, List<String>> headers = read.headers().map();
            assertThat(headers.get("content-type")).containsExactly("application/octet-stream");
            assertThat(headers.get("x-content-type-options")).containsExactly("nosniff");
            assertThat(headers.get("content-disposition"))
                    .containsExactly("attachment; filename*=UTF-8''owls%20%C3%A9.bin");
            assertThat(json(delete(server, id)).get("deleted").booleanValue()).isTrue();
            assertThat(delete(server, id).statusCode()).isEqualTo(404);
            assertThat(server.get("/v1/files/" + id).statusCode()).isEqualTo(404);
            assertThat(server.get("/v1/files/" + id + "/content").body()).contains("file_not_found");
        }
        assertThat(blobs()).isEmpty();
    }

    @Test
    void filesAreListedInPages() throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database, ServerSettings.DEFAULT.files())) {
            for (String purpose : List.of("batch", "user_data", "batch")) {
                uploaded(server, Uploads.form("x", purpose, SHORT));
            }
            List<String> all = json(server.get("/v1/files?order=asc")).findValuesAsText("id");
            assertThat(all).hasSize(3);
            assertThat(json(server.get("/v1/files")).findValuesAsText("id"))
                    .containsExactly(all.get(2), all.get(1), all.get(0));
            JsonNode first = json(server.get("/v1/files?order=asc&limit=2"));
            assertThat(first.get("has_more").booleanValue()).isTrue();
            assertThat(first.get("first_id").textValue()).isEqualTo(all.getFirst());
            JsonNode rest = json(server.get(
                    "/v1/files?order=asc&limit=2&after=" + first.get("last_id").textValue()));
            assertThat(rest.get("has_more").booleanValue()).isFalse();
            assertThat(rest.findValuesAsText("id")).containsExactly(all.get(2));
            assertThat(json(server.get("/v1/files?purpose=batch")).get("data")).hasSize(2);
            assertThat(json(server.get("/v1/files?purpose=vision"))
                            .get("last_id")
                            .isNull())
                    .isTrue();
            for (String wrong : List.of("limit=0", "limit=10001", "limit=x", "order=up", "after=file-0")) {
                var refused = server.get("/v1/files?" + wrong);
                assertThat(refused.statusCode()).as(wrong).isEqualTo(400);
                assertThat(json(refused).at("/error/param").textValue()).isEqualTo(wrong.split("=", 2)[0]);
            }
        }
    }

    @Test
    void aFileIsThereForItsOwnerAndForAdministratorsOnly() throws Exception {
        try (Database database = Database.open("", folder)) {
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            String alice = store.create(StoredKey.Terms.named("alice")).secret();
            String bob = store.create(StoredKey.Terms.named("bob")).secret();
            String root =
                    store.create(StoredKey.Terms.named("root").withAdmin(true)).secret();
            try (var keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
                    var server = new TestServer(
                            TestServer.settings(), database, keys, new TestModel("scripted", new ScriptedEngine()))) {
                String id = json(Uploads.send(
                                server, Uploads.form("secret", "user_data", SHORT), "Authorization", "Bearer " + alice))
                        .get("id")
                        .textValue();
                for (String path : List.of("/v1/files/" + id, "/v1/files/" + id + "/content")) {
                    assertThat(server.get(path, "Authorization", "Bearer " + alice)
                                    .statusCode())
                            .isEqualTo(200);
                    assertThat(server.get(path, "Authorization", "Bearer " + root)
                                    .statusCode())
                            .isEqualTo(200);
                    assertThat(server.get(path, "Authorization", "Bearer " + bob)
                                    .statusCode())
                            .isEqualTo(404);
                }
                assertThat(json(server.get("/v1/files", "Authorization", "Bearer " + bob))
                                .get("data"))
                        .isEmpty();
                assertThat(server.get("/v1/files?after=" + id, "Authorization", "Bearer " + bob)
                                .statusCode())
                        .isEqualTo(400);
                assertThat(delete(server, id, "Authorization", "Bearer " + bob).statusCode())
                        .isEqualTo(404);
                assertThat(delete(server, id, "Authorization", "Bearer " + root).statusCode())
                        .isEqualTo(200);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "../../../etc/passwd, passwd",
        "C:\\\\temp\\\\x.txt, x.txt",
        "'', file",
        ".., file",
        "a/.., file",
        "\u202Etxt.exe, txt.exe",
        "a\u200Bb, ab"
    })
    void aNameLeadsNowhere(String given, String kept) throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database, ServerSettings.DEFAULT.files())) {
            JsonNode file = uploaded(server, Uploads.form(given, "batch", SHORT));
            assertThat(file.get("filename").textValue()).isEqualTo(kept);
            assertThat(blobs()).containsExactly(file.get("id").textValue());
        }
    }

    @Test
    void contentsThatAreNotWhatTheyWereAreNotSent() throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database, ServerSettings.DEFAULT.files())) {
            String id = uploaded(server, Uploads.form("x", "batch", SHORT))
                    .get("id")
                    .textValue();
            Path blob = folder.resolve("files").resolve(id);
            Files.writeString(blob, "One line\n");
            assertDamaged(server, id);
            Files.delete(blob);
            assertDamaged(server, id);
            assertThat(server.get("/v1/files/" + id).statusCode()).isEqualTo(200);
            assertThat(delete(server, id).statusCode()).isEqualTo(200);
        }
    }

    private static void assertDamaged(TestServer server, String id) throws IOException, InterruptedException {
        var answer = server.get("/v1/files/" + id + "/content");
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(json(answer).at("/error/code").textValue()).isEqualTo("file_damaged");
    }

    @Test
    void allFilesTogetherAndThoseOfAKeyHaveTheirLimits() throws Exception {
        try (Database database = Database.open("", folder)) {
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            String alice =
                    "Bearer " + store.create(StoredKey.Terms.named("alice")).secret();
            String bob = "Bearer " + store.create(StoredKey.Terms.named("bob")).secret();
            var limits = new FileStore.Settings(Optional.empty(), 1_500, 1_000, Duration.ZERO);
            ServerSettings settings = TestServer.settings().with().files(limits).build();
            try (var keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
                    var server =
                            new TestServer(settings, database, keys, new TestModel("scripted", new ScriptedEngine()))) {
                byte[] form = Uploads.form("x", "batch", new byte[900]);
                JsonNode kept = json(Uploads.send(server, form, "Authorization", alice));
                assertThat(kept.get("expires_at").isNull()).isTrue();
                assertFull(Uploads.send(server, form, "Authorization", alice), "files-bytes-per-key is 1000 bytes");
                assertFull(Uploads.send(server, form, "Authorization", bob), "files-bytes is 1500 bytes");
                assertFull( // refused before it is read
                        Uploads.send(server, Uploads.form("x", "batch", new byte[1 << 20]), "Authorization", bob),
                        "files-bytes-per-key is 1000 bytes");
                assertThat(blobs()).containsExactly(kept.get("id").textValue());
                assertThat(delete(server, kept.get("id").textValue(), "Authorization", alice)
                                .statusCode())
                        .isEqualTo(200);
                assertThat(Uploads.send(server, form, "Authorization", bob).statusCode())
                        .isEqualTo(200);
            }
        }
    }

    private static void assertFull(HttpResponse<String> answer, String message) throws IOException {
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(json(answer).at("/error/code").textValue()).isEqualTo("files_full");
        assertThat(json(answer).at("/error/message").textValue()).contains(message);
    }

    @Test
    void aFileThatIsAnnouncedAsTooLargeIsRefusedBeforeItIsRead() throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database, ServerSettings.DEFAULT.files());
                var socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port())) {
            socket.getOutputStream().write("""
                    POST /v1/files HTTP/1.1\r
                    Host: 127.0.0.1\r
                    Expect: 100-continue\r
                    Content-Type: %s\r
                    Content-Length: 629145600\r
                    \r
                    """.formatted(Uploads.TYPE).getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 413 ").contains("536870912 bytes");
        }
    }

    @Test
    void theTimeOfAFileIsItsOwnOrTheServers() throws Exception {
        try (Database database = Database.open("", folder);
                var server = server(database, ServerSettings.DEFAULT.files())) {
            for (String[] fields : List.of(
                    new String[] {"expires_after[anchor]", "created_at", "expires_after[seconds]", "3600"},
                    new String[] {"expires_after", "{\"anchor\":\"created_at\",\"seconds\":3600}"})) {
                JsonNode file = uploaded(server, Uploads.form("x", "batch", SHORT, fields));
                assertThat(file.get("expires_at").longValue()
                                - file.get("created_at").longValue())
                        .isEqualTo(3_600);
            }
            for (String[] fields : List.of(
                    new String[] {"expires_after[seconds]", "3600"},
                    new String[] {"expires_after[anchor]", "now", "expires_after[seconds]", "3600"},
                    new String[] {"expires_after[anchor]", "created_at", "expires_after[seconds]", "3599"},
                    new String[] {"expires_after[anchor]", "created_at", "expires_after[seconds]", "9999999999999999"},
                    new String[] {"expires_after", "[1"},
                    new String[] {"expires_after", "7"})) {
                var refused = Uploads.send(server, Uploads.form("x", "batch", SHORT, fields));
                assertThat(refused.statusCode()).isEqualTo(400);
                assertThat(json(refused).at("/error/param").textValue()).startsWith("expires_after");
            }
            assertThat(blobs()).hasSize(2);
        }
    }

    @Test
    void filesWhoseTimeIsOverAndLeftoversAreRemoved() throws Exception {
        var now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
        var settings = new FileStore.Settings(Optional.empty(), 1 << 20, 0, Duration.ofDays(2));
        try (Database database = Database.open("", folder);
                FileStore store = FileStore.start(database, settings, now::get, ThreadLocalRandom::current)
                        .orElseThrow()) {
            StoredFile file = kept(store);
            StoredFile needed = kept(store);
            database.write(session -> FileStore.hold(session, needed.id()));
            now.set(now.get().plus(Duration.ofHours(47)));
            store.sweep();
            assertThat(blobs()).containsExactlyInAnyOrder(file.id(), needed.id());
            now.set(now.get().plus(Duration.ofHours(2)));
            assertThat(store.find(file.id())).isEmpty();
            assertThat(store.find(needed.id())).isPresent();
            store.sweep();
            assertThat(blobs()).containsExactly(needed.id());
            database.write(session -> {
                FileStore.release(session, needed.id());
                return true;
            });
            store.sweep();
            assertThat(blobs()).isEmpty();
            for (String left : List.of("file-0", "file-1.part", "file-new")) {
                Path path = Files.writeString(folder.resolve("files").resolve(left), left);
                Instant time = left.equals("file-new") ? now.get() : now.get().minus(Duration.ofHours(25));
                Files.setLastModifiedTime(path, FileTime.from(time));
            }
            FileStore.start(database, settings, now::get, ThreadLocalRandom::current)
                    .orElseThrow()
                    .close();
            assertThat(blobs()).containsExactly("file-new");
        }
    }

    private static StoredFile kept(FileStore store) throws IOException {
        try (ArrivingFile arriving = store.take("", 0)) {
            arriving.writer().write(SHORT);
            return arriving.keep("x", "batch", Optional.empty());
        }
    }

    @Test
    void whatIsNoFormIsRefusedAndLeavesNothing() throws Exception {
        byte[] good = Uploads.form("x", "batch", SHORT);
        String text = new String(good, StandardCharsets.UTF_8);
        try (Database database = Database.open("", folder);
                var server = server(database, ServerSettings.DEFAULT.files())) {
            Map<String, String> wrong = Map.of(
                    "'purpose' must be", text.replace("\r\nbatch\r\n", "\r\nbatch_output\r\n"),
                    "'purpose' is missing", text.replace("name=\"purpose\"", "name=\"other\""),
                    "'file' is missing", text.replace("name=\"file\"", "name=\"files\""),
                    "has no name", text.replace("form-data; name=\"file\"", "attachment"),
                    "'file' must be one file",
                            text.replace("--\r\n", "\r\n" + text.substring(text.indexOf("Content-Type") - 70)),
                    "is too long", text.replace("\r\nbatch\r\n", "\r\n" + "b".repeat(5_000) + "\r\n"));
            for (var each : wrong.entrySet()) {
                var refused = Uploads.send(server, each.getValue().getBytes(StandardCharsets.UTF_8));
                assertThat(refused.statusCode())
                        .as(each.getKey() + refused.body())
                        .isEqualTo(400);
                if (!each.getKey().equals("'file' must be one file")) {
                    assertThat(refused.body()).contains(each.getKey());
                }
            }
            var json = server.post("/v1/files", "{}");
            assertThat(json.statusCode()).isEqualTo(415);
            assertThat(blobs()).isEmpty();
        }
    }

    /** Wherever a form is cut, and whichever of its bytes are others. */
    @Test
    void noFormIsAFaultOfTheServers() throws Exception {
        byte[] good = Uploads.form("x", "batch", SHORT, "expires_after", "{}");
        var random = new Random(7);
        try (Database database = Database.open("", folder);
                var server = server(database, ServerSettings.DEFAULT.files())) {
            for (int round = 0; round < 400; round++) {
                byte[] form = round % 2 == 0 ? Arrays.copyOf(good, random.nextInt(good.length)) : good.clone();
                for (int change = 0; change < round % 5 && form.length > 0; change++) {
                    form[random.nextInt(form.length)] = (byte) random.nextInt(256);
                }
                var answer = Uploads.send(server, form);
                assertThat(answer.statusCode())
                        .as(new String(form, StandardCharsets.ISO_8859_1))
                        .isLessThan(500);
            }
            assertThat(blobs())
                    .hasSize(json(server.get("/v1/files")).get("data").size());
        }
    }

    @Test
    void postgresqlListsThemToo() throws Exception {
        Assumptions.assumeTrue(PostgresqlServer.installed().isPresent(), "PostgreSQL is not installed");
        var settings = new FileStore.Settings(Optional.of(folder.resolve("files")), 1 << 20, 1 << 20, Duration.ZERO);
        try (PostgresqlServer postgresql = PostgresqlServer.start();
                Database database = Database.open(postgresql.url(), folder);
                var server = server(database, settings)) {
            String first = uploaded(server, Uploads.form("x", "batch", SHORT))
                    .get("id")
                    .textValue();
            String second = uploaded(server, Uploads.form("y", "batch", SHORT))
                    .get("id")
                    .textValue();
            assertThat(json(server.get("/v1/files?limit=1&after=" + second)).findValuesAsText("id"))
                    .containsExactly(first);
            assertThat(server.get("/v1/files/" + first + "/content").body()).isEqualTo("one line\n");
            assertThat(delete(server, first).statusCode()).isEqualTo(200);
        }
    }

    private static TestServer server(Database database, FileStore.Settings files) {
        return new TestServer(
                TestServer.settings().with().files(files).build(),
                database,
                new TestModel("scripted", new ScriptedEngine()));
    }

    private static JsonNode uploaded(TestServer server, byte[] form) throws IOException, InterruptedException {
        var answer = Uploads.send(server, form);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json(answer);
    }

    private static HttpResponse<String> delete(TestServer server, String id, String... headers)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(server.uri("/v1/files/" + id)).DELETE();
        return server.client.send(
                (headers.length == 0 ? request : request.headers(headers)).build(), BodyHandlers.ofString());
    }

    /** What lies in the folder of files. */
    private List<String> blobs() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("files"))) {
            return files.map(path -> path.getFileName().toString()).toList();
        }
    }
}
