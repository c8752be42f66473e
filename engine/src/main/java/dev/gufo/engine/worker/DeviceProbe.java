package dev.gufo.engine.worker;

import dev.gufo.engine.natives.CudaDriver;
import dev.gufo.engine.natives.CudaGpu;
import dev.gufo.engine.natives.NativesChoice;
import dev.gufo.engine.natives.VulkanDevice;
import dev.gufo.engine.plan.DeviceMemory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What a set of native libraries finds on this machine, asked in a short-lived process of its own: native code may
 * crash.
 *
 * @param devices in llama.cpp's order
 * @param vulkan what Vulkan's loader shows, also what llama.cpp leaves out; empty of libraries that know no Vulkan
 * @param libraries paths of the native libraries that were loaded
 * @param refusal why a GPU that is there computes nothing, a line; empty if it does, and if it was not tried
 * @param failure why there is no answer, a clause; empty if there is one
 */
public record DeviceProbe(
        List<Device> devices,
        List<VulkanDevice> vulkan,
        List<Path> libraries,
        Optional<String> refusal,
        Optional<String> failure) {
    private static final Duration PATIENCE = Duration.ofSeconds(60); // a GPU's first context may take half of it
    private static final Duration TRIAL_PATIENCE = Duration.ofMinutes(5); // a driver may compile for minutes, once
    private static final Duration LAST_LINES = Duration.ofSeconds(5);

    private static final List<String> JVM_OPTIONS = List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-Xmx64m",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:+ErrorFileToStdout");

    /**
     * A device that llama.cpp can compute on.
     *
     * @param name for instance {@code CUDA0} or {@code CPU}
     * @param description what its maker calls it
     * @param gpu whether layers can be placed on it
     * @param freeBytes memory that is free
     * @param totalBytes memory that it has
     * @param inMainMemory whether that is main memory
     */
    public record Device(
            String name, String description, boolean gpu, long freeBytes, long totalBytes, boolean inMainMemory) {
        /** What a plan has to know of it. */
        public DeviceMemory memory() {
            return new DeviceMemory(name, freeBytes, inMainMemory);
        }
    }

    public DeviceProbe {
        devices = List.copyOf(devices);
        vulkan = List.copyOf(vulkan);
        libraries = List.copyOf(libraries);
    }

    /**
     * Asks the libraries in {@code folder}; takes as long as loading them, at most a minute.
     *
     * @throws InterruptedException if the calling thread is interrupted meanwhile; the process is ended
     */
    public static DeviceProbe run(Path folder) throws InterruptedException {
        return run(List.of(folder.toString()), PATIENCE);
    }

    /**
     * The same, and has a GPU that is there compute a tiny model; takes five minutes at most, where a driver compiles.
     *
     * @throws InterruptedException if the calling thread is interrupted meanwhile; the process is ended
     */
    public static DeviceProbe trying(Path folder) throws InterruptedException {
        return run(List.of(folder.toString(), ProbeMain.TRY), TRIAL_PATIENCE);
    }

    /** Answers what a choice of libraries asks. */
    public static NativesChoice.GpuQuestion question() {
        return new NativesChoice.GpuQuestion() {
            @Override
            public List<String> realGpus(Path folder) throws InterruptedException {
                return run(folder).realGpus().stream().map(Device::description).toList();
            }

            @Override
            public Optional<CudaDriver> nvidia(Path library) throws InterruptedException {
                return answer(List.of(ProbeMain.NVIDIA, library.toString()), PATIENCE) instanceof Answer.Output output
                        ? DeviceProbe.nvidia(output.text())
                        : Optional.empty();
            }
        };
    }

    static Optional<CudaDriver> nvidia(String output) {
        List<String[]> lines = said(output);
        List<CudaGpu> gpus = lines.stream()
                .filter(words -> words[0].equals("gpu"))
                .map(words -> new CudaGpu(words[1], Integer.parseInt(words[2]), Integer.parseInt(words[3])))
                .toList();
        return lines.stream()
                .filter(words -> words[0].equals("driver"))
                .map(words -> new CudaDriver(Integer.parseInt(words[1]), Integer.parseInt(words[2]), gpus))
                .findFirst();
    }

    /** The devices that layers can be placed on. */
    public List<Device> gpus() {
        return devices.stream().filter(Device::gpu).toList();
    }

    /** Those of them that are not played by a CPU. */
    public List<Device> realGpus() {
        return gpus().stream()
                .filter(gpu -> described(gpu).stream().noneMatch(VulkanDevice::software))
                .toList();
    }

    /** What Vulkan's loader knows of a device; empty if it is none of Vulkan's. */
    public Optional<VulkanDevice> described(Device device) {
        return vulkan.stream()
                .filter(known -> known.name().equals(device.description()))
                .findFirst();
    }

    /** What is known to break with the drivers of these GPUs, a sentence each with the remedy. */
    public List<String> faults() {
        return gpus().stream()
                .flatMap(gpu -> described(gpu).stream())
                .distinct()
                .flatMap(known -> known.fault().stream())
                .toList();
    }

    private static DeviceProbe run(List<String> arguments, Duration patience) throws InterruptedException {
        return switch (answer(arguments, patience)) {
            case Answer.None none -> failed(none.reason());
            case Answer.Output output -> parse(output.text(), output.status());
        };
    }

    /** What the process said. */
    private sealed interface Answer {
        record Output(String text, int status) implements Answer {}

        record None(String reason) implements Answer {}
    }

    private static Answer answer(List<String> arguments, Duration patience) throws InterruptedException {
        Process process;
        try {
            process = ChildJvm.of(JVM_OPTIONS, ProbeMain.class.getName(), arguments)
                    .start();
        } catch (IOException e) {
            return new Answer.None("no process can be started: " + e.getMessage());
        }
        try {
            return read(process, patience);
        } finally {
            process.destroyForcibly();
        }
    }

    /** Its input stays open for as long as it is wanted: it ends when that does, and so with this process. */
    private static Answer read(Process process, Duration patience) throws InterruptedException {
        CompletableFuture<String> output = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                output.complete(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                output.completeExceptionally(e);
            }
        });
        if (!process.waitFor(patience.toNanos(), TimeUnit.NANOSECONDS)) {
            return new Answer.None("the process that loads the libraries has not ended within %d s, and was killed"
                    .formatted(patience.toSeconds()));
        }
        try {
            // What it started may hold its output open.
            return new Answer.Output(output.get(LAST_LINES.toNanos(), TimeUnit.NANOSECONDS), process.exitValue());
        } catch (ExecutionException | TimeoutException e) {
            return new Answer.None("its process can't be read: " + e.getMessage());
        }
    }

    /** The words of its own lines: native code prints there too. */
    private static List<String[]> said(String output) {
        return output.lines()
                .filter(line -> line.startsWith(ProbeMain.MARK))
                .map(line -> line.substring(ProbeMain.MARK.length()).split("\t", -1))
                .toList();
    }

    static DeviceProbe parse(String output, int status) {
        List<Device> devices = new ArrayList<>();
        List<VulkanDevice> vulkan = new ArrayList<>();
        List<Path> libraries = new ArrayList<>();
        Optional<String> refusal = Optional.empty();
        Optional<String> failure = Optional.empty();
        for (String[] words : said(output)) {
            switch (words[0]) {
                case "device" ->
                    devices.add(new Device(
                            words[1],
                            words[2],
                            Boolean.parseBoolean(words[3]),
                            Long.parseLong(words[4]),
                            Long.parseLong(words[5]),
                            Boolean.parseBoolean(words[6])));
                case "vulkan" ->
                    vulkan.add(new VulkanDevice(
                            words[1],
                            Boolean.parseBoolean(words[2]),
                            Integer.parseInt(words[3]),
                            Integer.parseInt(words[4]),
                            words[5],
                            words[6]));
                case "library" -> libraries.add(Path.of(words[1]));
                case "refused" -> refusal = Optional.of(words[1]);
                default -> failure = Optional.of(words[1]);
            }
        }
        if (failure.isEmpty() && (status != 0 || devices.isEmpty())) {
            failure = Optional.of("the process that loaded the libraries ended with status %d".formatted(status));
        }
        return new DeviceProbe(devices, vulkan, libraries, refusal, failure);
    }

    private static DeviceProbe failed(String reason) {
        return new DeviceProbe(List.of(), List.of(), List.of(), Optional.empty(), Optional.of(reason));
    }
}
