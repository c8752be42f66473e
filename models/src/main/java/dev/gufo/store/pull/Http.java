package dev.gufo.store.pull;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** GET requests that follow redirects and keep the token from strangers. Any thread. */
final class Http implements AutoCloseable {
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final int MAX_REDIRECTS = 6;
    private static final Duration HEADERS = Duration.ofSeconds(30);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(2);
    private static final int ATTEMPTS = 6;

    private final HttpClient client = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER) // the JDK would take the token along
            .version(HttpClient.Version.HTTP_1_1) // a connection for each range is the point
            .connectTimeout(Duration.ofSeconds(15))
            .build();
    private final URI endpoint;
    private final Optional<String> token;
    private final Pauses pauses;
    private final Stalls stalls;

    /** Waits; tests do not. */
    @FunctionalInterface
    interface Pauses {
        void pause(Duration duration) throws InterruptedException;
    }

    /** Something that may have to be tried again. */
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws IOException, InterruptedException;
    }

    /**
     * Sets up a client.
     *
     * @param endpoint the hub, the only one to be sent {@code token}
     * @param patience how long an answer may pause
     */
    Http(URI endpoint, Optional<String> token, Pauses pauses, Duration patience) {
        this.stalls = new Stalls(patience);
        this.endpoint = endpoint;
        this.token = token;
        this.pauses = pauses;
    }

    URI endpoint() {
        return endpoint;
    }

    /**
     * What a server answered.
     *
     * @param url where the last redirect led
     * @param body to be closed; fails if nothing comes for too long
     * @param linkedHash {@code X-Linked-Etag} of the hub, whose ETag is the SHA-256 of a large file
     */
    record Answer(URI url, HttpResponse<InputStream> response, InputStream body, Optional<String> linkedHash) {
        int status() {
            return response.statusCode();
        }

        Optional<String> header(String name) {
            return response.headers().firstValue(name);
        }

        /** Why a status that is no success ends the download, or a {@link Hiccup} if it need not. */
        IOException unexpected(String what) {
            String host = url.getHost();
            return switch (status()) {
                case 401 ->
                    new PullException(
                            "%s does not give %s to everyone: set HF_TOKEN to a token of yours".formatted(host, what));
                case 403 ->
                    new PullException(
                            "%s refuses to give %s: its terms may have to be accepted there, or HF_TOKEN is of"
                                            .formatted(host, what)
                                    + " someone who may not have it");
                case 404, 410 -> new PullException("%s has no such thing as %s".formatted(host, what));
                case 408, 425, 429, 500, 502, 503, 504 -> {
                    Duration wait = retryAfter();
                    yield wait.compareTo(LONGEST_WAIT) > 0
                            ? new PullException("%s answered with status %d and wants to be asked again in %d seconds"
                                    .formatted(host, status(), wait.toSeconds()))
                            : new Hiccup("%s answered with status %d".formatted(host, status()), wait);
                }
                default ->
                    new PullException(
                            "%s answered with status %d when it was asked for %s".formatted(host, status(), what));
            };
        }

        private Duration retryAfter() {
            String after = header("Retry-After").orElse("0").strip();
            try {
                return Duration.ofSeconds(Math.max(0, Long.parseLong(after)));
            } catch (NumberFormatException e) {
                return untilDate(after);
            }
        }

        private static Duration untilDate(String date) {
            try {
                Instant then = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant();
                Duration wait = Duration.between(Instant.now(), then);
                return wait.isNegative() ? Duration.ZERO : wait;
            } catch (DateTimeParseException e) {
                return Duration.ZERO;
            }
        }
    }

    /**
     * Asks for {@code url}, or for what it redirects to.
     *
     * @return any status but a redirect; its body is to be closed
     * @throws PullException if it redirects too often, or to where a client should not follow
     * @throws IOException if the connection fails
     */
    Answer get(URI url, Map<String, String> headers) throws IOException, InterruptedException {
        URI at = url;
        Optional<String> linkedHash = Optional.empty();
        for (int i = 0; i <= MAX_REDIRECTS; i++) {
            HttpResponse<InputStream> response = client.send(request(at, headers), BodyHandlers.ofInputStream());
            if (isEndpoint(at)) {
                linkedHash = linkedHash.or(() -> response.headers().firstValue("X-Linked-Etag"));
            }
            if (!REDIRECTS.contains(response.statusCode())) {
                return new Answer(at, response, stalls.watch(response.body()), linkedHash);
            }
            response.body().close();
            at = target(at, response);
        }
        throw new PullException("%s redirects more than %d times".formatted(url.getHost(), MAX_REDIRECTS));
    }

    /**
     * Does something again, after a pause that grows, while it fails for reasons that may pass.
     *
     * @throws PullException if it does not succeed
     */
    <T> T patiently(Attempt<T> attempt) throws IOException, InterruptedException {
        for (int failures = 1; ; failures++) {
            try {
                return attempt.run();
            } catch (PullException e) {
                throw e;
            } catch (IOException e) {
                if (failures == ATTEMPTS) {
                    throw failed(e);
                }
                pause(failures, e);
            }
        }
    }

    /** Waits as long as is right after so many failures in a row. */
    void pause(int failures, IOException why) throws InterruptedException {
        Duration usual = Duration.ofMillis(250L << Math.min(failures, 5));
        Duration asked = why instanceof Hiccup hiccup ? hiccup.atLeast() : Duration.ZERO;
        pauses.pause(asked.compareTo(usual) > 0 ? asked : usual);
    }

    PullException failed(IOException last) {
        String reason = last.getMessage() == null ? last.getClass().getSimpleName() : last.getMessage();
        return new PullException("the server could not be made to answer: " + reason, last);
    }

    boolean isEndpoint(URI url) {
        return url.getScheme().equals(endpoint.getScheme())
                && url.getHost().equalsIgnoreCase(endpoint.getHost())
                && port(url) == port(endpoint);
    }

    private HttpRequest request(URI url, Map<String, String> headers) {
        var request = HttpRequest.newBuilder(url).timeout(HEADERS).header("User-Agent", "gufo");
        request.header("Accept-Encoding", "identity"); // ranges and hashes are of the file itself
        headers.forEach(request::header);
        if (isEndpoint(url)) {
            token.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
        }
        return request.build();
    }

    private static URI target(URI from, HttpResponse<?> response) throws PullException {
        String location = response.headers().firstValue("Location").orElse("");
        URI target;
        try {
            target = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw new PullException("%s redirects to what is no URL".formatted(from.getHost()), e);
        }
        boolean isHttp = "https".equals(target.getScheme()) || "http".equals(target.getScheme());
        if (!isHttp || target.getHost() == null || location.isEmpty()) {
            throw new PullException("%s redirects to what is no URL of HTTP".formatted(from.getHost()));
        }
        if (from.getScheme().equals("https") && target.getScheme().equals("http")) {
            throw new PullException(
                    "%s redirects to %s without encryption".formatted(from.getHost(), target.getHost()));
        }
        return target;
    }

    private static int port(URI url) {
        return url.getPort() >= 0 ? url.getPort() : url.getScheme().equals("https") ? 443 : 80;
    }

    /** Ends what is still under way. */
    @Override
    public void close() {
        stalls.close();
        client.shutdownNow();
        client.close();
    }
}
