package dev.gufo.server.hostile;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Requests to all routes, each wrong in its own way: the body, the headers, the framing, or the first line. */
final class HostileRequests {
    private static final List<String> BODIES = List.of(
            "/v1/chat/completions",
            """
            {"model": "scripted", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content":
             [{"type": "text", "text": "Hi"}]}, {"role": "assistant", "tool_calls": [{"id": "c1", "type": "function",
             "function": {"name": "f", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "c1", "content": "7"}],
             "stream": false, "stream_options": {"include_usage": true}, "n": 2, "max_tokens": 5, "temperature": 0.5,
             "top_p": 0.9, "seed": 7, "stop": ["x"], "logit_bias": {"65": -100}, "frequency_penalty": 0.1,
             "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
             "tool_choice": "auto", "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema":
             {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}}}, "user": "u"}""",
            "/v1/chat/completions",
            """
            {"messages": [{"role": "user", "content": "Hi"}], "stream": true, "logprobs": true, "top_logprobs": 2}""",
            "/v1/chat/completions/input_tokens",
            "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}",
            "/v1/completions",
            """
            {"prompt": ["a", [1, 2]], "max_tokens": 3, "echo": true, "logprobs": 1, "best_of": 2, "n": 1, "suffix": null,
             "stream": false, "presence_penalty": 1}""",
            "/v1/embeddings",
            "{\"model\": \"vectors\", \"input\": [\"a\", [1, 2]], \"encoding_format\": \"base64\", \"dimensions\": 3}",
            "/v1/rerank",
            "{\"model\": \"ranks\", \"query\": \"q\", \"documents\": [\"a\", {\"text\": \"b\"}], \"top_n\": 1, \"return_documents\": true}",
            "/v1/tokenize",
            "{\"model\": \"scripted\", \"content\": \"Hi\", \"return_token_strs\": true, \"add_special_tokens\": false}",
            "/v1/detokenize",
            "{\"model\": \"scripted\", \"tokens\": [72, 105]}",
            "/admin/keys",
            """
            {"name": "app", "owner": "o", "models": ["*"], "endpoints": ["/v1/*"], "expires_at": "2099-12-31T18:00:00Z",
             "limits": {"tokens_per_day": 1000000, "concurrent_requests": 4}, "priority": 3, "admin": false,
             "disabled": true}""");
    private static final List<String> READ = List.of(
            "/health",
            "/ready",
            "/metrics",
            "/v1/models",
            "/v1/models/scripted",
            "/v1/models/%E2%82%AC",
            "/v1/usage?since=7d",
            "/v1/usage?since=99999999999d&group_by=owl",
            "/v1/usage?start=9223372036854775807&end=-1",
            "/v1/usage?start=2026-02-30",
            "/v1/usage?since=%00&since=1d&format=xml",
            "/admin/usage?key=%27&format=csv",
            "/admin/usage?group_by=,,,",
            "/admin/keys",
            "/admin/keys/none",
            "/admin/keys/%2e%2e");
    private static final List<String> TARGETS = List.of(
            "/%zz",
            "/%",
            "/v1/%00",
            "/v1/../admin/keys",
            "/v1//models",
            "/v1/models;x=y",
            "/v1/models/%c3%28",
            "/v1/models/%2F%2e%2e%2F",
            "*",
            "//",
            "http://other.example/v1/models",
            "http://[::1/",
            "/?" + "q=1&".repeat(900),
            "/" + "a".repeat(7_000),
            "/v1/models?%ff=%fe",
            "/v1/usage?since=%",
            "relative",
            "/v1/models#part",
            "/\u00e9");
    private static final List<String> METHODS =
            List.of("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "OWL", "P@ST", "");
    private static final List<String> VERSIONS =
            List.of("HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/9.9", "HTTP/0.9", "http/1.1", "HTTP", "");
    private static final List<String> HEADERS = List.of(
            "X-Big: " + "b".repeat(9_000),
            "X-Huge: " + "h".repeat(70_000),
            "X-Nul: a\0b",
            "X-Bell: \u0007",
            "X Space: 1",
            ": nameless",
            "NoColon",
            " folded",
            "Host: second.example",
            "Host: a b",
            "Content-Type: text/plain",
            "Content-Type: application/json; charset=utf-16",
            "Content-Type: ;;;=",
            "Content-Encoding: gzip",
            "Transfer-Encoding: owl",
            "Transfer-Encoding: chunked, identity",
            "Content-Length: -1",
            "Content-Length: 99999999999999999999",
            "Content-Length: 1, 2",
            "Content-Length: 0x10",
            "Expect: 100-continue",
            "Expect: owls",
            "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAA\r\nSec-WebSocket-Version: 13",
            "Upgrade: h2c",
            "Authorization: Bearer",
            "Authorization: Bearer gufo_" + "x".repeat(43),
            "Authorization: Basic ::::",
            "Authorization: Bearer " + "k".repeat(5_000),
            "x-request-id: " + "i".repeat(5_000),
            "x-request-id: \u00e9\t",
            "traceparent: 00-" + "0".repeat(32) + "-zz",
            "Origin: null",
            "Origin: http://\u00e9",
            "Accept: \"",
            "Accept: text/html;q=2, application/openmetrics-text; version=",
            "Cookie: a=\"; b",
            "Range: bytes=9-1",
            "If-Modified-Since: never",
            "Forwarded: for=\"[",
            "Max-Forwards: -1");

    private final RandomGenerator random;
    private final HostileJson json;
    private final List<String> keys;

    /**
     * A request as it goes over the wire.
     *
     * @param pieces that are sent one after the other
     * @param wellFormed whether it is HTTP, so that there must be an answer
     */
    record Request(List<byte[]> pieces, boolean wellFormed) {
        /** Its beginning, for messages. */
        String shown() {
            var all = new ByteArrayOutputStream();
            pieces.forEach(all::writeBytes);
            String text = all.toString(StandardCharsets.ISO_8859_1);
            return text.length() > 2_000 ? text.substring(0, 2_000) + "…" : text;
        }
    }

    /** @param keys mostly good ones */
    HostileRequests(RandomGenerator random, List<String> keys) {
        this.random = random;
        this.json = new HostileJson(random);
        this.keys = keys;
    }

    Request next() {
        return switch (random.nextInt(10)) {
            case 0 -> read();
            case 1 -> strangeFirstLine();
            case 2, 3 -> strangeHeaders();
            case 4 -> strangeFraming();
            case 5 -> noise();
            default -> strangeBody();
        };
    }

    private Request read() {
        String key = "Authorization: Bearer " + pick(keys);
        return request(
                pick(List.of("GET", "GET", "DELETE", "OPTIONS")) + " " + pick(READ) + " HTTP/1.1",
                List.of(key),
                new byte[0],
                true);
    }

    private Request strangeBody() {
        int route = random.nextInt(BODIES.size() / 2);
        byte[] body = json.spoiled(BODIES.get(2 * route + 1));
        String first = BODIES.get(2 * route).startsWith("/admin") && random.nextBoolean()
                ? "PATCH /admin/keys/none HTTP/1.1"
                : "POST " + BODIES.get(2 * route) + " HTTP/1.1";
        return request(first, usual(body.length), body, true);
    }

    private Request strangeFirstLine() {
        byte[] body = random.nextBoolean() ? new byte[0] : "{}".getBytes(StandardCharsets.US_ASCII);
        String first = switch (random.nextInt(3)) {
            case 0 -> pick(METHODS) + " /v1/chat/completions HTTP/1.1";
            case 1 -> pick(List.of("GET", "POST", "DELETE")) + " " + pick(TARGETS) + " HTTP/1.1";
            default -> "GET /v1/models " + pick(VERSIONS);
        };
        return request(first, usual(body.length), body, false);
    }

    private Request strangeHeaders() {
        int route = random.nextInt(BODIES.size() / 2);
        byte[] body = BODIES.get(2 * route + 1).getBytes(StandardCharsets.UTF_8);
        List<String> headers = new ArrayList<>(usual(body.length));
        for (int i = random.nextInt(3); i >= 0; i--) {
            headers.add(random.nextInt(headers.size() + 1), pick(HEADERS));
        }
        if (random.nextInt(4) == 0) {
            headers.remove(random.nextInt(headers.size()));
        }
        return request("POST " + BODIES.get(2 * route) + " HTTP/1.1", headers, body, false);
    }

    /** Lengths that are not those of the body, and chunks that are none. */
    private Request strangeFraming() {
        byte[] body = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}".getBytes(StandardCharsets.US_ASCII);
        List<String> headers = new ArrayList<>(usual(body.length));
        headers.removeIf(header -> header.startsWith("Content-Length"));
        if (random.nextBoolean()) {
            headers.add("Content-Length: " + (body.length + random.nextInt(-body.length, 20)));
        } else {
            headers.add("Transfer-Encoding: chunked");
            if (random.nextInt(4) == 0) {
                headers.add("Content-Length: " + body.length);
            }
            body = chunked(body);
        }
        return request("POST /v1/chat/completions HTTP/1.1", headers, body, false);
    }

    private byte[] chunked(byte[] body) {
        String text = new String(body, StandardCharsets.US_ASCII);
        String size = pick(List.of(
                Integer.toHexString(body.length),
                Integer.toHexString(body.length),
                Integer.toHexString(body.length) + ";ext=\"",
                "-1",
                "zz",
                "",
                "7fffffffffffffff",
                "ffffffffffffffffff",
                "3"));
        String end = pick(List.of(
                "0\r\n\r\n",
                "0\r\nTrailer: x\r\n\r\n",
                "0\r\n" + "T: t\r\n".repeat(5_000) + "\r\n",
                "",
                "0",
                "\r\n0\r\n\r\n"));
        return (size + "\r\n" + text + "\r\n" + end).getBytes(StandardCharsets.US_ASCII);
    }

    private Request noise() {
        byte[] bytes = new byte[random.nextInt(1, 3_000)];
        random.nextBytes(bytes);
        if (random.nextBoolean()) {
            bytes = HostileJson.concat("POST /v1/completions HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII), bytes);
        }
        return new Request(pieces(bytes), false);
    }

    private List<String> usual(int length) {
        return List.of(
                "Host: gufo",
                "Content-Type: application/json",
                "Authorization: Bearer " + pick(keys),
                "Content-Length: " + length);
    }

    private Request request(String first, List<String> headers, byte[] body, boolean wellFormed) {
        boolean hostless = headers.stream().noneMatch(header -> header.startsWith("Host"));
        String head = first + "\r\n" + (hostless && wellFormed ? "Host: gufo\r\n" : "") + String.join("\r\n", headers)
                + "\r\n\r\n";
        return new Request(pieces(HostileJson.concat(head.getBytes(StandardCharsets.ISO_8859_1), body)), wellFormed);
    }

    /** Most requests in one piece, some in a few. */
    private List<byte[]> pieces(byte[] whole) {
        if (random.nextInt(5) > 0) {
            return List.of(whole);
        }
        List<byte[]> pieces = new ArrayList<>();
        for (int from = 0; from < whole.length; ) {
            int to = Math.min(whole.length, from + random.nextInt(1, 1 + whole.length / 2));
            pieces.add(java.util.Arrays.copyOfRange(whole, from, to));
            from = to;
        }
        return pieces;
    }

    private <T> T pick(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }
}
