package dev.gufo.engine.natives;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What of drivers and libraries a machine has.
 *
 * @param root where its files begin: {@code /}, or another folder in tests
 * @param libraryPath folders that are searched first, {@code LD_LIBRARY_PATH}
 */
public record Machine(Path root, List<Path> libraryPath) {
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

    private static final Pattern DRIVER = Pattern.compile("Kernel Module.{1,40}?\\s(\\d{3,4}(?:\\.\\d+){1,2})\\s");

    public Machine {
        libraryPath = List.copyOf(libraryPath);
    }

    /** The one that this process runs on. */
    public static Machine here() {
        String path = System.getenv().getOrDefault("LD_LIBRARY_PATH", "");
        return new Machine(
                Path.of("/"),
                Arrays.stream(path.split(":", -1))
                        .filter(folder -> folder.startsWith("/"))
                        .map(Path::of)
                        .toList());
    }

    /**
     * Where the system's loader would find a shared library, or where it lies though the loader does not look there.
     *
     * @param name as programs ask for it, such as {@code libcudart.so.13}
     */
    public Optional<Path> library(String name) {
        return Stream.concat(libraryPath.stream(), USUAL_FOLDERS.stream().map(root::resolve))
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
        Path devices = root.resolve("dev");
        try (Stream<Path> files = Files.list(devices)) {
            return files.anyMatch(file -> file.getFileName().toString().matches("nvidia\\d+|dxg"));
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    /** Whether the kernel shows a device that renders, as Vulkan drivers need. */
    public boolean hasRenderDevice() {
        try (Stream<Path> files = Files.list(root.resolve("dev/dri"))) {
            return files.anyMatch(file -> file.getFileName().toString().startsWith("renderD")) || hasNvidiaDevice();
        } catch (IOException | UncheckedIOException e) {
            return hasNvidiaDevice();
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
