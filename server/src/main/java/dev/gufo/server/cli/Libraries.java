package dev.gufo.server.cli;

import dev.gufo.engine.natives.NativesChoice;
import dev.gufo.engine.plan.DeviceMemory;
import dev.gufo.engine.pool.Footprint;
import dev.gufo.server.boot.Devices;
import dev.gufo.server.boot.MemoryOfOthers;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What models are computed with.
 *
 * @param folder of the llama.cpp libraries
 * @param memory that is free for models
 * @param others what other programs have taken of it since
 * @param inMainMemory the devices whose memory is main memory
 */
record Libraries(Path folder, Footprint memory, MemoryOfOthers others, Set<String> inMainMemory) {
    /** The second engine has a library of its own, and takes a build of it from the folder that is named. */
    static Libraries of(EngineOptions engine, ComputeOptions compute, PrintStream err) throws InterruptedException {
        Path folder = engine.folder();
        return switch (engine.kind()) {
            case LLAMACPP -> {
                NativesChoice choice = Natives.choose(folder, compute, err);
                List<DeviceMemory> gpus = Devices.gpus(choice);
                yield of(choice.folder(), Devices.free(gpus), () -> Devices.freeNow(choice), gpus);
            }
            case JLLAMA -> of(folder, Devices.host(), () -> Optional.of(Devices.host()), List.of());
        };
    }

    private static Libraries of(
            Path folder, Footprint memory, Supplier<Optional<Footprint>> now, List<DeviceMemory> gpus) {
        Set<String> inMainMemory = gpus.stream()
                .filter(DeviceMemory::inMainMemory)
                .map(DeviceMemory::name)
                .collect(Collectors.toSet());
        return new Libraries(folder, memory, new MemoryOfOthers(memory, now), inMainMemory);
    }
}
