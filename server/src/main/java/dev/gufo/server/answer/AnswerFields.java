package dev.gufo.server.answer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.AdapterScale;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What chat and text completions say alike about the answer.
 *
 * @param sampling what the request says about sampling
 * @param stops texts that end the answer, none of them empty
 * @param maxTokens most tokens to sample; empty if the request does not say
 * @param choices how many answers
 * @param ignoreEnd {@code ignore_eos}: the answer goes on after the model ended it, until {@code maxTokens}
 * @param stream whether the answer comes as events
 * @param includeUsage whether the stream tells the usage at its end
 * @param adapters LoRA adapters that take part, with different ids
 * @param timings whether the answer tells how it came about
 * @param deterministic whether the same request gets the same answer whatever is cached and whoever else is there
 * @param speculate whether tokens may be guessed ahead of the model
 */
public record AnswerFields(
        SamplingFields sampling,
        List<String> stops,
        OptionalInt maxTokens,
        int choices,
        boolean ignoreEnd,
        boolean stream,
        boolean includeUsage,
        boolean timings,
        List<AdapterScale> adapters,
        boolean deterministic,
        boolean speculate) {
    private static final int MAX_CHOICES = 128;
    private static final int MAX_STOPS = 16;
    private static final int MAX_STOP_CHARS = 1_024;

    /**
     * Reads and checks them.
     *
     * @param leastTokens least value of {@code max_tokens}
     * @throws ApiException with the path of the first field that is wrong
     */
    public static AnswerFields read(Fields request, int leastTokens) {
        return new AnswerFields(
                SamplingFields.read(request),
                stops(request),
                maxTokens(request, leastTokens),
                Math.toIntExact(request.integer("n", 1, MAX_CHOICES).orElse(1L)),
                request.flag("ignore_eos").orElse(false),
                request.flag("stream").orElse(false),
                request.object("stream_options")
                        .flatMap(options -> options.flag("include_usage"))
                        .orElse(false),
                request.flag("timings").orElse(false),
                LoraFields.read(request),
                request.flag("deterministic").orElse(false),
                request.flag("speculate").orElse(true));
    }

    /** The same for an API that has one choice, and another name for the most tokens. */
    public AnswerFields single(OptionalInt most) {
        return new AnswerFields(
                sampling,
                stops,
                most.isPresent() ? most : maxTokens,
                1,
                ignoreEnd,
                stream,
                includeUsage,
                timings,
                adapters,
                deterministic,
                speculate);
    }

    /** The same, with the likeliest token each time where the request says no temperature. */
    public AnswerFields greedyByDefault() {
        return new AnswerFields(
                sampling.greedyByDefault(),
                stops,
                maxTokens,
                choices,
                ignoreEnd,
                stream,
                includeUsage,
                timings,
                adapters,
                deterministic,
                speculate);
    }

    /** The newer name wins if both are there. */
    private static OptionalInt maxTokens(Fields request, int least) {
        Optional<Long> older = request.integer("max_tokens", least, Long.MAX_VALUE);
        return request.integer("max_completion_tokens", least, Long.MAX_VALUE)
                .or(() -> older)
                .map(max -> OptionalInt.of(Math.toIntExact(Math.min(max, Integer.MAX_VALUE))))
                .orElse(OptionalInt.empty());
    }

    private static List<String> stops(Fields request) {
        return request.any("stop").map(stop -> stops(stop, "stop")).orElse(List.of());
    }

    /**
     * Reads stop texts: a string, or an array of such.
     *
     * @param field that has them
     * @throws ApiException naming it if they are no stop texts
     */
    public static List<String> stops(JsonNode value, String field) {
        var texts = new ArrayList<String>();
        if (value.isArray()) {
            Fields.requireAtMost(MAX_STOPS, value, field);
            value.forEach(text -> texts.add(stopText(text, field)));
        } else {
            texts.add(stopText(value, field));
        }
        return texts;
    }

    private static String stopText(JsonNode value, String field) {
        String text = value.isTextual() ? value.textValue() : "";
        if (text.isEmpty() || text.length() > MAX_STOP_CHARS) {
            throw Fields.wrong(
                    field, "a string of 1 to %d characters, or an array of such".formatted(MAX_STOP_CHARS), value);
        }
        try {
            StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException halfAPair) {
            throw ApiException.invalid(field, "'%s' has half of a surrogate pair.".formatted(field));
        }
        return text;
    }
}
