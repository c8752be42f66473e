package dev.gufo.server.completions;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.answer.AnswerFields;
import dev.gufo.server.answer.AnswerShape;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import dev.gufo.server.http.TokenIds;
import dev.gufo.server.policy.ContentChecks.Passage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A text completion whose fields have their types and ranges. Unknown fields are ignored.
 *
 * @param model id, or {@code ""} for the default one
 * @param prompts at least one, all texts or all token ids
 * @param suffix text behind the gap that is to be filled
 * @param echo whether the answer begins with the prompt
 * @param topLogprobs candidates to report with each token; -1 for no logprobs
 * @param bestOf how many answers are generated for each prompt, of which the likeliest are told
 * @param shape form of the answer
 * @param answer what it says about the answer
 */
public record CompletionRequest(
        String model,
        List<Prompt> prompts,
        Optional<String> suffix,
        boolean echo,
        int topLogprobs,
        int bestOf,
        AnswerShape shape,
        AnswerFields answer) {
    private static final int MAX_PROMPTS = 128;
    private static final int MAX_CHOICES = 128;
    private static final int MAX_TOP = 20;

    /** What is to be continued. */
    sealed interface Prompt {
        /** In which special tokens are recognised. */
        record Text(String text) implements Prompt {}

        /** Ids, not checked yet against a vocabulary. */
        record Tokens(int[] ids) implements Prompt {}
    }

    /**
     * Reads and checks everything that can be checked without the model.
     *
     * @throws ApiException with the path of the first field that is wrong
     */
    public static CompletionRequest read(Fields request) {
        boolean echo = request.flag("echo").orElse(false);
        AnswerFields answer = AnswerFields.read(request, echo ? 0 : 1);
        int bestOf = Math.toIntExact(request.integer("best_of", 1, MAX_CHOICES).orElse((long) answer.choices()));
        if (bestOf < answer.choices()) {
            throw ApiException.invalid("best_of", "'best_of' must be at least 'n'.");
        }
        if (bestOf > answer.choices() && answer.stream()) {
            throw ApiException.invalid("best_of", "'best_of' larger than 'n' can't be streamed.");
        }
        List<Prompt> prompts = prompts(request);
        if ((long) prompts.size() * bestOf > MAX_CHOICES) {
            throw ApiException.invalid("prompt", "Prompts times choices must be at most %d.".formatted(MAX_CHOICES));
        }
        return new CompletionRequest(
                request.text("model").orElse(""),
                prompts,
                request.text("suffix").filter(text -> !text.isEmpty()),
                echo,
                topLogprobs(request),
                bestOf,
                AnswerShape.read(request),
                answer);
    }

    /** The prompts that are texts. */
    Stream<String> texts() {
        return prompts.stream().filter(Prompt.Text.class::isInstance).map(prompt -> ((Prompt.Text) prompt).text());
    }

    /** What it says, by the field that has it. */
    List<Passage> passages() {
        return Stream.concat(
                        texts().map(text -> new Passage("prompt", text)),
                        suffix.stream().map(text -> new Passage("suffix", text)))
                .toList();
    }

    private static int topLogprobs(Fields request) {
        return request.integer("logprobs", 0, MAX_TOP).map(Math::toIntExact).orElse(-1);
    }

    private static List<Prompt> prompts(Fields request) {
        JsonNode prompt = request.any("prompt").orElseThrow(() -> Fields.missing("prompt"));
        if (prompt.isTextual()) {
            return List.of(new Prompt.Text(prompt.textValue()));
        }
        if (!prompt.isArray() || prompt.isEmpty()) {
            throw wrong(prompt);
        }
        if (prompt.get(0).isNumber()) {
            return List.of(tokens(prompt));
        }
        Fields.requireAtMost(MAX_PROMPTS, prompt, "prompt");
        var prompts = new ArrayList<Prompt>();
        for (JsonNode one : prompt) {
            if (one.isTextual()) {
                prompts.add(new Prompt.Text(one.textValue()));
            } else if (one.isArray() && !one.isEmpty()) {
                prompts.add(tokens(one));
            } else {
                throw wrong(prompt);
            }
        }
        return prompts;
    }

    private static Prompt tokens(JsonNode array) {
        return new Prompt.Tokens(TokenIds.read(array, "prompt"));
    }

    private static ApiException wrong(JsonNode prompt) {
        return Fields.wrong(
                "prompt", "a string, an array of strings, an array of token ids or an array of such arrays", prompt);
    }
}
