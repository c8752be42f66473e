package dev.gufo.server.boot;

import dev.gufo.engine.natives.Backend;
import dev.gufo.engine.natives.NativesChoice;
import dev.gufo.engine.plan.DeviceMemory;
import dev.gufo.engine.plan.HostMemory;
import dev.gufo.engine.pool.Footprint;
import dev.gufo.engine.worker.DeviceProbe;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.LoggerFactory;

/** The memory of this machine's devices, as it is free now. */
public final class Devices {
    private Devices() {}

    /**
     * The GPUs in llama.cpp's order; none for libraries of the CPU's. Takes as long as loading the libraries does. A
     * driver that is known to break is warned of.
     *
     * @throws StartFailed if they can't be asked
     */
    public static List<DeviceMemory> gpus(NativesChoice choice) throws InterruptedException {
        if (choice.backend() == Backend.CPU) {
            return List.of();
        }
        DeviceProbe probe = asked(choice);
        probe.faults().forEach(fault -> LoggerFactory.getLogger(Devices.class).warn("{}", fault));
        return memory(probe);
    }

    private static DeviceProbe asked(NativesChoice choice) throws InterruptedException {
        DeviceProbe probe = DeviceProbe.run(choice.folder());
        probe.failure().ifPresent(reason -> {
            throw new StartFailed("the GPUs can't be asked: " + reason);
        });
        return probe;
    }

    private static List<DeviceMemory> memory(DeviceProbe probe) {
        return probe.gpus().stream().map(DeviceProbe.Device::memory).toList();
    }

    /** The machine's memory alone. */
    public static Footprint host() {
        return new Footprint(Map.of(FileLoader.HOST, HostMemory.freeBytes()));
    }

    /** The same while the server runs; empty if the GPUs can't be asked now. */
    public static Optional<Footprint> freeNow(NativesChoice choice) {
        try {
            return Optional.of(free(choice.backend() == Backend.CPU ? List.of() : memory(asked(choice))));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (StartFailed e) {
            LoggerFactory.getLogger(Devices.class).warn("{}", e.getMessage());
        }
        return Optional.empty();
    }

    /** What models may take together: the GPUs' memory and the machine's. */
    public static Footprint free(List<DeviceMemory> gpus) {
        var bytes = new TreeMap<String, Long>();
        gpus.forEach(gpu -> bytes.put(gpu.name(), gpu.freeBytes()));
        return new Footprint(bytes).plus(host());
    }
}
