package dev.gufo.store.pull;

import dev.gufo.gguf.GgufException;
import dev.gufo.gguf.GgufFile;
import dev.gufo.gguf.LoadCheck;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;

/**
 * Downloads a model into a folder. Under the names that a server looks for, files are there only when all of them are
 * whole, have the right hashes and pass {@link LoadCheck}.
 */
public final class Pull {
    private final Settings settings;
    private final PullProgress progress;
    private final Http.Pauses pauses;
    private final ToLongFunction<Path> freeBytes;

    /**
     * How to download.
     *
     * @param endpoint the hub
     * @param token sent to the hub and to no other host
     * @param connections at once, 1 to 16
     * @param chunkBytes what is fetched, and fetched again after an interruption, as a whole; at least 1
     * @param patience how long a connection may be silent
     */
    public record Settings(URI endpoint, Optional<String> token, int connections, int chunkBytes, Duration patience) {
        /** Four connections to Hugging Face, 16 MiB each time. */
        public static final Settings DEFAULT = new Settings(
                URI.create("https://huggingface.co"), Optional.empty(), 4, 16 << 20, Duration.ofSeconds(60));

        public Settings {
            if (connections < 1 || connections > 16) {
                throw new IllegalArgumentException("connections must be 1 to 16, is " + connections);
            }
            if (chunkBytes < 1) {
                throw new IllegalArgumentException("chunkBytes must be at least 1, is " + chunkBytes);
            }
        }

        /** With another hub and its token. */
        public Settings at(URI otherEndpoint, Optional<String> otherToken) {
            return new Settings(otherEndpoint, otherToken, connections, chunkBytes, patience);
        }
    }

    public Pull(Settings settings, PullProgress progress) {
        this(settings, progress, Thread::sleep, folder -> folder.toFile().getUsableSpace());
    }

    /** With other time and other disks, for tests. */
    Pull(Settings settings, PullProgress progress, Http.Pauses pauses, ToLongFunction<Path> freeBytes) {
        this.settings = settings;
        this.progress = progress;
        this.pauses = pauses;
        this.freeBytes = freeBytes;
    }

    /**
     * Downloads what {@code source} says and returns when it is there. Interrupted, or ended with its process, it
     * leaves parts that the next call goes on with.
     *
     * @param folder where to; made if need be
     * @param sha256 what the only file must hash to, in hexadecimal
     * @return the model's files, in the order of shards
     * @throws PullException if it can't be done; nothing stands under a final name then
     * @throws IOException if the folder can't be written
     */
    public List<Path> run(PullSource source, Path folder, Optional<String> sha256)
            throws IOException, InterruptedException {
        try (Http http = new Http(settings.endpoint(), settings.token(), pauses, settings.patience())) {
            List<RemoteFile> files = files(http, source, sha256);
            Files.createDirectories(folder);
            List<PullLock> locks = new ArrayList<>();
            try {
                for (RemoteFile file : files) {
                    locks.add(PullLock.take(folder.resolve(file.name())));
                }
                return pull(http, files, folder);
            } finally {
                for (PullLock lock : locks) {
                    lock.close();
                }
            }
        }
    }

    private static List<RemoteFile> files(Http http, PullSource source, Optional<String> sha256)
            throws IOException, InterruptedException {
        if (source instanceof PullSource.Direct(URI url)) {
            String name = PullSource.Names.ofFile(url.getPath() == null ? "" : url.getPath());
            return List.of(new RemoteFile(url, name, OptionalLong.empty(), sha256));
        }
        PullSource.Hub wanted = (PullSource.Hub) source;
        var hub = new Hub(http, wanted.repository());
        List<RemoteFile> files = new ArrayList<>();
        for (FileChoice.Listed listed : new FileChoice(wanted.repository(), hub.files()).of(wanted)) {
            String name = PullSource.Names.ofFile(listed.path());
            files.add(new RemoteFile(hub.url(listed.path()), name, listed.bytes(), sha256.or(listed::sha256)));
        }
        if (files.size() > 1 && sha256.isPresent()) {
            throw new PullException("one SHA-256 was given, but the model has %d files".formatted(files.size()));
        }
        return files;
    }

    private List<Path> pull(Http http, List<RemoteFile> files, Path folder) throws IOException, InterruptedException {
        List<Path> targets =
                files.stream().map(file -> folder.resolve(file.name())).toList();
        List<RemoteFile> missing = new ArrayList<>();
        for (RemoteFile file : files) {
            if (!isThere(file, folder.resolve(file.name()))) {
                missing.add(file);
            }
        }
        requireSpace(
                folder, missing.stream().mapToLong(file -> left(file, folder)).sum());
        List<PartFile> parts = new ArrayList<>();
        try {
            for (RemoteFile file : missing) {
                PartFile part = new PartFile(folder.resolve(file.name()), settings.chunkBytes());
                parts.add(part);
                fetch(http, file, part, folder);
            }
            requireModel(files, missing, parts, folder);
            for (PartFile part : parts) {
                part.finish();
            }
        } finally {
            for (PartFile part : parts) {
                part.close();
            }
        }
        return targets;
    }

    private void fetch(Http http, RemoteFile file, PartFile part, Path folder)
            throws IOException, InterruptedException {
        var download = new FileDownload(
                http, file, part, settings.connections(), bytes -> requireSpace(folder, bytes), progress);
        Optional<String> told = download.run();
        Optional<String> wanted = file.sha256().or(() -> told);
        if (wanted.isPresent()) {
            String hash = part.sha256();
            if (!hash.equalsIgnoreCase(wanted.get())) {
                part.discard();
                throw new PullException("%s has the SHA-256 %s, not %s as it should: what was downloaded is thrown away"
                        .formatted(file.name(), hash, wanted.get()));
            }
        }
    }

    /** A model that could not be loaded is not kept: it would only be in the way. */
    private static void requireModel(
            List<RemoteFile> files, List<RemoteFile> missing, List<PartFile> parts, Path folder) throws IOException {
        try {
            List<GgufFile> shards = new ArrayList<>();
            for (RemoteFile file : files) {
                int part = missing.indexOf(file);
                shards.add(GgufFile.read(
                        part < 0 ? folder.resolve(file.name()) : parts.get(part).path()));
            }
            LoadCheck.require(shards);
        } catch (GgufException e) {
            for (PartFile part : parts) {
                part.discard();
            }
            throw new PullException(
                    "%s is not kept, as it can't be loaded: %s"
                            .formatted(files.getFirst().name(), e.getMessage()),
                    e);
        }
    }

    /**
     * Whether the file is there already, and is what it should be.
     *
     * @throws PullException if another one has its name, or it is damaged
     */
    private static boolean isThere(RemoteFile file, Path target) throws IOException {
        if (!Files.exists(target)) {
            return false;
        }
        boolean same =
                file.bytes().isEmpty() || Files.size(target) == file.bytes().getAsLong();
        if (file.sha256().isPresent() && same) {
            String hash = PartFile.sha256(target);
            if (!hash.equalsIgnoreCase(file.sha256().get())) {
                throw new PullException(
                        "%s is there already, but its SHA-256 is %s, not %s as it should: remove it first if the right one is wanted"
                                .formatted(file.name(), hash, file.sha256().get()));
            }
            return true;
        }
        if (!same || file.bytes().isEmpty()) {
            throw new PullException(
                    "%s is there already; remove it first if another one is wanted".formatted(file.name()));
        }
        return true;
    }

    /** What is to come of a file whose size the hub tells; parts may be shorter than they look. */
    private static long left(RemoteFile file, Path folder) {
        long part =
                PartFile.beside(folder.resolve(file.name()), ".part").toFile().length();
        return Math.max(0, file.bytes().orElse(0) - part);
    }

    private void requireSpace(Path folder, long bytes) throws PullException {
        long free = freeBytes.applyAsLong(folder);
        if (bytes > free) {
            throw new PullException("%d bytes are to come, but only %d are free in %s".formatted(bytes, free, folder));
        }
    }
}
