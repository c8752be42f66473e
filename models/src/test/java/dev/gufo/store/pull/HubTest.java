package dev.gufo.store.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.gguf.GgmlType;
import dev.gufo.gguf.GgufWriter;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import dev.gufo.store.pull.UnrulyServer.Reply;
import dev.gufo.store.pull.UnrulyServer.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models of a hub's repositories are found by how they are stored, by their file, or as the only or the usual one. */
@Timeout(60)
class HubTest {
    private static byte[] model;
    private static byte[] secondShard;

    @TempDir
    Path folder;

    private final Map<String, byte[]> files = new LinkedHashMap<>();

    @BeforeAll
    static void makeModel(@TempDir Path made) throws IOException {
        ModelShape shape = new ModelShape("small", 2, 64, 2, 1, 64, 400, 128, 10_000, GgmlType.Q8_0);
        RandomModel.write(shape, 1, made.resolve("m.gguf"));
        model = Files.readAllBytes(made.resolve("m.gguf"));
        new GgufWriter().uint32("split.no", 1).write(made.resolve("second.gguf"));
        secondShard = Files.readAllBytes(made.resolve("second.gguf"));
    }

    @BeforeEach
    void fill() {
        files.put("README.md", new byte[3]);
        files.put("owl-Q8_0.gguf", model);
        files.put("owl-Q4_K_M.gguf", model);
        files.put("owl-UD-Q4_K_XL.gguf", model);
        files.put("mmproj-F16.gguf", model);
        files.put("F16/owl-F16-00001-of-00002.gguf", model);
        files.put("F16/owl-F16-00002-of-00002.gguf", secondShard);
    }

    @Test
    void theQuantizationChoosesWhateverItsCase() throws Exception {
        assertThat(pull("hf:maker/owls:q8_0")).containsExactly("owl-Q8_0.gguf");
        assertThat(pull("hf:maker/owls:UD-Q4_K_XL")).containsExactly("owl-UD-Q4_K_XL.gguf");
        assertThat(folder.resolve("owl-Q8_0.gguf")).hasBinaryContent(model);
        assertThat(pull("hf:maker/owls:q8_0")).as("once more").containsExactly("owl-Q8_0.gguf");
    }

    @Test
    void withoutOneTheUsualOneIsTaken() throws Exception {
        assertThat(pull("hf:maker/owls")).containsExactly("owl-Q4_K_M.gguf");
        files.remove("owl-Q4_K_M.gguf");
        assertThat(pull("hf:maker/owls")).containsExactly("owl-Q8_0.gguf");
        files.keySet().retainAll(List.of("owl-UD-Q4_K_XL.gguf"));
        assertThat(pull("hf:maker/owls")).containsExactly("owl-UD-Q4_K_XL.gguf");
    }

    @Test
    void ofAModelInShardsAllComeOrNone() throws Exception {
        assertThat(pull("hf:maker/owls:F16"))
                .containsExactly("owl-F16-00001-of-00002.gguf", "owl-F16-00002-of-00002.gguf");
        for (String shard :
                files.keySet().stream().filter(name -> name.startsWith("F16")).toList()) {
            Files.delete(folder.resolve(shard.substring(4)));
        }
        files.put("F16/owl-F16-00002-of-00002.gguf", new byte[64]);
        assertThatThrownBy(() -> pull("hf:maker/owls/F16/owl-F16-00001-of-00002.gguf"))
                .hasMessageContaining("owl-F16-00001-of-00002.gguf is not kept, as it can't be loaded");
        assertThat(folder).isEmptyDirectory();
        files.remove("F16/owl-F16-00002-of-00002.gguf");
        assertThatThrownBy(() -> pull("hf:maker/owls:F16"))
                .hasMessage("maker/owls holds 1 files of F16/owl-F16, which has 2");
    }

    @Test
    void whatIsMissingOrNotClearIsToldWithWhatThereIs() {
        assertThatThrownBy(() -> pull("hf:maker/owls:Q2_K"))
                .isInstanceOf(PullException.class)
                .hasMessage("maker/owls has nothing in Q2_K, but F16/owl-F16.gguf, owl-Q4_K_M.gguf, owl-Q8_0.gguf,"
                        + " owl-UD-Q4_K_XL.gguf");
        files.put("eagle-Q8_0.gguf", model);
        assertThatThrownBy(() -> pull("hf:maker/owls:Q8_0"))
                .hasMessage("maker/owls has several files in Q8_0: say which of eagle-Q8_0, owl-Q8_0");
        assertThatThrownBy(() -> pull("hf:maker/owls/none.gguf"))
                .hasMessageContaining("maker/owls has no file none.gguf, but");
        files.keySet().removeIf(name -> name.endsWith(".gguf"));
        assertThatThrownBy(() -> pull("hf:maker/owls")).hasMessage("maker/owls holds no GGUF files");
        assertThatThrownBy(() -> pull("hf:maker/hawks")).hasMessageContaining("has no such thing as the list of files");
    }

    @Test
    void theHubsHashAndSizeCount() throws Exception {
        Map<String, byte[]> served = Map.of("owl-Q8_0.gguf", model.clone());
        served.get("owl-Q8_0.gguf")[model.length - 9] ^= 1;
        try (var hub = new UnrulyServer(request -> request.path().startsWith("/api")
                ? list()
                : UnrulyServer.file(request, served.get("owl-Q8_0.gguf"), "\"x\""))) {
            assertThatThrownBy(() -> pull(hub, "hf:maker/owls:Q8_0"))
                    .hasMessageContaining("what was downloaded is thrown away");
        }
        try (var hub = new UnrulyServer(request ->
                request.path().startsWith("/api") ? list() : UnrulyServer.file(request, secondShard, "\"x\""))) {
            assertThatThrownBy(() -> pull(hub, "hf:maker/owls:Q8_0"))
                    .hasMessageContaining("owl-Q8_0.gguf has %d bytes by the hub's list, but 127.0.0.1 serves %d"
                            .formatted(model.length, secondShard.length));
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void namesThatAreMoreThanNamesAreRefused() {
        for (String name : List.of("a/..gguf", "-rf.gguf", ".hidden.gguf", "a b.gguf", "owl\u0000.gguf")) {
            assertThatThrownBy(() -> PullSource.Names.ofFile(name)).as(name).isInstanceOf(PullException.class);
        }
        files.clear();
        files.put("x/..\\\\..\\\\evil.gguf", model);
        assertThatThrownBy(() -> pull("hf:maker/owls")).hasMessageContaining("is no name for a model's file");
        assertThat(folder).isEmptyDirectory();
        for (String typed : List.of(
                "hf:owls",
                "hf:../owls",
                "hf:a/b/../c.gguf",
                "hf:a/b:",
                "hf:a/b:c/d",
                "hf:a?b/c",
                "ftp://x/y.gguf",
                "owl",
                "https:///x.gguf",
                "http://user:word@host/x.gguf",
                "http://host/a b.gguf")) {
            assertThatThrownBy(() -> PullSource.parse(typed)).as(typed).isInstanceOf(PullException.class);
        }
        assertThatThrownBy(() -> new Pull(Pull.Settings.DEFAULT, (_, _, _) -> {})
                        .run(PullSource.parse("http://127.0.0.1:1/model"), folder, Optional.empty()))
                .hasMessageContaining("'model' is no name for a model's file");
    }

    @Test
    void theListMayHaveSeveralPages() throws Exception {
        try (var hub = new UnrulyServer(request -> switch (request.path()) {
            case "/api/models/maker/owls/tree/main?recursive=true" ->
                UnrulyServer.json("[]").with("Link", "</api/models/maker/owls/tree/main?cursor=2>; rel=\"next\"");
            case "/api/models/maker/owls/tree/main?cursor=2" -> list();
            default -> file(request);
        })) {
            assertThat(pull(hub, "hf:maker/owls:Q8_0")).containsExactly("owl-Q8_0.gguf");
        }
    }

    @Test
    void aListThatIsNoneIsSaidSo() throws Exception {
        for (String body : List.of("<html>", "{}", "null", "")) {
            try (var hub = new UnrulyServer(_ -> UnrulyServer.json(body))) {
                assertThatThrownBy(() -> pull(hub, "hf:maker/owls"))
                        .hasMessage("127.0.0.1 did not answer with a list of files");
            }
        }
    }

    private List<String> pull(String typed) throws IOException, InterruptedException {
        try (var hub = new UnrulyServer(request -> switch (request.path()) {
            case "/api/models/maker/owls/tree/main?recursive=true" -> list();
            default -> file(request);
        })) {
            return pull(hub, typed);
        }
    }

    private List<String> pull(UnrulyServer hub, String typed) throws IOException, InterruptedException {
        var settings = new Pull.Settings(hub.uri(""), Optional.of("secret"), 2, 50_000, Duration.ofSeconds(30));
        return new Pull(settings, (_, _, _) -> {}, _ -> {}, _ -> Long.MAX_VALUE)
                .run(PullSource.parse(typed), folder, Optional.empty()).stream()
                        .map(path -> path.getFileName().toString())
                        .toList();
    }

    private Reply file(Request request) {
        String prefix = "/maker/owls/resolve/main/";
        byte[] content =
                request.path().startsWith(prefix) ? files.get(request.path().substring(prefix.length())) : null;
        return content == null ? UnrulyServer.status(404) : UnrulyServer.file(request, content, "\"x\"");
    }

    private Reply list() {
        return UnrulyServer.json(files.entrySet().stream()
                .map(file -> "{\"type\":\"file\",\"path\":\"%s\",\"size\":%d,\"lfs\":{\"oid\":\"%s\",\"size\":%d}}"
                        .formatted(
                                file.getKey(),
                                file.getValue().length,
                                PullTest.sha256(file.getValue()),
                                file.getValue().length))
                .collect(Collectors.joining(",", "[", "]")));
    }
}
