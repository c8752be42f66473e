package dev.gufo.server.boot;

import dev.gufo.server.database.OwnerOnly;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The folder for what a server keeps. */
public final class DataFolder {
    private DataFolder() {}

    /**
     * Makes the folder if it is not there, for its owner alone, and sees that files can be made in it: databases say that in words that nobody understands.
     *
     * @return the folder
     * @throws IOException if it can't be made or written to
     */
    public static Path prepare(Path folder) throws IOException {
        OwnerOnly.createFolder(folder);
        if (!Files.isWritable(folder)) {
            throw new AccessDeniedException(folder.toString());
        }
        return folder;
    }
}
