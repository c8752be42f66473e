package dev.gufo.server.boot;

import dev.gufo.engine.ModelInfo;
import dev.gufo.store.ModelRole;
import java.util.Locale;
import java.util.Set;

/** What the operator reads while models load and when the server is ready. */
final class Announcement {
    private static final String[] BYTE_UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    private static final String[] COUNT_UNITS = {"", " thousand", " million", " billion", " trillion"};

    private Announcement() {}

    /** What was loaded: architecture, parameters, quantization, context, KV memory, and where the layers went. */
    static String summary(String id, ModelInfo model) {
        String layers = model.gpuLayers() == 0
                ? "all %d layers on the CPU".formatted(model.layers())
                : "%d of %d layers on the GPU".formatted(model.gpuLayers(), model.layers());
        String kv = model.kvBytes() == 0 ? "" : ", KV cache " + scaled(model.kvBytes(), 1_024, BYTE_UNITS);
        return """
                %s: %s, architecture %s, %s parameters, %s
                  context %d tokens, %d sequences together%s
                  %s""".formatted(
                        id,
                        model.description(),
                        model.architecture(),
                        scaled(model.parameters(), 1_000, COUNT_UNITS).strip(),
                        scaled(model.bytes(), 1_024, BYTE_UNITS),
                        model.contextTokens(),
                        model.sequences(),
                        kv,
                        layers);
    }

    /**
     * The base URL, and one line to paste into a shell.
     *
     * @param host what the server listens on; an address that stands for all of them becomes loopback
     * @param model the id that the example asks for
     * @param roles what it is for
     */
    static String ready(String host, int port, String model, Set<ModelRole> roles, boolean needsKey) {
        String base = "http://%s:%d".formatted(reachable(host), port);
        String key = needsKey ? " -H \"Authorization: Bearer $GUFO_API_KEY\"" : "";
        String path;
        String rest;
        if (roles.contains(ModelRole.CHAT)) {
            path = "chat/completions";
            rest = "\"messages\": [{\"role\": \"user\", \"content\": \"Hello!\"}]";
        } else if (roles.contains(ModelRole.EMBEDDINGS)) {
            path = "embeddings";
            rest = "\"input\": \"Hello!\"";
        } else {
            path = "rerank";
            rest = "\"query\": \"greeting\", \"documents\": [\"Hello!\", \"Owls hunt.\"]";
        }
        String body = "{\"model\": \"%s\", %s}"
                .formatted(model.replace("\\", "\\\\").replace("\"", "\\\""), rest)
                .replace("'", "'\\''");
        return """
                Gufo is ready: %s/v1
                curl %s/v1/%s%s -H 'Content-Type: application/json' -d '%s'""".formatted(base, base, path, key, body);
    }

    /**
     * Where people chat with it.
     *
     * @param host as above
     */
    static String page(String host, int port) {
        return "In a browser: http://%s:%d/".formatted(reachable(host), port);
    }

    private static String reachable(String host) {
        String bare = host.replaceAll("[\\[\\]]", "");
        return switch (bare) {
            case "0.0.0.0" -> "127.0.0.1";
            case "::" -> "[::1]";
            default -> bare.contains(":") ? "[%s]".formatted(bare) : bare;
        };
    }

    private static String scaled(long amount, int step, String[] units) {
        double value = amount;
        int unit = 0;
        while (value >= step && unit < units.length - 1) {
            value /= step;
            unit++;
        }
        return unit == 0
                ? "%d %s".formatted(amount, units[0])
                : String.format(Locale.ROOT, step == 1_024 ? "%.1f %s" : "%.1f%s", value, units[unit]);
    }
}
