package dev.gufo.store;

import dev.gufo.gguf.GgufException;
import dev.gufo.gguf.GgufFile;
import dev.gufo.gguf.GgufModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A model in the directory as it was when it was listed. What it holds is read when first asked for. Any thread. */
public final class StoredModel {
    private final String id;
    private final ModelFiles files;
    private final long bytes;
    private final Instant modified;
    private final List<Object> identities;
    private @Nullable ModelContents contents;

    /** @param identities what the file system tells files apart by, one for each file */
    StoredModel(String id, ModelFiles files, long bytes, Instant modified, List<Object> identities) {
        this.identities = List.copyOf(identities);
        this.id = id;
        this.files = files;
        this.bytes = bytes;
        this.modified = modified;
    }

    /** What clients call it: the file's name without {@code .gguf} and without the number of its shard. */
    public String id() {
        return id;
    }

    /** The file to load: the only one, or the first shard. */
    public Path path() {
        return files.first();
    }

    /** All files, in the order of shards; without those that are missing. */
    public List<Path> files() {
        return files.present();
    }

    /** Size of all files. */
    public long bytes() {
        return bytes;
    }

    /** When the file that changed last did. */
    public Instant modified() {
        return modified;
    }

    /** What the files hold; the first call reads and checks their headers. */
    public synchronized ModelContents contents() {
        if (contents == null) {
            contents = read();
        }
        return contents;
    }

    /** What the file system tells its files apart by, on one line. */
    String identity() {
        return "%d %s %s %s"
                .formatted(bytes, modified, identities, path().toAbsolutePath().normalize())
                .replaceAll("\\R", " ");
    }

    /** Whether no shard is missing. */
    boolean isWhole() {
        return files.missing().isEmpty();
    }

    boolean isSame(StoredModel other) {
        return id.equals(other.id)
                && files.equals(other.files)
                && bytes == other.bytes
                && modified.equals(other.modified)
                && identities.equals(other.identities);
    }

    private ModelContents read() {
        if (!files.missing().isEmpty()) {
            return new ModelContents.Broken("%s: %d of %d shards are missing, the first of them is %s"
                    .formatted(
                            id,
                            files.missing().size(),
                            files.shardCount(),
                            files.missing().getFirst()));
        }
        try {
            List<GgufFile> shards = new ArrayList<>();
            for (Path file : files.present()) {
                shards.add(GgufFile.read(file));
            }
            return new ModelContents.Loadable(GgufModel.of(shards));
        } catch (GgufException e) {
            return new ModelContents.Broken(e.getMessage());
        } catch (IOException e) {
            // Its message is a path, which is the operator's business alone.
            return new ModelContents.Broken(
                    "%s cannot be read: %s".formatted(id, e.getClass().getSimpleName()));
        }
    }

    @Override
    public String toString() {
        return "%s (%d bytes in %s)".formatted(id, bytes, path());
    }
}
