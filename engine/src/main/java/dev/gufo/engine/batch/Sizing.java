package dev.gufo.engine.batch;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.ModelRole;
import dev.gufo.engine.llama.LibraryMismatch;
import dev.gufo.engine.llama.LlamaLibrary;
import dev.gufo.engine.natives.Backend;
import dev.gufo.engine.natives.InstalledLibraries;
import dev.gufo.engine.plan.DeviceMemory;
import dev.gufo.engine.plan.HostMemory;
import dev.gufo.engine.plan.MemoryPlan;
import dev.gufo.engine.plan.ModelFile;
import dev.gufo.engine.plan.Planner;
import dev.gufo.gguf.GgufFile;
import dev.gufo.gguf.GgufModel;
import dev.gufo.gguf.MemoryShape;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known before a model is loaded: what its file says, the devices, and a plan that fits them.
 *
 * @param asked as the operator asked
 * @param settings with every size decided
 * @param file what the file says
 * @param library loaded
 * @param plan where a chat model will lie; others are not planned
 */
record Sizing(
        EngineSettings asked,
        EngineSettings settings,
        GgufModel file,
        LlamaLibrary library,
        Optional<MemoryPlan> plan) {
    private static final Logger LOG = LoggerFactory.getLogger(Sizing.class);

    /** Sequences of a model that is not for chat, if nobody said how many. */
    private static final int SEQUENCES = 8;

    /** @throws EngineException.Broken if the file is invalid, or does not fit the machine */
    static Sizing of(EngineSettings asked) {
        ModelFile read = ModelFile.read(asked.model());
        GgufModel file = read.model();
        LlamaLibrary library = load(asked);
        requireGpu(asked, library);
        if (ModelRole.of(file) != ModelRole.CHAT) {
            int sequences = asked.sequences() == EngineSettings.SEQUENCES_AUTO ? SEQUENCES : asked.sequences();
            EngineSettings settings =
                    asked.sized(asked.contextTokens(), Math.min(sequences, asked.stepTokens()), asked.gpuLayers());
            return new Sizing(asked, settings, file, library, Optional.empty());
        }
        MemoryPlan plan = planner(read.shards(), file, library).plan(asked);
        if (!plan.fits()) {
            throw new EngineException.Broken(plan.refusal());
        }
        report(asked, file, plan);
        return new Sizing(asked, plan.applyTo(asked), file, library, Optional.of(plan));
    }

    private static LlamaLibrary load(EngineSettings asked) {
        try {
            return LlamaLibrary.load(asked.natives());
        } catch (LibraryMismatch e) {
            throw new EngineException.Broken(e.getMessage(), e);
        }
    }

    private static Planner planner(List<GgufFile> shards, GgufModel file, LlamaLibrary library) {
        List<DeviceMemory> gpus = library.devices().stream()
                .filter(LlamaLibrary.Device::gpu)
                .map(device -> new DeviceMemory(device.name(), device.freeBytes()))
                .toList();
        try {
            return new Planner(
                    MemoryShape.of(shards),
                    file.contextLength(),
                    gpus,
                    new DeviceMemory("CPU", HostMemory.freeBytes()));
        } catch (IOException e) {
            throw new EngineException.Broken(e.getMessage(), e);
        }
    }

    private static void report(EngineSettings asked, GgufModel file, MemoryPlan plan) {
        for (MemoryPlan.Share share : plan.shares()) {
            LOG.info(
                    "planned on {}: weights {} MiB, KV cache {} MiB, compute {} MiB, of {} MiB free",
                    share.device(),
                    share.weightBytes() >> 20,
                    share.kvBytes() >> 20,
                    share.computeBytes() >> 20,
                    share.freeBytes() >> 20);
        }
        int chosen = plan.demand().contextTokens();
        if (asked.contextTokens() == 0 && chosen < file.contextLength()) {
            LOG.warn(
                    "the context is {} tokens per sequence, not the {} of the training: KV memory for {} sequences would not fit; use a smaller --parallel, --kv-type q8_0, or set --ctx-size",
                    chosen,
                    file.contextLength(),
                    plan.demand().sequences());
        }
        if (plan.gpuLayers() <= plan.layers() && plan.shares().size() > 1) {
            LOG.warn("only {} of {} layers fit the GPUs, the others run on the CPU", plan.gpuLayers(), plan.layers());
        }
    }

    private static void requireGpu(EngineSettings asked, LlamaLibrary library) {
        boolean none = library.devices().stream().noneMatch(LlamaLibrary.Device::gpu);
        if (none && asked.compute().requireGpu()) {
            throw new EngineException.Broken(
                    "--require-gpu: the libraries in %s find no GPU; gufo doctor tells what is missing"
                            .formatted(library.directory()));
        }
        if (none && InstalledLibraries.backendOf(library.directory()) != Backend.CPU && asked.gpuLayers() != 0) {
            LOG.warn(
                    "EVERYTHING RUNS ON THE CPU: the libraries in {} are for a GPU and find none; gufo doctor tells what is missing",
                    library.directory());
        }
    }
}
