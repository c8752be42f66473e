package dev.gufo.store;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The folders that models may lie in: one, those in it, those in these, and so on. What is hidden is left out. */
final class ModelFolders {
    private static final Logger log = LoggerFactory.getLogger(ModelFolders.class);

    /** Folders below folders. People who sort their models go two or three deep. */
    static final int MOST_DEPTH = 8;

    /** A folder that holds more, such as a home, was not made for models; all of them are looked at for every list. */
    static final int MOST_FOLDERS = 2_000;

    private ModelFolders() {}

    private record Place(Path folder, int depth) {}

    /**
     * The folder {@code root} and those below it: the less deep first, then in the order of their names, so that a
     * folder that is added changes nothing for those before it. One that symbolic links lead to twice is there once.
     *
     * @throws IOException if {@code root} cannot be read; other folders that can't be are left out
     */
    static List<Path> under(Path root) throws IOException {
        List<Path> folders = new ArrayList<>();
        Set<Path> real = new HashSet<>(Set.of(root.toRealPath()));
        Queue<Place> next = new ArrayDeque<>(List.of(new Place(root, 0)));
        while (!next.isEmpty()) {
            Place place = next.remove();
            List<Path> inside;
            try {
                inside = entries(place.folder(), path -> isVisible(path) && Files.isDirectory(path));
            } catch (IOException e) {
                if (place.depth() == 0) {
                    throw e;
                }
                log.warn("models in {} are left out: it cannot be read", place.folder(), e);
                continue;
            }
            folders.add(place.folder());
            for (Path folder : inside) {
                if (place.depth() < MOST_DEPTH && real.size() < MOST_FOLDERS && isNew(folder, real)) {
                    next.add(new Place(folder, place.depth() + 1));
                }
            }
        }
        return folders;
    }

    private static boolean isNew(Path folder, Set<Path> real) {
        try {
            return real.add(folder.toRealPath());
        } catch (IOException e) {
            return false; // it has gone
        }
    }

    /**
     * The files {@code *.gguf} in {@code folder}, however the ending is written, in the order of their names.
     *
     * @throws IOException if it cannot be read
     */
    static List<Path> files(Path folder) throws IOException {
        return entries(
                folder,
                path -> isVisible(path)
                        && ModelFiles.hasSuffix(path.getFileName().toString())
                        && Files.isRegularFile(path));
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
