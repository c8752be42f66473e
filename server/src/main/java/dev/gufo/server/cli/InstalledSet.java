package dev.gufo.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.engine.natives.Backend;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * A set of installed libraries, as {@code gufo doctor} tells of it.
 *
 * @param backend what it computes on
 * @param folder where it lies
 * @param packageVersion of its npm package, {@code ""} if it came another way
 * @param lock whether npm installed what the lock file pins
 * @param files the libraries
 */
record InstalledSet(Backend backend, Path folder, String packageVersion, Lock lock, List<Library> files) {
    /** How what is installed compares with what is pinned. */
    enum Lock {
        MATCHES("matches the lock file"),
        DIFFERS("differs from the lock file: run scripts/natives"),
        UNKNOWN("not installed by npm, so no lock file tells of it");

        private final String words;

        Lock(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    /**
     * One library.
     *
     * @param name of the file
     * @param bytes its size
     * @param sha256 in hexadecimal digits
     */
    record Library(String name, long bytes, String sha256) {}

    /** @throws IOException if a library can't be read */
    static InstalledSet of(Backend backend, Path folder) throws IOException {
        Path inPackage = folder.resolve("../..").normalize();
        JsonNode manifest = json(inPackage.resolve("package.json"));
        String name = manifest.path("name").asText("");
        Path modules = inPackage.resolve("../..").normalize();
        List<Library> files = new ArrayList<>();
        for (Path file : libraries(folder)) {
            files.add(new Library(file.getFileName().toString(), Files.size(file), sha256(file)));
        }
        return new InstalledSet(
                backend, folder, manifest.path("version").asText(""), lock(modules, "node_modules/" + name), files);
    }

    /** npm keeps beside the packages which tarball, by hash, each came from. */
    private static Lock lock(Path modules, String key) throws IOException {
        JsonNode pinned = json(modules.resolveSibling("package-lock.json"))
                .path("packages")
                .path(key)
                .path("integrity");
        JsonNode installed = json(modules.resolve(".package-lock.json"))
                .path("packages")
                .path(key)
                .path("integrity");
        if (pinned.isMissingNode() || installed.isMissingNode()) {
            return Lock.UNKNOWN;
        }
        return pinned.equals(installed) ? Lock.MATCHES : Lock.DIFFERS;
    }

    private static List<Path> libraries(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("lib.*\\.(so|dylib)"))
                    .sorted()
                    .toList();
        }
    }

    private static JsonNode json(Path file) throws IOException {
        var mapper = new ObjectMapper();
        return Files.isReadable(file) ? mapper.readTree(file.toFile()) : mapper.createObjectNode();
    }

    private static String sha256(Path file) throws IOException {
        try (var in = new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
            in.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(in.getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
