package dev.gufo.server.answer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.gufo.chat.ChatFormat;
import dev.gufo.chat.ToolDefinition;
import dev.gufo.chat.ToolGrammar;
import dev.gufo.grammar.schema.RelaxedSchema;
import dev.gufo.grammar.schema.UnsupportedSchema;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.exchange.Client;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Parameters of functions whose schema no grammar keeps whole: the keywords that can't be kept are left out, unless the
 * function is strict. Each such schema is logged once, as long as it is remembered; those of the last few megabytes
 * are. Safe for any thread.
 */
public final class ToolSchemas {
    /** Names what is left out: {@code function#/pointer/to/keyword}, with commas between. */
    static final String HEADER = "x-gufo-not-enforced";

    private static final Logger LOG = LoggerFactory.getLogger(ToolSchemas.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, Object> ANY_OBJECT = Map.of("type", "object");
    private static final int REMEMBERED_BYTES = 4 << 20;
    private static final int MOST_HEADER_CHARS = 1_000;
    private static final int MOST_LOGGED_CHARS = 500;

    private record Remembered(RelaxedSchema schema, int bytes) {}

    /** By the form of calls and the schema's hash. */
    private final Cache<String, Remembered> known = Caffeine.newBuilder()
            .maximumWeight(REMEMBERED_BYTES)
            .weigher((String hash, Remembered one) -> 1_000 + 4 * one.bytes())
            .build();

    /**
     * The tools with parameters that a grammar keeps, in the form of calls that the model writes; what is left out of
     * them is told in the response's header.
     *
     * @throws ApiException if a strict one can't be kept, naming the field
     */
    public ToolUse kept(ToolUse tools, ChatFormat format, Client client) {
        List<ToolDefinition> callable = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (ToolDefinition tool : tools.callable()) {
            if (tool.strict()) {
                requireKept(tool, format, tools.offered().indexOf(tool));
                callable.add(tool);
                continue;
            }
            RelaxedSchema relaxed = relaxed(tool, format);
            callable.add(relaxed.leftOut().isEmpty() ? tool : tool.withParameters(relaxed.schema()));
            relaxed.leftOut().forEach(keyword -> missing.add(place(tool, keyword)));
        }
        if (!missing.isEmpty()) {
            client.header(HEADER, header(missing));
        }
        return new ToolUse(tools.offered(), callable, tools.required(), tools.parallel());
    }

    private static void requireKept(ToolDefinition tool, ChatFormat format, int index) {
        try {
            ToolGrammar.requireKept(format, tool);
        } catch (UnsupportedSchema e) {
            throw ApiException.unsupported(
                    "tools[%d].function.parameters".formatted(index),
                    AnswerConstraint.sentence(e) + " Without 'strict' this keyword would not be enforced.");
        }
    }

    private RelaxedSchema relaxed(ToolDefinition tool, ChatFormat format) {
        byte[] json = json(tool.parameters());
        String hash = format.tools() + hash(json);
        Remembered remembered = known.getIfPresent(hash);
        if (remembered != null) {
            return remembered.schema();
        }
        RelaxedSchema relaxed = RelaxedSchema.of(
                tool.parameters(), ANY_OBJECT, schema -> ToolGrammar.requireKept(format, tool.withParameters(schema)));
        boolean first = known.asMap().put(hash, new Remembered(relaxed, json.length)) == null;
        if (first && !relaxed.leftOut().isEmpty()) {
            String why = relaxed.leftOut().stream()
                    .map(UnsupportedSchema::getMessage)
                    .collect(Collectors.joining("; "));
            LOG.warn(
                    "Parameters of a tool are not enforced in full, since no grammar keeps this: {}",
                    cut(why, MOST_LOGGED_CHARS));
        }
        return relaxed;
    }

    private static byte[] json(Object schema) {
        try {
            return JSON.writeValueAsBytes(schema);
        } catch (JsonProcessingException e) {
            throw new AssertionError("plain values that JSON has not", e);
        }
    }

    private static String hash(byte[] json) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(json));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    private static String place(ToolDefinition tool, UnsupportedSchema refusal) {
        String pointer = refusal.path() + (refusal.keyword().equals("schema") ? "" : "/" + refusal.keyword());
        return escaped(tool.name()) + "#" + escaped(pointer);
    }

    /** As a URI has it: a header's value is ASCII, and commas part the places. */
    private static String escaped(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("%2F", "/")
                .replace("%24", "$")
                .replace("%7E", "~");
    }

    private static String header(List<String> places) {
        var header = new StringBuilder();
        for (String place : places) {
            if (header.length() + place.length() > MOST_HEADER_CHARS) {
                return header.append(header.isEmpty() ? "" : ", ").append("...").toString();
            }
            header.append(header.isEmpty() ? "" : ", ").append(place);
        }
        return header.toString();
    }

    private static String cut(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most) + "...";
    }
}
