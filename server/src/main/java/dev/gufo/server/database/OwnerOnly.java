package dev.gufo.server.database;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.Set;

/** Files and folders that other users of the machine can't look into, where the system knows of such. */
public final class OwnerOnly {
    private static final Set<PosixFilePermission> OWNER = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> OTHERS = PosixFilePermissions.fromString("------rwx");
    private static final int STICKY = 01000; // S_ISVTX of POSIX

    private OwnerOnly() {}

    /** What a new file is made with. */
    public static FileAttribute<?>[] file() {
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

    /**
     * Closes a file or folder to others if all users of the machine may do something with it. That comes of a default,
     * so its group has no part in it afterwards either; a mode that is for a group but not for all was chosen by
     * someone, and stays. So does that of a folder with the sticky bit, which is meant for all.
     *
     * @param path no symbolic link
     * @return whether the mode was changed
     * @throws IOException if it can't be: it is another user's
     */
    public static boolean close(Path path) throws IOException {
        if (!isPosix() || (((int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS)) & STICKY) != 0) {
            return false;
        }
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
        if (Collections.disjoint(mode, OTHERS)) {
            return false;
        }
        mode.retainAll(OWNER);
        Files.setPosixFilePermissions(path, mode);
        return true;
    }

    private static boolean isPosix() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    }

    private static FileAttribute<?>[] attributes(String permissions) {
        return isPosix()
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }
}
