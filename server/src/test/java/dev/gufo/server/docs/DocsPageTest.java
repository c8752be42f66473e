package dev.gufo.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DocsPageTest {
    private static final Pattern LINK = Pattern.compile("(?:src|href)=\"([^\"]+)\"");

    /** With a key, to see that neither document nor page needs it. */
    private final TestServer server = new TestServer(
            new ScriptedEngine(), TestServer.settings(List.of("sesame"), 413, false, Duration.ofSeconds(1)));

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void thePageAndAllThatItLoadsComeFromThisServer() throws Exception {
        HttpResponse<String> page = server.get("/docs");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(header(page, "Content-Type")).startsWith("text/html");
        assertThat(header(page, "Content-Security-Policy"))
                .startsWith("default-src 'self';")
                .contains("frame-ancestors 'none'")
                .doesNotContain("http", "*", "unsafe-eval");
        List<String> links =
                LINK.matcher(page.body()).results().map(match -> match.group(1)).toList();
        assertThat(links).hasSizeGreaterThan(3);
        for (String link : links) {
            assertThat(link).doesNotContain(":").doesNotStartWith("/");
            HttpResponse<String> part = server.get("/" + link);
            assertThat(part.statusCode()).as(link).isEqualTo(200);
            assertThat(part.body()).as(link).isNotEmpty();
            if (!link.endsWith(".json")) {
                assertThat(header(part, "Cache-Control")).as(link).startsWith("max-age");
            }
        }
    }

    @Test
    void stylesAndTheStartingScriptNameNoOtherServer() throws Exception {
        assertThat(server.get("/docs/start.js").body()).doesNotContain("://").contains("validatorUrl: 'none'");
        String styles = server.get("/docs/swagger-ui.css").body();
        assertThat(Pattern.compile("url\\(\\s*['\"]?([^)'\"]{1,10})")
                        .matcher(styles)
                        .results()
                        .map(this::beginning))
                .allMatch(beginning -> beginning.startsWith("data:"));
        assertThat(styles).doesNotContain("@import");
    }

    private String beginning(MatchResult match) {
        return match.group(1);
    }

    @Test
    void nothingElseIsServedFromTheClassPath() throws Exception {
        for (String path : List.of(
                "/docs/openapi.yaml", "/docs/swagger-ui.js", "/docs/..%2Fopenapi.yaml", "/docs/%2e%2e/health.class")) {
            assertThat(server.get(path).statusCode()).as(path).isIn(400, 404);
        }
    }

    @Test
    void aSlashBehindThePathLeadsToThePage() throws Exception {
        HttpResponse<String> slash = server.get("/docs/");
        assertThat(slash.statusCode()).isEqualTo(302);
        assertThat(server.uri("/docs/").resolve(header(slash, "Location"))).isEqualTo(server.uri("/docs"));
    }

    @Test
    void theDocumentNamesTheServerThatWasAskedAndItsVersion() throws Exception {
        JsonNode document = TestServer.json(server.get("/openapi.json"));
        assertThat(document.path("openapi").asText()).startsWith("3.1.");
        assertThat(document.at("/info/version").asText()).isNotEmpty();
        assertThat(document.at("/servers/0/url").asText()).isEqualTo("http://127.0.0.1:" + server.server.port());
        JsonNode behindProxy = TestServer.json(server.get("/openapi.json", "X-Forwarded-Proto", "https"));
        assertThat(behindProxy.at("/servers/0/url").asText()).startsWith("https://127.0.0.1:");
        assertThat(server.get("/v1/models").statusCode()).isEqualTo(401);
    }

    private static String header(HttpResponse<String> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }
}
