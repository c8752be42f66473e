package dev.gufo.engine.worker;

import dev.gufo.engine.Constraint;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.ModelInfo.FillInMiddle;
import dev.gufo.engine.Owner;
import dev.gufo.engine.Sampling;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The seam's settings, requests and models as bytes, each written and read in one place, field by field in the order of its record. */
final class SeamCodec {
    private SeamCodec() {}

    static FrameWriter settings(FrameWriter out, EngineSettings settings) {
        out.string(settings.model().toString())
                .string(settings.natives().toString())
                .int32(settings.contextTokens())
                .int32(settings.sequences())
                .int32(settings.gpuLayers())
                .int32(settings.threads())
                .int32(settings.stepTokens())
                .int32(settings.queueLength());
        EmbeddingCodec.settings(out, settings.embeddings());
        ComputeCodec.write(out, settings.compute());
        AdapterCodec.sources(out, settings.adapters());
        return out;
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
                in.int32(),
                EmbeddingCodec.settings(in),
                ComputeCodec.read(in),
                AdapterCodec.sources(in));
    }

    static void request(FrameWriter out, GenerationRequest request) {
        out.ints(request.prompt()).int32(request.maxTokens()).bool(request.ignoreEnd());
        sampling(out, request.sampling());
        out.string(request.cacheScope())
                .string(request.owner().id())
                .int32(request.owner().weight())
                .int32(request.topLogprobs())
                .bool(request.promptLogprobs());
        out.bool(request.constraint().isPresent());
        request.constraint().ifPresent(constraint -> constraint(out, constraint));
        AdapterCodec.scales(out, request.adapters());
        out.bool(request.deterministic());
    }

    static GenerationRequest request(FrameReader in) throws BrokenFrame {
        return new GenerationRequest(
                in.ints(),
                in.int32(),
                in.bool(),
                sampling(in),
                in.string(),
                new Owner(in.string(), in.int32()),
                in.int32(),
                in.bool(),
                in.bool() ? Optional.of(constraint(in)) : Optional.empty(),
                AdapterCodec.scales(in),
                in.bool());
    }

    private static void constraint(FrameWriter out, Constraint constraint) {
        out.string(constraint.grammar());
        switch (constraint.start()) {
            case Constraint.Start.Now() -> out.int8(0);
            case Constraint.Start.After(String text) -> out.int8(1).string(text);
            case Constraint.Start.AtTrigger(var triggers, var reasoning, boolean inReasoning) -> {
                out.int8(2).int32(triggers.size());
                triggers.forEach(trigger -> out.string(trigger.text()).bool(trigger.onlyFirst()));
                out.bool(reasoning.isPresent());
                reasoning.ifPresent(marks -> out.string(marks.open()).string(marks.close()));
                out.bool(inReasoning);
            }
        }
    }

    private static Constraint constraint(FrameReader in) throws BrokenFrame {
        String grammar = in.string();
        int kind = in.int8();
        return new Constraint(
                grammar,
                switch (kind) {
                    case 0 -> new Constraint.Start.Now();
                    case 1 -> new Constraint.Start.After(in.string());
                    case 2 -> atTrigger(in);
                    default -> throw new BrokenFrame("unknown start " + kind);
                });
    }

    private static Constraint.Start atTrigger(FrameReader in) throws BrokenFrame {
        int count = in.count(Integer.BYTES + Byte.BYTES);
        List<Constraint.Trigger> triggers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            triggers.add(new Constraint.Trigger(in.string(), in.bool()));
        }
        Optional<Constraint.Marks> reasoning =
                in.bool() ? Optional.of(new Constraint.Marks(in.string(), in.string())) : Optional.empty();
        return new Constraint.Start.AtTrigger(triggers, reasoning, in.bool());
    }

    private static List<String> strings(FrameReader in) throws BrokenFrame {
        int count = in.count(Integer.BYTES);
        List<String> texts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            texts.add(in.string());
        }
        return texts;
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
        return new Sampling.Dry(multiplier, base, allowedLength, penaltyLastN, strings(in));
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
                .string(model.eosToken())
                .bool(model.fillInMiddle().isPresent());
        model.fillInMiddle()
                .ifPresent(
                        marks -> out.int32(marks.prefix()).int32(marks.suffix()).int32(marks.middle()));
        sampling(out, model.sampling());
        out.string(model.fingerprint());
        EmbeddingCodec.roles(out, model.roles());
        EmbeddingCodec.info(out, model.embeddings());
        AdapterCodec.ids(out, model.adapters());
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
                in.bool() ? Optional.of(new FillInMiddle(in.int32(), in.int32(), in.int32())) : Optional.empty(),
                sampling(in),
                in.string(),
                EmbeddingCodec.roles(in),
                EmbeddingCodec.info(in),
                AdapterCodec.ids(in));
    }
}
