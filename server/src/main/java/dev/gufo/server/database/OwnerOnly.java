package dev.gufo.server.database;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** Files and folders that other users of the machine can't look into, where the system knows of such. */
public final class OwnerOnly {
    private OwnerOnly() {}

    /** What a new file is made with. */
    static FileAttribute<?>[] file() {
        return attributes("rw-------");
    }

    /**
     * Makes a folder if there is none; one that is there stays as it is.
     *
     * @return the folder
     * @throws IOException if that can't be done
     */
    public static Path createFolder(Path folder) throws IOException {
        Path parent = folder.toAbsolutePath().getParent();
        if (parent != null && !Files.isDirectory(folder)) {
            Files.createDirectories(parent);
            try {
                Files.createDirectory(folder, attributes("rwx------"));
            } catch (FileAlreadyExistsException e) {
                return Files.createDirectories(folder); // made by another program just now, or no folder
            }
        }
        return folder;
    }

    private static FileAttribute<?>[] attributes(String permissions) {
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        return posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }
}
