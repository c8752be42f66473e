package dev.gufo.engine.batch;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Speculation;
import dev.gufo.engine.cores.Cores;
import dev.gufo.engine.llama.LibraryMismatch;
import dev.gufo.engine.llama.LlamaLibrary;
import dev.gufo.engine.natives.Backend;
import dev.gufo.engine.natives.InstalledLibraries;
import dev.gufo.engine.plan.DeviceMemory;
import dev.gufo.engine.plan.DraftFile;
import dev.gufo.engine.plan.HostMemory;
import dev.gufo.engine.plan.MemoryPlan;
import dev.gufo.engine.plan.ModelFile;
import dev.gufo.engine.plan.Planner;
import dev.gufo.gguf.AdapterFile;
import dev.gufo.gguf.GgufFile;
import dev.gufo.gguf.GgufModel;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known before a model is loaded: what its file says, the devices, and a plan that fits them.
 *
 * @param settings with every size decided
 * @param file what the file says
 * @param shards the model's files in their order
 * @param library loaded
 * @param plan where the model will lie
 * @param draft a model that guesses tokens, if there shall be one
 * @param mtp whether the model's own layer that predicts ahead guesses them
 * @param adapters as checked, in the order of {@code settings.adapters}
 * @param cores of this machine
 */
record Sizing(
        EngineSettings settings,
        GgufModel file,
        List<GgufFile> shards,
        LlamaLibrary library,
        MemoryPlan plan,
        Optional<DraftFile> draft,
        boolean mtp,
        List<AdapterFile> adapters,
        Cores cores) {
    private static final Logger LOG = LoggerFactory.getLogger(Sizing.class);

    /** @throws EngineException.Broken if the file is invalid, or does not fit the machine */
    static Sizing of(EngineSettings asked) {
        ModelFile read = ModelFile.read(asked.model());
        var host = new DeviceMemory("CPU", HostMemory.freeBytes());
        Planner readable = Planner.of(read, asked, List.of(), host);
        GgufModel file = read.model();
        LlamaLibrary library = load(asked);
        requireGpu(asked, library);
        Planner planner = runnable(readable, asked, library.tellsHiddenStates());
        MemoryPlan plan = planner.on(gpus(library), host).plan(asked);
        if (!plan.fits()) {
            throw new EngineException.Broken(plan.refusal());
        }
        report(asked, file, plan);
        return new Sizing(
                plan.applyTo(asked),
                file,
                read.shards(),
                library,
                plan,
                planner.draft(),
                planner.hasMtp(),
                planner.adapters(),
                Cores.ofThisProcess());
    }

    /** @param tellsHiddenStates whether the library does, without which the model's own layer can't guess */
    static Planner runnable(Planner planner, EngineSettings asked, boolean tellsHiddenStates) {
        if (tellsHiddenStates || !planner.hasMtp()) {
            return planner;
        }
        if (asked.speculation() == Speculation.MTP) {
            throw new EngineException.Broken("--speculate mtp: the libraries of llama.cpp tell no hidden states;"
                    + " use auto, ngram, draft or off");
        }
        return planner.withoutMtp();
    }

    private static LlamaLibrary load(EngineSettings asked) {
        try {
            return LlamaLibrary.load(asked.natives());
        } catch (LibraryMismatch e) {
            throw new EngineException.Broken(requireNonNull(e.getMessage()), e);
        }
    }

    private static List<DeviceMemory> gpus(LlamaLibrary library) {
        return library.devices().stream()
                .filter(LlamaLibrary.Device::gpu)
                .map(device -> new DeviceMemory(device.name(), device.freeBytes(), device.inMainMemory()))
                .toList();
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
        if (asked.contextTokens() == 0
                && chosen < file.contextLength()
                && !plan.demand().vectors()) {
            LOG.warn(
                    "the context is {} tokens per sequence, not the {} of the training: KV memory for {} sequences"
                            + " would not fit; use a smaller --parallel, --kv-type q8_0, or set --ctx-size",
                    chosen,
                    file.contextLength(),
                    plan.demand().sequences());
        }
        boolean some = plan.gpuLayers() <= plan.layers() && plan.shares().size() > 1;
        if (some && asked.gpuLayers() == EngineSettings.GPU_LAYERS_AUTO) {
            LOG.warn("only {} of {} layers fit the GPUs, the others run on the CPU", plan.gpuLayers(), plan.layers());
        } else if (some) {
            LOG.info(
                    "{} of {} layers are on GPUs as asked, the others run on the CPU", plan.gpuLayers(), plan.layers());
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
                    "EVERYTHING RUNS ON THE CPU: the libraries in {} are for a GPU and find none; gufo doctor tells"
                            + " what is missing",
                    library.directory());
        }
    }
}
