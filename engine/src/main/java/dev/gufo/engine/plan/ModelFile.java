package dev.gufo.engine.plan;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.EngineException;
import dev.gufo.gguf.GgufFile;
import dev.gufo.gguf.GgufModel;
import dev.gufo.gguf.LoadCheck;
import dev.gufo.store.ModelContents;
import dev.gufo.store.ModelDirectory;
import dev.gufo.store.StoredModel;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A model's files, looked through for everything that could end the process inside llama.cpp.
 *
 * @param shards in their order, at least one
 * @param model what they say
 */
public record ModelFile(List<GgufFile> shards, GgufModel model) {
    public ModelFile {
        shards = List.copyOf(shards);
    }

    /**
     * Reads a model's files and looks through them.
     *
     * @throws EngineException.Broken if there is no such file, or it can't be loaded safely
     */
    public static ModelFile read(Path path) {
        return read(find(path.toAbsolutePath()));
    }

    /**
     * The same for a model of a folder.
     *
     * @throws EngineException.Broken if it can't be loaded safely
     */
    public static ModelFile read(StoredModel stored) {
        GgufModel model = switch (stored.contents()) {
            case ModelContents.Broken(String reason) -> throw new EngineException.Broken(reason);
            case ModelContents.Loadable(GgufModel loadable) -> loadable;
        };
        try {
            List<GgufFile> shards = new ArrayList<>();
            for (Path file : stored.files()) {
                shards.add(GgufFile.read(file));
            }
            LoadCheck.require(shards);
            return new ModelFile(shards, model);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static StoredModel find(Path path) {
        try {
            return new ModelDirectory(requireNonNull(path.getParent()))
                    .find(path.toString())
                    .orElseThrow(() -> new EngineException.Broken("there is no model file " + path.getFileName()));
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /**
     * What to tell of a file that can't be read: clients may see it, so it has the file's name and not the folder's.
     */
    static EngineException.Broken unreadable(IOException cause) {
        return new EngineException.Broken(
                switch (cause) {
                    case NoSuchFileException missing -> "there is no file " + name(missing);
                    case FileSystemException system ->
                        "%s can't be read: %s"
                                .formatted(name(system), system.getClass().getSimpleName());
                    default -> String.valueOf(cause.getMessage());
                });
    }

    private static Path name(FileSystemException of) {
        return Path.of(of.getFile()).getFileName();
    }
}
