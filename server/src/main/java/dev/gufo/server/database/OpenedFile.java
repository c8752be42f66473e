package dev.gufo.server.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;

/**
 * The file of a database as it was when it was opened. Someone may take it away under a running server, or put another
 * one in its place; what is written then would be lost with the server, and what is read would be of yesterday.
 *
 * @param path where it was
 * @param identity device and number of the file; empty where the file system has none
 */
record OpenedFile(Path path, Optional<Object> identity) {
    /** @throws DatabaseException if it can't be looked at */
    static OpenedFile of(Path path) {
        try {
            return new OpenedFile(path, identity(path));
        } catch (IOException e) {
            throw new DatabaseException("the database %s can't be read".formatted(path), e);
        }
    }

    private static Optional<Object> identity(Path path) throws IOException {
        return Optional.ofNullable(
                Files.readAttributes(path, BasicFileAttributes.class).fileKey());
    }

    /** Whether the file that was opened is still where it was. */
    boolean isThere() {
        try {
            return Objects.equals(identity(path), identity);
        } catch (IOException gone) {
            return false;
        }
    }

    /** @throws DatabaseException if it is not there any more */
    void requireThere() {
        if (!isThere()) {
            throw new DatabaseException(
                    "the database %s was removed or replaced: put it back or restart the server".formatted(path));
        }
    }
}
