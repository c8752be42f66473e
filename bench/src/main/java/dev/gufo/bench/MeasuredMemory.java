package dev.gufo.bench;

import dev.gufo.engine.plan.DeviceMemory;
import dev.gufo.engine.plan.MemoryPlan;
import dev.gufo.engine.worker.DeviceProbe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What was free on this machine's GPUs at one moment. The probe's own share is in every such picture, so that it is not
 * in the difference of two.
 *
 * @param gpus in llama.cpp's order; empty without one
 */
record MeasuredMemory(List<DeviceMemory> gpus) {
    private static final double MIB = 1 << 20;

    MeasuredMemory {
        gpus = List.copyOf(gpus);
    }

    /**
     * Looks now.
     *
     * @param natives the set of libraries that is used
     * @throws IOException if they can't be asked
     */
    static MeasuredMemory now(Path natives) throws IOException, InterruptedException {
        DeviceProbe probe = DeviceProbe.run(natives);
        if (probe.failure().isPresent()) {
            throw new IOException("the GPUs can't be asked: " + probe.failure().get());
        }
        return new MeasuredMemory(
                probe.gpus().stream().map(DeviceProbe.Device::memory).toList());
    }

    /** A table for {@link #addRows}. */
    static TextTable newTable() {
        return new TextTable(
                "KV type",
                "MiB on",
                "weights",
                "KV cache",
                "compute",
                "planned",
                "measured",
                "over plan",
                "over plan and reserve",
                "not given back");
    }

    /**
     * Adds a row for each GPU of {@code plan}.
     *
     * @param during with the model in memory; this is from before
     * @param after with it gone
     */
    void addRows(TextTable table, String kvType, MemoryPlan plan, MeasuredMemory during, MeasuredMemory after) {
        for (int i = 0; i < gpus.size() && i < plan.shares().size() - 1; i++) {
            MemoryPlan.Share share = plan.shares().get(i);
            long planned = share.totalBytes() - share.reserveBytes();
            long free = gpus.get(i).freeBytes();
            long taken = free - during.gpus().get(i).freeBytes();
            table.row(
                    kvType,
                    share.device(),
                    mebibytes(share.weightBytes()),
                    mebibytes(share.kvBytes()),
                    mebibytes(share.computeBytes()),
                    mebibytes(planned),
                    mebibytes(taken),
                    percent(taken, planned),
                    percent(taken, share.totalBytes()),
                    mebibytes(free - after.gpus().get(i).freeBytes()));
        }
    }

    private static String mebibytes(long bytes) {
        return "%,.1f".formatted(bytes / MIB);
    }

    private static String percent(long measured, long planned) {
        return "%+.1f %%".formatted(100.0 * (measured - planned) / planned);
    }
}
