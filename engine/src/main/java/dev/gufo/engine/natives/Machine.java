package dev.gufo.engine.natives;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What of drivers and libraries a machine has.
 *
 * @param root where its files begin: {@code /}, or another folder in tests
 * @param environment variables that say where libraries and drivers are
 */
public record Machine(Path root, Map<String, String> environment) {
    /** Vulkan's loader, which finds the drivers. */
    public static final String VULKAN_LOADER = "libvulkan.so.1";

    /** Names devices of Vulkan by their numbers; llama.cpp takes one in software only if it is named here. */
    static final String NAMED_DEVICES = "GGML_VK_VISIBLE_DEVICES";

    /** Where CUDA and distributions put libraries, whether or not the loader's list knows of it. */
    private static final List<String> USUAL_FOLDERS = List.of(
            "usr/local/cuda/lib64",
            "usr/local/cuda/targets/x86_64-linux/lib",
            "usr/local/nvidia/lib64",
            "usr/lib/x86_64-linux-gnu",
            "usr/lib/aarch64-linux-gnu",
            "usr/lib64",
            "usr/lib/wsl/lib",
            "usr/lib",
            "lib64");

    /** Where Vulkan's loader looks for the files that drivers are known by, besides what variables name. */
    private static final List<String> DRIVER_FOLDERS =
            List.of("usr/share", "usr/local/share", "etc", "usr/local/etc", "etc/xdg");

    private static final Pattern API_VERSION = Pattern.compile("\"api_version\"\\s*:\\s*\"(\\d{1,3})\\.(\\d{1,3})");
    private static final Pattern DRIVER = Pattern.compile("Kernel Module.{1,40}?\\s(\\d{3,4}(?:\\.\\d+){1,2})\\s");

    /**
     * A file that makes a Vulkan driver known to the loader.
     *
     * @param file in a folder {@code vulkan/icd.d}
     * @param major first number of the Vulkan version that it says the driver knows; 1 if it does not say
     * @param minor the second; large if it does not say
     */
    record VulkanDriver(Path file, int major, int minor) {
        private static final int UNKNOWN = 999;

        boolean isTooOld() {
            return VulkanDevice.isTooOld(major, minor);
        }
    }

    public Machine {
        environment = Map.copyOf(environment);
    }

    /** The one that this process runs on. */
    public static Machine here() {
        return new Machine(Path.of("/"), System.getenv());
    }

    /** The absolute paths that a variable lists. */
    private List<Path> paths(String variable) {
        return Arrays.stream(environment.getOrDefault(variable, "").split(":", -1))
                .filter(path -> path.startsWith("/"))
                .map(Path::of)
                .toList();
    }

    /**
     * Where the system's loader would find a shared library, or where it lies though the loader does not look there.
     *
     * @param name as programs ask for it, such as {@code libcudart.so.13}
     */
    public Optional<Path> library(String name) {
        return Stream.concat(
                        paths("LD_LIBRARY_PATH").stream(),
                        USUAL_FOLDERS.stream().map(root::resolve))
                .map(folder -> folder.resolve(name))
                .filter(Files::isRegularFile)
                .findFirst()
                .or(() -> listed(name));
    }

    /** The loader's list is binary, but holds every path as text that ends with a zero byte. */
    private Optional<Path> listed(String name) {
        String list;
        try {
            list = Files.readString(root.resolve("etc/ld.so.cache"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return Optional.empty();
        }
        return Arrays.stream(list.split("\0", -1))
                .filter(entry -> entry.startsWith("/") && entry.endsWith("/" + name))
                .map(Path::of)
                .filter(Files::isRegularFile)
                .findFirst();
    }

    /** Whether the kernel shows NVIDIA's GPUs to this process: {@code /dev/nvidia0} and so on, or WSL's device. */
    public boolean hasNvidiaDevice() {
        return files(root.resolve("dev"))
                .anyMatch(file -> file.getFileName().toString().matches("nvidia\\d+|dxg"));
    }

    /** Devices that render, as drivers of Vulkan need one: {@code /dev/dri/renderD128} and so on. */
    List<Path> renderDevices() {
        return files(root.resolve("dev/dri"))
                .filter(file -> file.getFileName().toString().startsWith("renderD"))
                .toList();
    }

    /** Whether the operator names devices of Vulkan, which may be ones in software. */
    boolean namesVulkanDevices() {
        return !environment.getOrDefault(NAMED_DEVICES, "").isBlank();
    }

    /** The drivers that Vulkan's loader finds. */
    List<VulkanDriver> vulkanDrivers() {
        List<Path> instead = Stream.of("VK_DRIVER_FILES", "VK_ICD_FILENAMES")
                .map(this::paths)
                .filter(paths -> !paths.isEmpty())
                .findFirst()
                .orElse(List.of());
        Stream<Path> places = instead.isEmpty()
                ? Stream.of(
                                DRIVER_FOLDERS.stream().map(root::resolve),
                                Stream.of("XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_HOME", "XDG_DATA_DIRS")
                                        .flatMap(variable -> paths(variable).stream()),
                                paths("HOME").stream()
                                        .flatMap(home ->
                                                Stream.of(home.resolve(".config"), home.resolve(".local/share"))))
                        .flatMap(folders -> folders)
                        .map(folder -> folder.resolve("vulkan/icd.d"))
                : instead.stream();
        return Stream.concat(places, paths("VK_ADD_DRIVER_FILES").stream())
                .flatMap(place -> Files.isDirectory(place) ? files(place) : Stream.of(place))
                .filter(file -> file.getFileName().toString().endsWith(".json"))
                .distinct()
                .flatMap(Machine::driver)
                .toList();
    }

    private static Stream<VulkanDriver> driver(Path file) {
        try {
            Matcher version = API_VERSION.matcher(Files.readString(file));
            return Stream.of(
                    version.find()
                            ? new VulkanDriver(
                                    file, Integer.parseInt(version.group(1)), Integer.parseInt(version.group(2)))
                            : new VulkanDriver(file, 1, VulkanDriver.UNKNOWN));
        } catch (IOException e) {
            return Stream.empty();
        }
    }

    /** What lies in a folder, in the order of names; nothing if it can't be read. */
    private static Stream<Path> files(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList().stream();
        } catch (IOException | UncheckedIOException e) {
            return Stream.empty();
        }
    }

    /** The release of NVIDIA's kernel driver, such as {@code 580.65.06}. */
    public Optional<String> nvidiaDriver() {
        try {
            Matcher matcher = DRIVER.matcher(Files.readString(root.resolve("proc/driver/nvidia/version")));
            return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
