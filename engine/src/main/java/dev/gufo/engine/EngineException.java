package dev.gufo.engine;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** What an engine can't do. Unchecked, because one table at the HTTP border handles all of it. */
public abstract sealed class EngineException extends RuntimeException {
    /** What clients are told in place of words that are the operator's business, such as paths. */
    public static final String INSIDE = "its engine failed; the server's log says why";

    private static final long serialVersionUID = 1L;

    private EngineException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public String getMessage() {
        return requireNonNull(super.getMessage());
    }

    /**
     * Its message if it is in our own words; others' words, which it then has a cause for, may name paths of this
     * machine.
     */
    public String forClients() {
        return getCause() == null ? getMessage() : INSIDE;
    }

    /** The request was not taken; the engine is fine. */
    public static final class Refused extends EngineException {
        private static final long serialVersionUID = 1L;

        private final transient Refusal refusal;

        public Refused(Refusal refusal) {
            super(refusal.toString(), null);
            this.refusal = refusal;
        }

        /** Which limit stood in the way. */
        public Refusal refusal() {
            return refusal;
        }
    }

    /** The process that ran the request ended before the request did; a new one is being started. */
    public static final class Restarted extends EngineException {
        private static final long serialVersionUID = 1L;

        private final int lost;

        public Restarted(String message) {
            this(message, 1);
        }

        /** @param lost how many processes ended while they ran the request */
        public Restarted(String message, int lost) {
            super(message, null);
            this.lost = lost;
        }

        /** How many processes ended while they ran the request. */
        public int lost() {
            return lost;
        }
    }

    /** The thread that waited for the engine was interrupted, which it still is. What it had asked for is cancelled. */
    public static final class Interrupted extends EngineException {
        private static final long serialVersionUID = 1L;

        public Interrupted() {
            super("the wait for the engine was interrupted", null);
        }
    }

    /** The model can't be loaded, or the engine broke in a way that a new request would not cure. */
    public static final class Broken extends EngineException {
        private static final long serialVersionUID = 1L;

        public Broken(String message) {
            super(message, null);
        }

        public Broken(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
