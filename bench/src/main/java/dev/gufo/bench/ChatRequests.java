package dev.gufo.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.SplittableRandom;

/**
 * Bodies for {@code POST /chat/completions}; request {@code i} is the same in every run with the same seed. Any thread.
 */
final class ChatRequests {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Workload workload;
    private final String model;
    private final TokenRate rate;
    private final WordPrompts prompts;
    private final long seed;

    ChatRequests(Workload workload, String model, TokenRate rate, long seed) {
        this.workload = workload;
        this.model = model;
        this.rate = rate;
        this.prompts = new WordPrompts(rate.wordsOfPiece(workload.sharedPrefixTokens()), seed);
        this.seed = seed;
    }

    /** The body of request {@code index}, which may be negative. */
    byte[] body(long index) {
        // One generator per request, so that lengths do not depend on which client comes first.
        var random = new SplittableRandom(new SplittableRandom(seed).nextLong() + index);
        String prompt = prompts.prompt(rate.words(workload.promptTokens().draw(random)), random);
        ObjectNode body = request(model, prompt, workload.outputTokens().draw(random));
        workload.temperature().ifPresent(value -> body.put("temperature", value));
        workload.samplingSeed().ifPresent(value -> body.put("seed", value));
        if (workload.ignoreEnd()) {
            body.put("ignore_eos", true);
        }
        if (workload.stream()) {
            body.put("stream", true).putObject("stream_options").put("include_usage", true);
        }
        return bytes(body);
    }

    /** A request that finds out how many tokens {@code words} random words have: one token of answer, not streamed. */
    static byte[] probe(String model, int words, long seed) {
        return bytes(request(model, new WordPrompts(0, seed).prompt(words, new SplittableRandom(seed)), 1));
    }

    private static ObjectNode request(String model, String prompt, int maxTokens) {
        ObjectNode body = JSON.createObjectNode();
        body.put("model", model);
        body.putArray("messages").addObject().put("role", "user").put("content", prompt);
        return body.put("max_tokens", maxTokens);
    }

    private static byte[] bytes(ObjectNode body) {
        try {
            return JSON.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new AssertionError("a tree of strings and numbers was not writable", e);
        }
    }
}
