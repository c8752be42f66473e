package dev.gufo.engine.natives;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The sets of llama.cpp libraries below a folder.
 *
 * @param root a folder as {@code scripts/natives} fills it, or one that holds libraries itself
 */
public record InstalledLibraries(Path root) {
    public InstalledLibraries {
        root = root.toAbsolutePath().normalize();
    }

    /** This machine as npm's packages call it, such as {@code linux-x64}. */
    public static String platform() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String processor = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64";
        if (system.startsWith("mac")) {
            return "mac-" + processor;
        }
        return (system.startsWith("windows") ? "win-" : "linux-") + processor;
    }

    /** The folder that holds the libraries for {@code backend}; empty if they are not installed. */
    public Optional<Path> folder(Backend backend) {
        return candidates(backend)
                .filter(folder -> library(folder, "libllama").isPresent())
                .filter(folder -> backendOf(folder) == backend)
                .findFirst();
    }

    /** What the libraries in a folder compute on, by the backends that lie beside them. */
    public static Backend backendOf(Path folder) {
        if (library(folder, "libggml-cuda").isPresent()) {
            return Backend.CUDA;
        }
        return library(folder, "libggml-vulkan").isPresent() ? Backend.VULKAN : Backend.CPU;
    }

    /** The CUDA backend for an older CUDA, which an npm package of its own adds to the one in {@code folder}. */
    public static Optional<Path> olderCuda(Path folder) {
        Path bins = folder.getFileName();
        Path packages = folder.resolve("../../..").normalize();
        return Stream.of(
                        folder.resolve("fallback"),
                        packages.resolve(platform() + "-cuda-ext")
                                .resolve("bins")
                                .resolve(bins)
                                .resolve("fallback"))
                .flatMap(place -> library(place, "libggml-cuda").stream())
                .findFirst();
    }

    /**
     * A library in a folder: the plain one, or the one with its backend and release in the name.
     *
     * @param name without its ending, such as {@code libllama}
     */
    public static Optional<Path> library(Path folder, String name) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> isLibrary(file.getFileName().toString(), name))
                    .sorted()
                    .findFirst();
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty(); // a folder that can't be read holds nothing for us
        }
    }

    /** {@code libllama.so}, {@code libllama.v0.5.0.so} and {@code libllama.cuda.v0.5.0.so} are all {@code libllama}. */
    private static boolean isLibrary(String file, String name) {
        return file.startsWith(name + ".") && (file.endsWith(".so") || file.endsWith(".dylib"));
    }

    private Stream<Path> candidates(Backend backend) {
        String variant = platform() + backend.suffix();
        Path inPackage = Path.of("node_modules", "@node-llama-cpp", variant, "bins", variant);
        return Stream.concat(
                        Stream.of(root, root.resolve(inPackage)),
                        backend == Backend.CPU
                                ? Stream.empty()
                                : Stream.of(root.resolve(backend.suffix().substring(1))
                                        .resolve(inPackage)))
                .map(Path::normalize);
    }

    /** The sets that are there, CPU first. */
    public List<Backend> backends() {
        return Stream.of(Backend.values())
                .filter(backend -> folder(backend).isPresent())
                .toList();
    }
}
