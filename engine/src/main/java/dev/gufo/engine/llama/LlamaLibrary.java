package dev.gufo.engine.llama;

import dev.gufo.engine.natives.Backend;
import dev.gufo.engine.natives.CudaRuntime;
import dev.gufo.engine.natives.InstalledLibraries;
import dev.gufo.engine.natives.Machine;
import dev.gufo.engine.natives.VulkanDevice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The native libraries, loaded once per process and checked before anything else of them is called.
 *
 * <p>{@link #load} is serialised by the class's lock; afterwards everything is constant.
 */
public final class LlamaLibrary {
    /** The release that the structures in this package are laid out for. */
    public static final String VERSION = "0.5.0";

    private static final Logger LOG = LoggerFactory.getLogger(LlamaLibrary.class);

    private static @Nullable LlamaLibrary loaded;

    private final Path directory;
    private final List<VulkanDevice> vulkan;
    private final List<Device> devices;
    private final Optional<HiddenStates> hiddenStates = HiddenStates.find();

    /**
     * A device that llama.cpp can compute on.
     *
     * @param name for instance {@code CUDA0} or {@code CPU}
     * @param description for instance the marketing name
     * @param gpu whether layers can be placed on it
     * @param freeBytes memory that was free when the library was loaded; of a CPU llama.cpp calls all memory free
     * @param totalBytes memory that it has
     * @param inMainMemory whether that is main memory: of an integrated GPU, or one that a CPU plays
     */
    public record Device(
            String name, String description, boolean gpu, long freeBytes, long totalBytes, boolean inMainMemory) {}

    private LlamaLibrary(Path directory, List<VulkanDevice> vulkan, List<Device> devices) {
        this.directory = directory;
        this.vulkan = vulkan;
        this.devices = devices;
    }

    /**
     * Loads {@code libggml} and {@code libllama} and the best compute backends from a folder.
     *
     * @param directory holds {@code libggml-base.so}, {@code libggml.*.so}, {@code libllama.*.so} and backends, or is a
     *     folder in which npm installed the packages {@code @node-llama-cpp/*}
     * @throws LibraryMismatch if the folder holds no such libraries, or another release of them
     */
    public static synchronized LlamaLibrary load(Path directory) {
        Path folder = folder(directory.toAbsolutePath().normalize())
                .orElseThrow(() -> new LibraryMismatch("no llama.cpp libraries in " + directory));
        if (loaded == null) {
            loaded = open(folder);
        } else if (!loaded.directory.equals(folder)) {
            throw new LibraryMismatch("llama.cpp was already loaded from %s, it can't be loaded from %s too"
                    .formatted(loaded.directory, folder));
        }
        return loaded;
    }

    /** Where they were loaded from. */
    public Path directory() {
        return directory;
    }

    /** What it can compute on, in llama.cpp's order. */
    public List<Device> devices() {
        return devices;
    }

    /** Whether contexts tell hidden states, without which layers that predict ahead are of no use. */
    public boolean tellsHiddenStates() {
        return hiddenStates.isPresent();
    }

    Optional<HiddenStates> hiddenStates() {
        return hiddenStates;
    }

    /** What Vulkan's loader shows, also what llama.cpp leaves out; empty of libraries that know no Vulkan. */
    public List<VulkanDevice> vulkanDevices() {
        return vulkan;
    }

    /**
     * Where the libraries are.
     *
     * @param directory the folder itself, or one in which npm installed the packages {@code @node-llama-cpp/*}
     * @return empty if neither holds {@code libllama}
     */
    public static Optional<Path> folder(Path directory) {
        if (InstalledLibraries.library(directory, "libllama").isPresent()) {
            return Optional.of(directory);
        }
        return new InstalledLibraries(directory).folder(Backend.CPU);
    }

    private static LlamaLibrary open(Path folder) {
        for (String name : List.of("libggml-base", "libggml", "libllama")) {
            C.link(find(folder, name));
        }
        checkRelease();
        NativeLog.install();
        Optional<CudaRuntime> cuda = cuda(folder, Machine.here());
        cuda.ifPresent(LlamaLibrary::linkRuntime);
        boolean elsewhere = cuda.stream()
                .anyMatch(runtime -> !folder.equals(runtime.backend().getParent()));
        initialise(elsewhere ? withoutCuda(folder) : folder);
        List<VulkanDevice> vulkan = vulkan(folder);
        List<Device> devices = Devices.list(vulkan);
        if (cuda.isPresent() && devices.stream().noneMatch(Device::gpu)) {
            loadBackend(cuda.get().backend());
            devices = Devices.list(vulkan);
        }
        return new LlamaLibrary(folder, vulkan, devices);
    }

    /** The driver is asked here too, since what is chosen must be what a choice of libraries has found to do. */
    private static Optional<CudaRuntime> cuda(Path folder, Machine machine) {
        return InstalledLibraries.backendOf(folder) == Backend.CUDA
                ? CudaRuntime.of(
                        folder,
                        machine,
                        machine.library(CudaRuntime.DRIVER_LIBRARY).flatMap(NvidiaDriver::ask))
                : Optional.empty();
    }

    /**
     * A folder with the backends for CPUs alone, for where CUDA's is one of an older CUDA: llama.cpp would load the
     * newer one of the same name first. It is deleted when this process ends.
     */
    private static Path withoutCuda(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            Path cpu = Files.createTempDirectory("cpu-backends");
            cpu.toFile().deleteOnExit();
            for (Path file : files.filter(file -> file.getFileName().toString().startsWith("libggml-cpu"))
                    .toList()) {
                Path link = Files.createSymbolicLink(cpu.resolve(file.getFileName()), file);
                link.toFile().deleteOnExit();
            }
            return cpu;
        } catch (IOException | UncheckedIOException e) {
            throw new LibraryMismatch("no folder for the backends in %s can be made: %s".formatted(folder, e));
        }
    }

    /** Only where the backend has brought the loader and the drivers into this process anyway. */
    private static List<VulkanDevice> vulkan(Path folder) {
        return InstalledLibraries.backendOf(folder) == Backend.VULKAN
                ? Machine.here()
                        .library(Machine.VULKAN_LOADER)
                        .map(VulkanLoader::devices)
                        .orElse(List.of())
                : List.of();
    }

    /**
     * By their paths, since they may lie where the system's loader does not look; who needs them then finds them by
     * name.
     */
    private static void linkRuntime(CudaRuntime runtime) {
        for (Path library : runtime.found()) {
            try {
                C.link(library);
            } catch (LibraryMismatch e) {
                LOG.warn("{}", e.getMessage());
            }
        }
    }

    private static Path find(Path folder, String name) {
        return InstalledLibraries.library(folder, name)
                .orElseThrow(() -> new LibraryMismatch("no %s.so in %s".formatted(name, folder)));
    }

    /**
     * A struct of another size than ours would corrupt memory, so the release's name is asked first: it returns a
     * pointer.
     */
    private static void checkRelease() {
        MethodHandle version = C.function("llama_version", C.POINTER);
        String release;
        try {
            release = C.string((MemorySegment) version.invokeExact());
        } catch (Throwable t) {
            throw C.wrongSignature("llama_version", t);
        }
        if (!release.equals(VERSION) && !release.startsWith(VERSION + "-")) {
            throw new LibraryMismatch("these libraries are llama.cpp %s, needed is %s".formatted(release, VERSION));
        }
        try (Arena arena = Arena.ofConfined()) {
            if (!ModelParams.defaults(arena).isAsDocumented()) {
                throw new LibraryMismatch("llama_model_params has another layout than llama.cpp " + VERSION);
            }
            if (!ContextParams.defaults(arena).isAsDocumented()) {
                throw new LibraryMismatch("llama_context_params has another layout than llama.cpp " + VERSION);
            }
        }
    }

    private static void initialise(Path folder) {
        MethodHandle loadBackends = C.procedure("ggml_backend_load_all_from_path", C.POINTER);
        MethodHandle init = C.procedure("llama_backend_init");
        try (Arena arena = Arena.ofConfined()) {
            loadBackends.invokeExact(arena.allocateFrom(folder.toString()));
            init.invokeExact();
        } catch (Throwable t) {
            throw C.wrongSignature("ggml_backend_load_all_from_path", t);
        }
    }

    /** A backend that lies elsewhere than the others. */
    private static void loadBackend(Path library) {
        MethodHandle load = C.function("ggml_backend_load", C.POINTER, C.POINTER);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment registered = (MemorySegment) load.invokeExact(arena.allocateFrom(library.toString()));
            if (registered.address() == 0) {
                LOG.warn("{} can't be loaded: {}", library, NativeLog.takeErrors());
            }
        } catch (Throwable t) {
            throw C.wrongSignature("ggml_backend_load", t);
        }
    }

    /** {@code ggml-backend.h}: which devices the loaded backends offer. */
    private static final class Devices {
        private static final int GPU = 1; // GGML_BACKEND_DEVICE_TYPE_GPU
        private static final int INTEGRATED_GPU = 2; // GGML_BACKEND_DEVICE_TYPE_IGPU

        /** @param vulkan tells which are in software; llama.cpp gives these the type of a GPU with its own memory */
        static List<Device> list(List<VulkanDevice> vulkan) {
            MethodHandle count = C.function("ggml_backend_dev_count", C.SIZE);
            MethodHandle get = C.function("ggml_backend_dev_get", C.POINTER, C.SIZE);
            MethodHandle name = C.function("ggml_backend_dev_name", C.POINTER, C.POINTER);
            MethodHandle description = C.function("ggml_backend_dev_description", C.POINTER, C.POINTER);
            MethodHandle type = C.function("ggml_backend_dev_type", C.INT, C.POINTER);
            MethodHandle memory = C.procedure("ggml_backend_dev_memory", C.POINTER, C.POINTER, C.POINTER);
            List<Device> devices = new ArrayList<>();
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment free = arena.allocate(C.SIZE);
                MemorySegment total = arena.allocate(C.SIZE);
                long n = (long) count.invokeExact();
                for (long i = 0; i < n; i++) {
                    MemorySegment device = (MemorySegment) get.invokeExact(i);
                    memory.invokeExact(device, free, total);
                    int kind = (int) type.invokeExact(device);
                    String described = C.string((MemorySegment) description.invokeExact(device));
                    devices.add(new Device(
                            C.string((MemorySegment) name.invokeExact(device)),
                            described,
                            kind == GPU || kind == INTEGRATED_GPU,
                            free.get(C.SIZE, 0),
                            total.get(C.SIZE, 0),
                            kind == INTEGRATED_GPU
                                    || vulkan.stream()
                                            .anyMatch(known -> known.software()
                                                    && known.name().equals(described))));
                }
            } catch (Throwable t) {
                throw C.wrongSignature("ggml_backend_dev_*", t);
            }
            return List.copyOf(devices);
        }
    }
}
