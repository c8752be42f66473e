package dev.gufo.server.error;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a client is told, in OpenAI's words.
 *
 * @param status HTTP status; without meaning once the headers are out
 * @param type OpenAI's class of the error
 * @param code a word to decide by
 * @param param path of the field at fault, or {@code ""}
 * @param message for people
 * @param retryAfter when asking again is worth it
 * @param overflow the numbers, if it is about a text that does not fit
 * @param scores by category, if it is about content that is not allowed
 */
public record ApiError(
        int status,
        String type,
        String code,
        String param,
        String message,
        Optional<Duration> retryAfter,
        Optional<Overflow> overflow,
        Map<String, Double> scores) {
    /**
     * What does not fit the context.
     *
     * @param tokens of the prompt; fewer than it has, where counting to the end was not worth it
     * @param most tokens that a prompt may have, so that one is left for the answer
     */
    public record Overflow(long tokens, long most) {}

    public ApiError(int status, String type, String code, String param, String message, Optional<Duration> retryAfter) {
        this(status, type, code, param, message, retryAfter, Optional.empty(), Map.of());
    }

    /** The same with the numbers of what does not fit. */
    ApiError with(Overflow numbers) {
        return new ApiError(status, type, code, param, message, retryAfter, Optional.of(numbers), scores);
    }

    /** The same with the scores of content that is not allowed. */
    ApiError with(Map<String, Double> byCategory) {
        return new ApiError(status, type, code, param, message, retryAfter, overflow, byCategory);
    }

    /** The same about another field. */
    ApiError at(String field) {
        return new ApiError(status, type, code, field, message, retryAfter, overflow, scores);
    }

    /** The value of {@code Retry-After}: whole seconds, rounded up, at least 1. */
    Optional<String> retryAfterSeconds() {
        return retryAfter.map(
                wait -> Long.toString(Math.max(1, wait.plusNanos(999_999_999).toSeconds())));
    }

    /** The value of {@code retry-after-ms}, which OpenAI's clients prefer: milliseconds, rounded up, at least 1. */
    Optional<String> retryAfterMillis() {
        return retryAfter.map(
                wait -> Long.toString(Math.max(1, wait.plusNanos(999_999).toMillis())));
    }

    /** The body: {@code {"error": {…}}}. */
    Map<String, Object> body() {
        var error = new LinkedHashMap<String, Object>();
        error.put("message", message);
        error.put("type", type);
        error.put("param", param.isEmpty() ? null : param);
        error.put("code", code);
        putDetails(error);
        return Map.of("error", error);
    }

    /** What there is to tell beside the words. */
    void putDetails(Map<String, Object> error) {
        if (!scores.isEmpty()) {
            var details = new LinkedHashMap<String, Object>();
            details.put("categories", scores.keySet().stream().sorted().toList());
            details.put("category_scores", new TreeMap<>(scores));
            error.put("details", details);
        }
    }
}
