package dev.gufo.store;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
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
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models in a folder: its files {@code *.gguf}, in large or small letters, and those of its subfolders,
 * {@value ModelFolders#MOST_DEPTH} deep at most. Any thread.
 *
 * <p>Every call looks at the folder anew, so that files may come and go; what was read of a file is kept until the file
 * changes.
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
     * All models, in the order of their ids, which differ: of those with one name, the first is called by it, complete
     * ones being before those that lack shards and less deep folders before others, and the rest {@code FOLDER/NAME},
     * with the folder's path from here. A file that cannot be read is among them and says so in its contents.
     *
     * @throws IOException if the folder cannot be read
     */
    public List<StoredModel> list() throws IOException {
        List<ModelFiles> groups = new ArrayList<>();
        for (Path folder : ModelFolders.under(root)) {
            try {
                groups.addAll(ModelFiles.group(folder, ModelFolders.files(folder)));
            } catch (IOException e) {
                log.warn("models in {} are left out: it cannot be read", folder, e);
            }
        }
        Map<String, StoredModel> models = new TreeMap<>();
        for (boolean complete : List.of(true, false)) {
            for (ModelFiles group : groups) {
                if (group.missing().isEmpty() == complete) {
                    String id = freeId(group, models.keySet());
                    stored(id, group).ifPresent(model -> models.put(id, model));
                }
            }
        }
        known.values().removeIf(model -> !models.containsKey(model.id()));
        return List.copyOf(models.values());
    }

    /** Its name, else the folder's path before it, else both with the number of its shards. */
    private String freeId(ModelFiles group, Set<String> taken) {
        String inFolder = "%s/%s".formatted(path(group.folder()), group.name());
        return Stream.of(
                        group.name(),
                        inFolder,
                        "%s-of-%05d".formatted(group.name(), group.shardCount()),
                        "%s-of-%05d".formatted(inFolder, group.shardCount()))
                .filter(id -> !taken.contains(id))
                .findFirst()
                .orElseThrow(() -> new AssertionError("a folder holds one set of a name and a number of shards"));
    }

    /**
     * A model as it is now; the same object if nothing about it has changed.
     *
     * @param model in this folder itself, whatever its files are called
     * @return empty if its files have gone
     * @throws IOException if the folder cannot be read
     */
    public Optional<StoredModel> current(StoredModel model) throws IOException {
        return Files.isRegularFile(model.path()) ? model(model.path()) : Optional.empty();
    }

    /**
     * Looks after the folder: {@code listener} is told all models whenever they have changed.
     *
     * @throws IOException if the folder cannot be read
     */
    public ModelWatch watch(Consumer<List<StoredModel>> listener) throws IOException {
        return new ModelWatch(this, listener, LOOK_AGAIN);
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
     * The model of that name, otherwise the one in the file at that path, wherever it lies: for what an operator typed,
     * never for what a client sent.
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
        Path absolute = file.toAbsolutePath();
        Path folder = requireNonNull(absolute.getParent());
        List<Path> siblings = new ArrayList<>(ModelFolders.files(folder));
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

    /**
     * From here, with slashes on every system; of a file with shards of the same name beside it, the folder's own name.
     */
    private String path(Path folder) {
        if (folder.equals(root)) {
            return String.valueOf(root.toAbsolutePath().normalize().getFileName());
        }
        List<String> names = new ArrayList<>();
        root.relativize(folder).forEach(name -> names.add(name.toString()));
        return String.join("/", names);
    }

    /** Empty if a file has gone since the folder was listed. */
    private Optional<StoredModel> stored(String id, ModelFiles files) throws IOException {
        long bytes = 0;
        Instant modified = Instant.MIN;
        List<Object> identities = new ArrayList<>();
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
            identities.add(String.valueOf(attributes.fileKey())); // of what a link leads to
        }
        StoredModel now = new StoredModel(id, files, bytes, modified, identities);
        return Optional.of(known.merge(now.path(), now, (before, _) -> before.isSame(now) ? before : now));
    }
}
