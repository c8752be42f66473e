package dev.gufo.store;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models in a folder: its files {@code *.gguf} and those of its direct subfolders. Any thread.
 *
 * <p>Every call looks at the folder anew, so that files may come and go; what was read of a file is kept until the file changes.
 */
public final class ModelDirectory {
    private static final Logger log = LoggerFactory.getLogger(ModelDirectory.class);

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);

    private final Path root;
    private final Map<Path, StoredModel> known = new ConcurrentHashMap<>(); // by the file to load

    /** Looks at {@code root}, which need not exist yet. */
    public ModelDirectory(Path root) {
        this.root = root;
    }

    /** The folder. */
    public Path root() {
        return root;
    }

    /**
     * All models, in the order of their ids, which differ: of two files with one name, the one in a subfolder is called
     * {@code SUBFOLDER/NAME}. A file that cannot be read is among them and says so in its contents.
     *
     * @throws IOException if the folder cannot be read
     */
    public List<StoredModel> list() throws IOException {
        Map<String, StoredModel> models = new TreeMap<>();
        add(models, root, filesIn(root));
        for (Path folder : foldersIn(root)) {
            try {
                add(models, folder, filesIn(folder));
            } catch (IOException e) {
                log.warn("models in {} are left out: it cannot be read", folder, e);
            }
        }
        known.values().removeIf(model -> !models.containsKey(model.id()));
        return List.copyOf(models.values());
    }

    /**
     * Looks after the folder: {@code listener} is told all models whenever they have changed.
     *
     * @throws IOException if the folder cannot be read
     */
    public ModelWatch watch(Consumer<List<StoredModel>> listener) throws IOException {
        return new ModelWatch(this, listener, LOOK_AGAIN);
    }

    /** The folder itself and those in it that models may lie in. */
    List<Path> folders() throws IOException {
        List<Path> folders = new ArrayList<>(List.of(root));
        folders.addAll(foldersIn(root));
        return folders;
    }

    /**
     * Removes a model's files.
     *
     * @param model one of {@link #list}
     * @throws IOException if one of them can't be removed
     */
    public void remove(StoredModel model) throws IOException {
        for (Path file : model.files()) {
            Files.deleteIfExists(file);
        }
        known.remove(model.path());
    }

    /**
     * The model that clients call {@code name}. Looks at nothing outside of the folder, whatever the name.
     *
     * @throws IOException if the folder cannot be read
     */
    public Optional<StoredModel> named(String name) throws IOException {
        return list().stream().filter(model -> model.id().equals(name)).findFirst();
    }

    /**
     * The model of that name, otherwise the one in the file at that path, wherever it lies: for what an operator typed, never for
     * what a client sent.
     *
     * @param nameOrPath an id, with or without {@code .gguf}, or a path; any shard stands for the model
     * @throws IOException if the folder cannot be read
     */
    public Optional<StoredModel> find(String nameOrPath) throws IOException {
        Optional<StoredModel> named = Files.isDirectory(root) ? named(nameOrPath) : Optional.empty();
        return named.isPresent() ? named : atPath(nameOrPath);
    }

    private Optional<StoredModel> atPath(String typed) throws IOException {
        Path path;
        try {
            path = Path.of(typed);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
        for (Path candidate : List.of(path, root.resolve(path), root.resolve(path + ModelFiles.SUFFIX))) {
            if (Files.isRegularFile(candidate)) {
                return model(candidate);
            }
        }
        return Optional.empty();
    }

    private Optional<StoredModel> model(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        List<Path> siblings = new ArrayList<>(filesIn(folder));
        Path absolute = file.toAbsolutePath();
        if (!siblings.contains(absolute)) {
            siblings.add(absolute); // of another name than *.gguf
        }
        for (ModelFiles files : ModelFiles.group(folder, siblings)) {
            if (files.present().contains(absolute)) {
                return stored(files.name(), files);
            }
        }
        return Optional.empty();
    }

    private void add(Map<String, StoredModel> models, Path folder, List<Path> files) throws IOException {
        for (ModelFiles group : ModelFiles.group(folder, files)) {
            String id = models.containsKey(group.name())
                    ? "%s/%s".formatted(folder.getFileName(), group.name())
                    : group.name();
            stored(id, group).ifPresent(model -> models.putIfAbsent(id, model));
        }
    }

    /** Empty if a file has gone since the folder was listed. */
    private Optional<StoredModel> stored(String id, ModelFiles files) throws IOException {
        long bytes = 0;
        Instant modified = Instant.MIN;
        for (Path file : files.present()) {
            BasicFileAttributes attributes;
            try {
                attributes = Files.readAttributes(file, BasicFileAttributes.class);
            } catch (NoSuchFileException e) {
                return Optional.empty();
            }
            bytes += attributes.size();
            Instant changed = attributes.lastModifiedTime().toInstant();
            modified = changed.isAfter(modified) ? changed : modified;
        }
        StoredModel now = new StoredModel(id, files, bytes, modified);
        return Optional.of(known.merge(now.path(), now, (before, _) -> before.isSame(now) ? before : now));
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        return entries(
                folder,
                path -> isVisible(path)
                        && path.getFileName().toString().endsWith(ModelFiles.SUFFIX)
                        && Files.isRegularFile(path));
    }

    private static List<Path> foldersIn(Path folder) throws IOException {
        return entries(folder, path -> isVisible(path) && Files.isDirectory(path));
    }

    private static boolean isVisible(Path path) {
        return !path.getFileName().toString().startsWith(".");
    }

    private static List<Path> entries(Path folder, DirectoryStream.Filter<Path> filter) throws IOException {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, filter)) {
            stream.forEach(entries::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        entries.sort(null);
        return entries;
    }
}
