package dev.gufo.engine.worker;

import dev.gufo.engine.llama.LibraryMismatch;
import dev.gufo.engine.llama.LlamaLibrary;
import dev.gufo.engine.llama.NvidiaDriver;
import dev.gufo.engine.natives.CudaDriver;
import dev.gufo.engine.natives.CudaGpu;
import dev.gufo.engine.natives.VulkanDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a {@link DeviceProbe} runs: loads the libraries in the folder that its first argument names, and prints a line
 * for each device, also for those that only Vulkan's loader knows, and for each native library that this brought into
 * the process. With {@link #TRY} behind it, a GPU is tried too. With {@link #NVIDIA} in front, NVIDIA's driver is asked
 * instead. Of no use to a person.
 */
public final class ProbeMain {
    /** Begins what the probe reads: native code may print to the same stream. */
    static final String MARK = "\u0001gufo\t";

    /** Second argument: has a tiny model computed on the GPU, and prints what it says if it can't. */
    static final String TRY = "try";

    /** First argument instead of a folder: NVIDIA's driver is asked, whose library the second names. */
    static final String NVIDIA = "nvidia";

    private static final int FAILED = 1;

    private ProbeMain() {}

    public static void main(String[] args) throws IOException {
        Thread.ofPlatform().daemon().start(ProbeMain::endWithInput);
        if (args[0].equals(NVIDIA)) {
            NvidiaDriver.ask(Path.of(args[1])).ifPresent(ProbeMain::print);
            System.out.flush();
            Runtime.getRuntime().halt(0);
            return;
        }
        LlamaLibrary library;
        try {
            library = LlamaLibrary.load(Path.of(args[0]));
        } catch (LibraryMismatch e) {
            System.out.println(MARK + "failed\t" + e.getMessage());
            Runtime.getRuntime().halt(FAILED);
            return;
        }
        for (LlamaLibrary.Device device : library.devices()) {
            System.out.println(String.join(
                    "\t",
                    MARK + "device",
                    device.name(),
                    device.description(),
                    Boolean.toString(device.gpu()),
                    Long.toString(device.freeBytes()),
                    Long.toString(device.totalBytes()),
                    Boolean.toString(device.inMainMemory())));
        }
        for (VulkanDevice device : library.vulkanDevices()) {
            System.out.println(String.join(
                    "\t",
                    MARK + "vulkan",
                    device.name(),
                    Boolean.toString(device.software()),
                    Integer.toString(device.major()),
                    Integer.toString(device.minor()),
                    device.driver(),
                    device.release()));
        }
        for (String file : loaded()) {
            System.out.println(MARK + "library\t" + file);
        }
        System.out.flush(); // the trial may end the process
        if (args.length > 1 && library.devices().stream().anyMatch(LlamaLibrary.Device::gpu)) {
            DeviceTrial.refusal(library).ifPresent(reason -> System.out.println(MARK + "refused\t" + reason));
            System.out.flush();
        }
        Runtime.getRuntime().halt(0); // a GPU's driver may take seconds to end in order
    }

    private static void print(CudaDriver driver) {
        System.out.println(
                String.join("\t", MARK + "driver", Integer.toString(driver.major()), Integer.toString(driver.minor())));
        for (CudaGpu gpu : driver.gpus()) {
            System.out.println(String.join(
                    "\t", MARK + "gpu", gpu.name(), Integer.toString(gpu.major()), Integer.toString(gpu.minor())));
        }
    }

    /** Nobody wants to know any more, or can: a driver that hangs would keep the process for ever. */
    private static void endWithInput() {
        try {
            while (System.in.read() >= 0) {
                // nothing is said to it
            }
        } catch (IOException e) {
            // an end like any other
        }
        Runtime.getRuntime().halt(FAILED);
    }

    /** The shared libraries in this process, as the kernel lists them; none where there is no such list. */
    private static List<String> loaded() throws IOException {
        Path maps = Path.of("/proc/self/maps");
        if (!Files.isReadable(maps)) {
            return List.of();
        }
        return Files.readAllLines(maps).stream()
                .filter(line -> line.contains("/") && line.contains(".so"))
                .map(line -> line.substring(line.indexOf('/')))
                .filter(file -> file.matches(".*/lib(ggml|llama|cuda|cublas|nvidia|vulkan)[^/]*"))
                .distinct()
                .sorted()
                .toList();
    }
}
