package dev.gufo.server.responses;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.server.answer.AnswerWriter;
import dev.gufo.server.answer.Choice;
import dev.gufo.server.answer.Usage;
import dev.gufo.server.error.ApiError;
import dev.gufo.server.http.JsonBytes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A response as one object, or as the events that make it. A stream may begin before the model is there. Its heartbeats
 * are events, since agents give up a stream that has comments only. Belongs to the request's thread.
 */
final class ResponseWriter implements AnswerWriter {
    private static final List<SamplingParameter> TOLD = List.of(
            SamplingParameter.FREQUENCY_PENALTY,
            SamplingParameter.PRESENCE_PENALTY,
            SamplingParameter.TEMPERATURE,
            SamplingParameter.TOP_P);

    /** What a stream ends with. OpenAI's own lack this; Open Responses has it, and clients of either take it. */
    static final String DONE = "data: [DONE]\n\n";

    private static final String GONE = "client_disconnected";

    private final String id;
    private final String model;
    private final InstantSource clock;
    private final long created;
    private final byte[] echo;
    private final Map<SamplingParameter, Float> wishes;
    private final Output output;
    private final Optional<? extends Keeping> keeper;
    private final EventWriter events;
    private final boolean background;
    private Sampling defaults = Sampling.LLAMA_CPP_DEFAULTS; // until the model is there
    private boolean begun;
    private boolean stored;
    private boolean over;

    /** Where a response is, and how it ended. */
    private record End(String status, String error, String incomplete, Optional<Usage> usage) {
        static final End NONE = new End("in_progress", "null", "null", Optional.empty());

        static final End QUEUED = new End("queued", "null", "null", Optional.empty());

        static End of(String finishReason, Usage usage) {
            return switch (finishReason) {
                case "length" -> incomplete("max_output_tokens", usage);
                case "content_filter" -> incomplete("content_filter", usage);
                default -> new End("completed", "null", "null", Optional.of(usage));
            };
        }

        private static End incomplete(String reason, Usage usage) {
            return new End("incomplete", "null", "{\"reason\":\"" + reason + "\"}", Optional.of(usage));
        }

        /** Whether the answer came to its end, also to its limit of tokens. */
        boolean said() {
            return status.equals("completed") || (status.equals("incomplete") && !incomplete.contains(GONE));
        }

        static End clientGone(Usage usage) {
            return incomplete(GONE, usage);
        }

        static End of(ApiError error) {
            var json = new JsonBytes();
            json.raw("{\"code\":").string(error.code()).raw(",\"message\":").string(error.message());
            return new End("failed", json.raw("}").toString(), "null", Optional.empty());
        }
    }

    /**
     * @param keeper if the response is to be kept
     * @param clock for when it is completed
     * @param created epoch seconds
     * @param events numbers them
     */
    ResponseWriter(
            String id,
            String model,
            ResponseRequest request,
            Output output,
            Optional<? extends Keeping> keeper,
            InstantSource clock,
            long created,
            EventWriter events) {
        this.id = id;
        this.model = model;
        this.clock = clock;
        this.created = created;
        this.events = events;
        this.background = request.background();
        this.echo = members(request.echo());
        this.wishes = request.turn().answer().sampling().numbers();
        this.output = output;
        this.keeper = keeper;
        this.stored = request.stored();
    }

    private static byte[] members(JsonNode object) {
        String text = object.toString();
        return text.substring(1, text.length() - 1).getBytes(StandardCharsets.UTF_8);
    }

    /** The model is there, and with it what it has for numbers that the request does not give. */
    ResponseWriter over(ModelInfo info) {
        defaults = info.sampling();
        return this;
    }

    @Override
    public long bytesHeld() {
        return echo.length + keeper.map(Keeping::held).orElse(0L);
    }

    /** A response is kept under its id. */
    @Override
    public boolean canBeRepeated() {
        return false;
    }

    @Override
    public boolean keepsText() {
        return true;
    }

    @Override
    public void begin(JsonBytes json, Choice choice, Usage soFar) {
        begin(json);
    }

    private void begin(JsonBytes json) {
        if (!begun) {
            begun = true;
            if (!background) { // else it was created before
                state(json, "response.created", End.NONE);
            }
            state(json, "response.in_progress", End.NONE);
        }
    }

    @Override
    public void writeTo(JsonBytes json) {
        if (background) {
            return; // nobody is kept waiting
        }
        if (begun) {
            // With all there is by now: clients take an event's response for the newest.
            state(json, "response.in_progress", End.NONE);
        } else {
            begin(json);
        }
    }

    @Override
    public void progress(JsonBytes json, Choice choice) {
        output.accept(choice.takeDeltas(), choice.takeScored(), events.to(json));
    }

    @Override
    public void finish(JsonBytes json, Choice choice) {
        progress(json, choice);
        output.finish(isCut(choice), events.to(json));
    }

    @Override
    public void end(JsonBytes json, List<Choice> choices, Usage usage) {
        End end = End.of(choices.getFirst().finishReason(), usage);
        keep(end);
        state(json, "response." + end.status(), end);
        done(json);
    }

    @Override
    public Optional<byte[]> events(ApiError error) {
        var json = new JsonBytes();
        begin(json);
        output.breakOff();
        events.to(json).error(error);
        End end = End.of(error);
        keep(end);
        state(json, "response.failed", end);
        done(json);
        return Optional.of(json.toByteArray());
    }

    @Override
    public void cutOff(List<Choice> choices, Usage usage) {
        if (begun) { // else nobody knows its id
            Choice choice = choices.getFirst();
            output.accept(choice.takeDeltas(), choice.takeScored(), Output.Listener.NONE);
            output.breakOff();
            keep(End.clientGone(usage));
        }
    }

    private void done(JsonBytes json) {
        if (!background) { // else it is no event, and whoever is sent the events gets it
            json.raw(DONE);
        }
    }

    /** The response while it waits to be computed. */
    String queued() {
        var json = new JsonBytes();
        response(json, End.QUEUED);
        return json.toString();
    }

    /** The events of a response that waits to be computed. */
    String queuedEvents() {
        var json = new JsonBytes();
        state(json, "response.created", End.QUEUED);
        state(json, "response.queued", End.QUEUED);
        return json.toString();
    }

    /** The response while it is being computed. */
    String inProgress() {
        var json = new JsonBytes();
        response(json, End.NONE);
        return json.toString();
    }

    private void state(JsonBytes json, String type, End end) {
        events.to(json).begin(type).raw(",\"response\":");
        response(json, end);
        events.end();
    }

    @Override
    public void whole(JsonBytes json, List<Choice> choices, Usage usage, OutputStream out) throws IOException {
        Choice choice = choices.getFirst();
        output.accept(choice.takeDeltas(), choice.takeScored(), Output.Listener.NONE);
        output.finish(isCut(choice), Output.Listener.NONE);
        End end = End.of(choice.finishReason(), usage);
        keep(end);
        response(json, end);
    }

    private static boolean isCut(Choice choice) {
        return choice.finishReason().equals("length") || choice.finishReason().equals("content_filter");
    }

    /** The first end counts: a client may go away while it is told of the end. */
    private void keep(End end) {
        boolean first = !over;
        over = true;
        if (keeper.isPresent() && first) {
            var body = new JsonBytes();
            response(body, end);
            stored = keeper.orElseThrow().keep(body.toString(), output.kept(), end.said());
        }
    }

    private void response(JsonBytes json, End end) {
        json.raw("{\"id\":")
                .string(id)
                .raw(",\"object\":\"response\",\"created_at\":")
                .number(created)
                .raw(",\"status\":\"")
                .raw(end.status())
                .raw("\",\"completed_at\":");
        if (end.status().equals("completed")) {
            json.number(clock.instant().getEpochSecond());
        } else {
            json.raw("null");
        }
        json.raw(",\"error\":")
                .raw(end.error())
                .raw(",\"incomplete_details\":")
                .raw(end.incomplete())
                .raw(",\"model\":")
                .string(model)
                .raw(",\"output\":");
        output.writeTo(json);
        json.raw(",\"usage\":");
        end.usage().ifPresentOrElse(used -> usage(json, used), () -> json.raw("null"));
        end.usage().ifPresent(used -> used.writeTimings(json));
        for (SamplingParameter parameter : TOLD) {
            json.raw(",\"")
                    .raw(parameter.names().getFirst())
                    .raw("\":")
                    .raw(Float.toString(wishes.getOrDefault(parameter, defaults.number(parameter))));
        }
        json.raw(",\"store\":").raw(Boolean.toString(stored)).raw(",").raw(echo).raw("}");
    }

    /** What is not cached is computed, and kept in the cache from then on. */
    static void usage(JsonBytes json, Usage usage) {
        json.raw("{\"input_tokens\":")
                .number(usage.promptTokens())
                .raw(",\"input_tokens_details\":{\"cached_tokens\":")
                .number(usage.cachedTokens())
                .raw(",\"cache_write_tokens\":")
                .number(usage.promptTokens() - usage.cachedTokens())
                .raw("},\"output_tokens\":")
                .number(usage.completionTokens())
                .raw(",\"output_tokens_details\":{\"reasoning_tokens\":")
                .number(usage.reasoningTokens())
                .raw("},\"total_tokens\":")
                .number((long) usage.promptTokens() + usage.completionTokens())
                .raw("}");
    }
}
