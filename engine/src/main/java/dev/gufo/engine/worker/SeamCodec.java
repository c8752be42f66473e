package dev.gufo.engine.worker;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationEvent.Timings;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Sampling;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The seam's values as bytes, each written and read in one place, field by field in the order of its record. */
final class SeamCodec {
    private SeamCodec() {}

    static FrameWriter settings(FrameWriter out, EngineSettings settings) {
        return out.string(settings.model().toString())
                .string(settings.natives().toString())
                .int32(settings.contextTokens())
                .int32(settings.sequences())
                .int32(settings.gpuLayers())
                .int32(settings.threads())
                .int32(settings.stepTokens())
                .int32(settings.queueLength());
    }

    static EngineSettings settings(FrameReader in) throws BrokenFrame {
        return new EngineSettings(
                Path.of(in.string()),
                Path.of(in.string()),
                in.int32(),
                in.int32(),
                in.int32(),
                in.int32(),
                in.int32(),
                in.int32());
    }

    static void request(FrameWriter out, GenerationRequest request) {
        out.ints(request.prompt()).int32(request.maxTokens()).bool(request.ignoreEnd());
        sampling(out, request.sampling());
        out.string(request.cacheScope());
    }

    static GenerationRequest request(FrameReader in) throws BrokenFrame {
        return new GenerationRequest(in.ints(), in.int32(), in.bool(), sampling(in), in.string());
    }

    static void sampling(FrameWriter out, Sampling sampling) {
        out.float32(sampling.temperature())
                .int32(sampling.topK())
                .float32(sampling.topP())
                .float32(sampling.minP())
                .float32(sampling.typicalP())
                .float32(sampling.repeatPenalty())
                .float32(sampling.frequencyPenalty())
                .float32(sampling.presencePenalty())
                .int32(sampling.penaltyLastN())
                .int32(sampling.logitBias().size());
        sampling.logitBias().forEach((token, bias) -> out.int32(token).float32(bias));
        Sampling.Dry dry = sampling.dry();
        out.float32(dry.multiplier())
                .float32(dry.base())
                .int32(dry.allowedLength())
                .int32(dry.penaltyLastN())
                .int32(dry.breakers().size());
        dry.breakers().forEach(out::string);
        out.float32(sampling.xtc().probability())
                .float32(sampling.xtc().threshold())
                .int32(sampling.seed());
    }

    static Sampling sampling(FrameReader in) throws BrokenFrame {
        return new Sampling(
                in.float32(),
                in.int32(),
                in.float32(),
                in.float32(),
                in.float32(),
                in.float32(),
                in.float32(),
                in.float32(),
                in.int32(),
                logitBias(in),
                dry(in),
                new Sampling.Xtc(in.float32(), in.float32()),
                in.int32());
    }

    private static Map<Integer, Float> logitBias(FrameReader in) throws BrokenFrame {
        int count = in.count(Integer.BYTES + Float.BYTES);
        Map<Integer, Float> bias = HashMap.newHashMap(count);
        for (int i = 0; i < count; i++) {
            bias.put(in.int32(), in.float32());
        }
        return bias;
    }

    private static Sampling.Dry dry(FrameReader in) throws BrokenFrame {
        float multiplier = in.float32();
        float base = in.float32();
        int allowedLength = in.int32();
        int penaltyLastN = in.int32();
        int count = in.count(Integer.BYTES);
        List<String> breakers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            breakers.add(in.string());
        }
        return new Sampling.Dry(multiplier, base, allowedLength, penaltyLastN, breakers);
    }

    static void model(FrameWriter out, ModelInfo model) {
        out.string(model.architecture())
                .string(model.description())
                .int64(model.parameters())
                .int64(model.bytes())
                .int32(model.vocabularySize())
                .int32(model.trainedContextTokens())
                .int32(model.contextTokens())
                .int32(model.sequences())
                .int64(model.kvBytes())
                .int32(model.layers())
                .int32(model.gpuLayers())
                .string(model.chatTemplate())
                .string(model.bosToken())
                .string(model.eosToken());
        sampling(out, model.sampling());
        out.string(model.fingerprint());
    }

    static ModelInfo model(FrameReader in) throws BrokenFrame {
        return new ModelInfo(
                in.string(),
                in.string(),
                in.int64(),
                in.int64(),
                in.int32(),
                in.int32(),
                in.int32(),
                in.int32(),
                in.int64(),
                in.int32(),
                in.int32(),
                in.string(),
                in.string(),
                in.string(),
                sampling(in),
                in.string());
    }

    static void event(FrameWriter out, GenerationEvent event) {
        switch (event) {
            case GenerationEvent.Started(int cachedTokens) -> out.int8(0).int32(cachedTokens);
            case GenerationEvent.Token(int id, byte[] piece) ->
                out.int8(1).int32(id).bytes(piece);
            case GenerationEvent.Finished(FinishReason reason, Timings(var queued, var prefill, var decode)) ->
                out.int8(2)
                        .string(reason.name())
                        .duration(queued)
                        .duration(prefill)
                        .duration(decode);
            case GenerationEvent.Failed(EngineException cause) -> exception(out.int8(3), cause);
        }
    }

    static GenerationEvent event(FrameReader in) throws BrokenFrame {
        int kind = in.int8();
        return switch (kind) {
            case 0 -> new GenerationEvent.Started(in.int32());
            case 1 -> new GenerationEvent.Token(in.int32(), in.bytes());
            case 2 ->
                new GenerationEvent.Finished(
                        FinishReason.valueOf(in.string()), new Timings(in.duration(), in.duration(), in.duration()));
            case 3 -> new GenerationEvent.Failed(exception(in));
            default -> throw new BrokenFrame("unknown event " + kind);
        };
    }

    static void exception(FrameWriter out, EngineException exception) {
        switch (exception) {
            case EngineException.Refused refused -> refusal(out.int8(0), refused.refusal());
            case EngineException.Restarted restarted -> out.int8(1).string(String.valueOf(restarted.getMessage()));
            case EngineException.Broken broken -> out.int8(2).string(String.valueOf(broken.getMessage()));
        }
    }

    static EngineException exception(FrameReader in) throws BrokenFrame {
        int kind = in.int8();
        return switch (kind) {
            case 0 -> new EngineException.Refused(refusal(in));
            case 1 -> new EngineException.Restarted(in.string());
            case 2 -> new EngineException.Broken(in.string());
            default -> throw new BrokenFrame("unknown exception " + kind);
        };
    }

    private static void refusal(FrameWriter out, Refusal refusal) {
        switch (refusal) {
            case Refusal.ContextExceeded(int prompt, int context) ->
                out.int8(0).int32(prompt).int32(context);
            case Refusal.QueueFull(int waiting, var after) ->
                out.int8(1).int32(waiting).duration(after);
            case Refusal.NotReady(String reason, var after) ->
                out.int8(2).string(reason).duration(after);
        }
    }

    private static Refusal refusal(FrameReader in) throws BrokenFrame {
        int kind = in.int8();
        return switch (kind) {
            case 0 -> new Refusal.ContextExceeded(in.int32(), in.int32());
            case 1 -> new Refusal.QueueFull(in.int32(), in.duration());
            case 2 -> new Refusal.NotReady(in.string(), in.duration());
            default -> throw new BrokenFrame("unknown refusal " + kind);
        };
    }
}
