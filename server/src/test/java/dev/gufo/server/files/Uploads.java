package dev.gufo.server.files;

import dev.gufo.server.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;

/** Sends forms as clients write them. */
public final class Uploads {
    static final String BOUNDARY = "----gufo-test-boundary";
    static final String TYPE = "multipart/form-data; boundary=" + BOUNDARY;

    private Uploads() {}

    /** A form with a file. */
    public static byte[] form(String name, String purpose, byte[] contents, String... moreFields) {
        var form = new ByteArrayOutputStream();
        field(form, "purpose", purpose);
        for (int i = 0; i < moreFields.length; i += 2) {
            field(form, moreFields[i], moreFields[i + 1]);
        }
        text(
                form,
                "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name
                        + "\"\r\nContent-Type: text/html\r\n\r\n");
        form.writeBytes(contents);
        text(form, "\r\n--" + BOUNDARY + "--\r\n");
        return form.toByteArray();
    }

    private static void field(ByteArrayOutputStream form, String name, String value) {
        text(
                form,
                "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n");
    }

    private static void text(ByteArrayOutputStream form, String text) {
        form.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends any form. */
    public static HttpResponse<String> send(TestServer server, byte[] form, String... headers)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(server.uri("/v1/files")).header("Content-Type", TYPE);
        return server.client.send(
                (headers.length == 0 ? request : request.headers(headers))
                        .POST(BodyPublishers.ofByteArray(form))
                        .build(),
                BodyHandlers.ofString());
    }

    /** Uploads a text for a batch and returns its id. */
    public static String batchInput(TestServer server, String lines, String... headers)
            throws IOException, InterruptedException {
        return batchInput(server.client, server.uri("/"), lines, headers);
    }

    /** The same to any server. */
    public static String batchInput(HttpClient client, URI server, String lines, String... headers)
            throws IOException, InterruptedException {
        byte[] form = form("input.jsonl", "batch", lines.getBytes(StandardCharsets.UTF_8));
        var request = HttpRequest.newBuilder(server.resolve("/v1/files")).header("Content-Type", TYPE);
        var answer = client.send(
                (headers.length == 0 ? request : request.headers(headers))
                        .POST(BodyPublishers.ofByteArray(form))
                        .build(),
                BodyHandlers.ofString());
        return TestServer.json(answer).path("id").asText(answer.body());
    }
}
