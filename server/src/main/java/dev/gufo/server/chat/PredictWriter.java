package dev.gufo.server.chat;

import dev.gufo.server.answer.AnswerHead;
import dev.gufo.server.answer.AnswerWriter;
import dev.gufo.server.answer.Choice;
import dev.gufo.server.answer.Usage;
import dev.gufo.server.http.JsonBytes;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Predictions as one JSON object; they are not streamed. */
final class PredictWriter implements AnswerWriter {
    /** What stands for an impossible text: JSON has no infinity. */
    private static final double LEAST = -9_999;

    private final AnswerHead head;
    private final Optional<String> digest;
    private final List<String> labels;
    private final boolean list;
    private final long begin;

    /**
     * @param digest of the model's file, if it is known
     * @param labels that were scored for each text, in the order of the choices; none if answers are free
     * @param list whether the answer is a list, also of one
     * @param begin when the request came, in {@link System#nanoTime}
     */
    PredictWriter(AnswerHead head, Optional<String> digest, List<String> labels, boolean list, long begin) {
        this.head = head;
        this.digest = digest;
        this.labels = labels;
        this.list = list;
        this.begin = begin;
    }

    @Override
    public void whole(JsonBytes json, List<Choice> choices, Usage usage, OutputStream out) throws IOException {
        head.writeTo(json, list ? "list" : "prediction");
        digest.ifPresent(hash -> json.raw(",\"digest\":").string(hash));
        int each = Math.max(1, labels.size());
        json.raw(list ? ",\"predictions\":[" : ",");
        for (int i = 0; i < choices.size() / each; i++) {
            if (list) {
                json.raw(i == 0 ? "" : ",").raw("{\"index\":").number(i).raw(",");
            }
            if (labels.isEmpty()) {
                answer(json, choices.get(i));
            } else {
                scores(json, choices.subList(i * each, (i + 1) * each));
            }
            json.raw(list ? "}" : "").drainIfLong(out);
        }
        json.raw(list ? "],\"usage\":" : ",\"usage\":");
        usage.writeTo(json);
        usage.writeTimings(json);
        json.raw(",\"latency_ms\":")
                .raw(Double.toString(Math.round((System.nanoTime() - begin) / 1e3) / 1e3))
                .raw("}");
    }

    private static void answer(JsonBytes json, Choice choice) {
        Message message = Message.of(choice.takeDeltas());
        json.raw("\"prediction\":").string(message.content());
        if (!message.reasoning().isEmpty()) {
            json.raw(",\"reasoning_content\":").string(message.reasoning());
        }
        json.raw(",\"confidence\":").raw(Double.toString(choice.meanProbability()));
        json.raw(",\"finish_reason\":").string(choice.finishReason());
    }

    /** Probabilities of the labels, whose sum is 1. */
    private void scores(JsonBytes json, List<Choice> scored) {
        double[] logprobs = scored.stream()
                .mapToDouble(choice -> Math.max(choice.logprob(), LEAST))
                .toArray();
        int best = IntStream.range(0, logprobs.length)
                .reduce((a, b) -> logprobs[b] > logprobs[a] ? b : a)
                .orElseThrow();
        double sum = IntStream.range(0, logprobs.length)
                .mapToDouble(i -> Math.exp(logprobs[i] - logprobs[best]))
                .sum();
        json.raw("\"prediction\":").string(labels.get(best));
        json.raw(",\"confidence\":").raw(Double.toString(1 / sum)).raw(",\"scores\":[");
        for (int i = 0; i < logprobs.length; i++) {
            json.raw(i == 0 ? "{\"label\":" : ",{\"label\":").string(labels.get(i));
            json.raw(",\"probability\":").raw(Double.toString(Math.exp(logprobs[i] - logprobs[best]) / sum));
            json.raw(",\"logprob\":").raw(Double.toString(logprobs[i])).raw("}");
        }
        json.raw("]");
    }

    @Override
    public long bytesHeld() {
        return labels.stream().mapToLong(label -> 2L * label.length()).sum();
    }

    @Override
    public void begin(JsonBytes json, Choice choice, Usage soFar) {
        throw streamed();
    }

    @Override
    public void progress(JsonBytes json, Choice choice) {
        throw streamed();
    }

    @Override
    public void finish(JsonBytes json, Choice choice) {
        throw streamed();
    }

    @Override
    public void end(JsonBytes json, List<Choice> choices, Usage usage) {
        throw streamed();
    }

    private static AssertionError streamed() {
        return new AssertionError("predictions are not streamed");
    }
}
