package dev.gufo.engine.batch;

import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.LlamaLibrary;
import dev.gufo.engine.llama.LlamaModel;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** A scheduler whose steps a test takes itself, so on the test's thread; it keeps no prefixes beside its slots. */
final class Stepped {
    private Stepped() {}

    /** A tiny model for it, on the CPU; to be closed. */
    static LlamaModel model(Path folder) throws IOException {
        Path file = folder.resolve("tiny.gguf");
        RandomModel.write(ModelShape.TINY, 5, file);
        return LlamaModel.load(LlamaLibrary.load(Path.of(System.getProperty("gufo.natives"))), file, 0, percent -> {});
    }

    /**
     * Makes one. Closing it leaves the context open.
     *
     * @param step tokens of a step
     * @param targetGap of streams
     */
    static Scheduler scheduler(LlamaModel model, LlamaContext context, KvSlots slots, int step, Duration targetGap) {
        var memory = new KvMemory(context, Optional.empty());
        var results = new StepResults(context, model.vocabulary(), slots.count(), 2);
        var prefill = new PrefillBudget(targetGap, step);
        var limits = new StepPlanner.Limits(step, 64, step, slots.traits().padding(), true, false);
        return new Scheduler(
                context,
                memory,
                slots,
                new StateTiers(context, memory, slots, new PrefixStore(0, Optional.empty(), slots), prefill),
                new StepPlanner(new AdapterTurns(Duration.ofSeconds(1), set -> {}), prefill, limits, () -> {}),
                results,
                new NextTokens(memory, model.vocabulary(), results, Duration.ofSeconds(1)));
    }
}
