package dev.gufo.server.endtoend;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Gufo as a user starts it: a process of its own, with the demo model in a worker, on a free port. */
final class RunningGufo implements AutoCloseable {
    private static final String READY = "Gufo is ready: ";

    private final Process process;
    private final URI baseUrl;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private RunningGufo(Process process, URI baseUrl) {
        this.process = process;
        this.baseUrl = baseUrl;
    }

    /** Starts it and waits until it says that it is ready. */
    static RunningGufo start(Path dataDir, String... options) throws IOException {
        return startWith(List.of(), dataDir, options);
    }

    /** The same with options of the server's JVM. */
    static RunningGufo startWith(List<String> javaOptions, Path dataDir, String... options) throws IOException {
        return start(new ProcessBuilder(command(javaOptions, dataDir, options)), dataDir);
    }

    /** The command line of the server. */
    static List<String> command(List<String> javaOptions, Path dataDir, String... options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(javaOptions);
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-Dgufo.natives=" + System.getProperty("gufo.natives"),
                "-Dgufo.models=" + System.getProperty("gufo.models"),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.gufo.server.cli.Main",
                "serve",
                "--port",
                "0",
                "--data-dir",
                dataDir.toString()));
        command.addAll(List.of(options));
        if (!command.contains("--model")) {
            command.addAll(List.of("--model", "demo-chat")); // one worker is enough
        }
        return command;
    }

    /** Starts this command line and waits until it says that it is ready; stderr goes into {@code dataDir}. */
    static RunningGufo start(ProcessBuilder command, Path dataDir) throws IOException {
        Process process =
                command.redirectError(dataDir.resolve("stderr.log").toFile()).start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith(READY)) {
                return new RunningGufo(process, URI.create(line.substring(READY.length())));
            }
        }
        process.destroyForcibly();
        throw new AssertionError("Gufo ended before it was ready: " + Files.readString(dataDir.resolve("stderr.log")));
    }

    /** What an OpenAI client takes. */
    String baseUrl() {
        return baseUrl.toString();
    }

    Process process() {
        return process;
    }

    /** The worker that has the model now. */
    ProcessHandle worker() {
        return process.children().findFirst().orElseThrow(() -> new AssertionError("there is no worker"));
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(baseUrl.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> chat(String body) throws IOException, InterruptedException {
        return http.send(chatRequest(body), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(baseUrl.resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /** The events of a stream as they come. */
    HttpResponse<java.util.stream.Stream<String>> stream(String body) throws IOException, InterruptedException {
        return http.send(chatRequest(body), HttpResponse.BodyHandlers.ofLines());
    }

    /** Any JSON body to any route. */
    CompletableFuture<HttpResponse<String>> postAsync(String path, HttpRequest.BodyPublisher body) {
        HttpRequest request = HttpRequest.newBuilder(baseUrl.resolve(path))
                .header("Content-Type", "application/json")
                .POST(body)
                .build();
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    }

    /** The same; what comes is read line by line. */
    CompletableFuture<HttpResponse<java.util.stream.Stream<String>>> linesAsync(String path, String body) {
        HttpRequest request = HttpRequest.newBuilder(baseUrl.resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofLines());
    }

    private HttpRequest chatRequest(String body) {
        return HttpRequest.newBuilder(baseUrl.resolve("/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    /** SIGTERM, then waits for the end. */
    int stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("Gufo did not end within a minute of SIGTERM");
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        http.shutdownNow(); // close alone waits for streams that nobody reads to their end
        List<ProcessHandle> workers = process.children().toList();
        process.destroyForcibly();
        workers.forEach(ProcessHandle::destroyForcibly);
    }
}
