package dev.gufo.store.pull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A hub's list of a repository's files.
 *
 * @see <a href="https://huggingface.co/docs/hub/api">Hub API endpoints: /api/models/{repo_id}/tree/{revision}</a>
 */
final class Hub {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_LIST_BYTES = 8 << 20;
    private static final int MAX_PAGES = 50;
    private static final Pattern NEXT = Pattern.compile("<([^>]+)>;\\s*rel=\"next\"");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    private final Http http;
    private final String repository;

    Hub(Http http, String repository) {
        this.http = http;
        this.repository = repository;
    }

    /**
     * All GGUF files of the repository, by their paths in it.
     *
     * @throws PullException if the hub has no such repository, or does not give it to this caller
     */
    List<FileChoice.Listed> files() throws IOException, InterruptedException {
        List<FileChoice.Listed> files = new ArrayList<>();
        Optional<URI> page = Optional.of(at("/api/models/%s/tree/main?recursive=true".formatted(repository)));
        for (int i = 0; i < MAX_PAGES && page.isPresent(); i++) {
            URI url = page.get();
            page = http.patiently(() -> read(url, files));
        }
        return files;
    }

    /** Where to get a file of the repository. */
    URI url(String path) {
        return at("/%s/resolve/main/%s".formatted(repository, path));
    }

    private URI at(String path) {
        String endpoint = http.endpoint().toString();
        return URI.create((endpoint.endsWith("/") ? endpoint.substring(0, endpoint.length() - 1) : endpoint) + path);
    }

    /** Adds a page's files and tells where the next page is. */
    private Optional<URI> read(URI url, List<FileChoice.Listed> files) throws IOException, InterruptedException {
        Http.Answer answer = http.get(url, Map.of());
        try (InputStream body = answer.body()) {
            if (answer.status() != 200) {
                throw answer.unexpected("the list of files");
            }
            byte[] json = body.readNBytes(MAX_LIST_BYTES);
            JsonNode list = JSON.readTree(new String(json, StandardCharsets.UTF_8));
            if (!list.isArray()) {
                throw new PullException("%s did not answer with a list of files".formatted(url.getHost()));
            }
            list.forEach(entry -> listed(entry).ifPresent(files::add));
        } catch (JsonProcessingException e) {
            throw new PullException("%s did not answer with a list of files".formatted(url.getHost()), e);
        }
        Matcher next = NEXT.matcher(answer.header("Link").orElse(""));
        return next.find() ? Optional.of(url.resolve(next.group(1))).filter(http::isEndpoint) : Optional.empty();
    }

    private static Optional<FileChoice.Listed> listed(JsonNode entry) {
        String path = entry.path("path").asText("");
        if (!entry.path("type").asText("").equals("file") || !path.endsWith(".gguf")) {
            return Optional.empty();
        }
        JsonNode size = entry.path("lfs").path("size").isIntegralNumber()
                ? entry.path("lfs").path("size")
                : entry.path("size");
        String hash = entry.path("lfs").path("oid").asText("");
        return Optional.of(new FileChoice.Listed(
                path,
                size.isIntegralNumber() && size.asLong() >= 0 ? OptionalLong.of(size.asLong()) : OptionalLong.empty(),
                Optional.of(hash).filter(Hub::isSha256)));
    }

    static boolean isSha256(String hash) {
        return SHA256.matcher(hash).matches();
    }
}
