package dev.gufo.server.answer;

import dev.gufo.chat.ReasoningEffort;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import java.util.Map;
import java.util.Optional;

/** What a request tells the chat template beside the conversation. */
public final class TemplateFields {
    private TemplateFields() {}

    /**
     * Reads {@code reasoning_effort} and {@code chat_template_kwargs}.
     *
     * @throws ApiException with the path of the first field that is wrong
     */
    public static Map<String, Object> read(Fields request) {
        return readWith(request, Optional.empty());
    }

    /**
     * The same for an API that has another place for the effort.
     *
     * @param effort what stands there; if empty, {@code reasoning_effort} counts
     */
    public static Map<String, Object> readWith(Fields request, Optional<ReasoningEffort> effort) {
        return TemplateArguments.of(
                effort.or(() -> request.text("reasoning_effort").map(word -> effort(word, "reasoning_effort"))),
                request.object("chat_template_kwargs"));
    }

    /**
     * The effort with this word.
     *
     * @param path of the field that has it
     * @throws ApiException if there is no such effort
     */
    public static ReasoningEffort effort(String word, String path) {
        return ReasoningEffort.of(word)
                .orElseThrow(() ->
                        ApiException.invalid(path, "'%s' must be one of %s.".formatted(path, ReasoningEffort.WORDS)));
    }
}
