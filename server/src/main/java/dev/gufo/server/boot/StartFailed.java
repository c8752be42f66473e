package dev.gufo.server.boot;

import static java.util.Objects.requireNonNull;

import dev.gufo.server.database.DatabaseException;
import dev.gufo.server.secrets.Masked;
import java.io.IOException;
import java.nio.file.Path;

/** What was asked for can't be done now; the message is one sentence with the remedy, and the exit status is 1. */
public final class StartFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StartFailed(String message) {
        super(Masked.text(message));
    }

    /** A database that can't be used, and why. */
    public static StartFailed of(DatabaseException e) {
        String message = requireNonNull(e.getMessage());
        return new StartFailed(e.getCause() instanceof IOException why ? message + ": " + Reasons.of(why) : message);
    }

    /** A data folder that can't be made or written to, and why. */
    public static StartFailed dataFolder(Path folder, IOException why) {
        return new StartFailed("the data folder %s can't be used: %s; choose another one with --data-dir"
                .formatted(folder, Reasons.of(why)));
    }

    @Override
    public String getMessage() {
        return requireNonNull(super.getMessage());
    }
}
