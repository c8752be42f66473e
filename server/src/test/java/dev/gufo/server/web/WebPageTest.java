package dev.gufo.server.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.AdminPlace;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The page over HTTP. What it does in a browser is tested in {@code web/e2e}. */
@Timeout(60)
class WebPageTest {
    private static final Pattern LINK = Pattern.compile("(?:src|href)=\"(\\./web/[^\"]+)\"");

    private static boolean isBuilt() {
        return WebPage.class.getResource("static/index.html") != null;
    }

    private static void assumeThatItWasBuilt() {
        assumeTrue(isBuilt(), "scripts/web has built the page");
    }

    @Test
    void aServerThatWasBuiltWithoutNpmSaysHowToGetThePage() throws Exception {
        assumeTrue(!isBuilt(), "the page was not built");
        try (var server = server(TestServer.settings())) {
            for (String path : List.of("/", "/admin")) {
                HttpResponse<String> answer = server.get(path);
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(header(answer, "Content-Type")).startsWith("text/plain");
                assertThat(answer.body()).contains("scripts/web builds it").hasLineCount(1);
            }
        }
    }

    private static TestServer server(ServerSettings settings) {
        return new TestServer(settings, new TestModel("scripted", new ScriptedEngine()));
    }

    @Test
    void thePageIsOpenToEveryoneAndLoadsOnlyWhatLiesBesideIt() throws Exception {
        assumeThatItWasBuilt();
        try (var server = server(TestServer.settings(List.of("sesame"), 413, false, Duration.ofSeconds(1)))) {
            for (String path : List.of("/", "/admin")) {
                HttpResponse<String> page = server.get(path);
                assertThat(page.statusCode()).isEqualTo(200);
                assertThat(header(page, "Content-Type")).startsWith("text/html");
                assertThat(header(page, "Content-Security-Policy"))
                        .startsWith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';")
                        .contains("frame-ancestors 'none'", "require-trusted-types-for 'script'")
                        .doesNotContain("unsafe", "http", "*");
                assertThat(header(page, "X-Content-Type-Options")).isEqualTo("nosniff");
                assertThat(header(page, "Referrer-Policy")).isEqualTo("no-referrer");
                assertThat(page.body()).doesNotContain("<style", "style=").doesNotContainPattern("<script[^>]*>[^<]");
                List<String> links = LINK.matcher(page.body())
                        .results()
                        .map(match -> match.group(1))
                        .toList();
                assertThat(links).hasSizeGreaterThan(2);
                for (String link : links) {
                    HttpResponse<String> part = server.get(link.substring(1));
                    assertThat(part.statusCode()).as(link).isEqualTo(200);
                    assertThat(header(part, "Cache-Control")).as(link).contains("immutable");
                    assertThat(part.body()).as(link).isNotEmpty();
                }
            }
        }
    }

    @Test
    void aPageThatTheBrowserHasIsNotSentAgain() throws Exception {
        assumeThatItWasBuilt();
        try (var server = server(TestServer.settings())) {
            HttpResponse<String> page = server.get("/");
            String tag = header(page, "ETag");
            assertThat(header(page, "Cache-Control")).isEqualTo("no-cache");
            HttpResponse<String> again = server.get("/", "If-None-Match", "\"other\", W/" + tag);
            assertThat(again.statusCode()).isEqualTo(304);
            assertThat(again.body()).isEmpty();
            assertThat(server.get("/", "If-None-Match", "\"other\"").statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void partsAreSentCompressedToThoseWhoTakeThat() throws Exception {
        assumeThatItWasBuilt();
        try (var server = server(TestServer.settings())) {
            String plain = server.get("/").body();
            HttpResponse<byte[]> compressed = server.client.send(
                    HttpRequest.newBuilder(server.uri("/"))
                            .header("Accept-Encoding", "br;q=0, gzip")
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            assertThat(compressed.headers().firstValue("Content-Encoding")).contains("gzip");
            assertThat(unpacked(compressed.body())).isEqualTo(plain);
            assertThat(header(server.get("/", "Accept-Encoding", "deflate, br"), "Content-Encoding"))
                    .isEqualTo("br");
            assertThat(header(server.get("/", "Accept-Encoding", "identity"), "Content-Encoding"))
                    .isEmpty();
        }
    }

    private static String unpacked(byte[] bytes) throws IOException {
        try (var in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void nothingElseIsServedFromTheClassPath() throws Exception {
        try (var server = server(TestServer.settings())) {
            for (String path : List.of(
                    "/web/index.html",
                    "/web/WebPage.class",
                    "/web/..%2Findex.html",
                    "/web/%2e%2e/index.html",
                    "/web/nowhere.js",
                    "/web/")) {
                HttpResponse<String> answer = server.get(path);
                assertThat(answer.statusCode()).as(path).isIn(400, 404);
                assertThat(header(answer, "Content-Type")).as(path).startsWith("application/json");
            }
        }
    }

    @Test
    void aSlashBehindOperationLeadsToIt() throws Exception {
        try (var server = server(TestServer.settings())) {
            HttpResponse<String> slash = server.get("/admin/");
            assertThat(slash.statusCode()).isEqualTo(302);
            assertThat(server.uri("/admin/").resolve(header(slash, "Location"))).isEqualTo(server.uri("/admin"));
        }
    }

    @Test
    void withoutThePageItsPathsAreUnknown() throws Exception {
        try (var server = server(TestServer.settings().with().web(false).build())) {
            for (String path : List.of("/", "/admin", "/web/a.js")) {
                HttpResponse<String> answer = server.get(path);
                assertThat(answer.statusCode()).as(path).isEqualTo(404);
                assertThat(TestServer.json(answer).at("/error/code").asText()).isEqualTo("unknown_url");
            }
        }
        try (var server =
                server(TestServer.settings().with().admin(AdminPlace.OFF).build())) {
            assertThat(server.get("/admin").statusCode()).isEqualTo(404);
            assertThat(server.get("/").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void operationIsOnItsOwnPortWhereAdministrationIs() throws Exception {
        assumeThatItWasBuilt();
        try (var server =
                server(TestServer.settings().with().admin(AdminPlace.onPort(0)).build())) {
            assertThat(server.get("/admin").statusCode()).isEqualTo(404);
            String own = "http://127.0.0.1:" + server.server.adminPort();
            HttpResponse<String> page = get(server, own + "/admin");
            assertThat(page.statusCode()).isEqualTo(200);
            var link = LINK.matcher(page.body());
            assertThat(link.find()).isTrue();
            assertThat(get(server, own + link.group(1).substring(1)).statusCode())
                    .isEqualTo(200);
            assertThat(get(server, own + "/").statusCode()).isEqualTo(404);
        }
    }

    private static HttpResponse<String> get(TestServer server, String url) throws IOException, InterruptedException {
        return server.client.send(
                HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }
}
