package dev.gufo.bench;

/** Why a request did not end with an answer; {@link #label} is the kind under which it is counted. */
public sealed interface Failure {
    /** A few words, the same for all failures of a kind. */
    String label();

    /**
     * The server refused.
     *
     * @param status of the response, not 200
     * @param code the error's {@code code}, else its {@code type}; empty if the body names none
     */
    record Refused(int status, String code) implements Failure {
        @Override
        public String label() {
            return ("HTTP " + status + " " + code).strip();
        }
    }

    /**
     * The server sent an error after its answer had begun.
     *
     * @param code the error's {@code code}, else its {@code type}; empty if it names none
     */
    record InStream(String code) implements Failure {
        @Override
        public String label() {
            return ("error event " + code).strip();
        }
    }

    /** The connection, or what came through it. */
    enum Broken implements Failure {
        CONNECT("connection refused or not accepted"),
        NO_RESPONSE("connection closed before a response"),
        CUT("connection closed within the response"),
        UNFINISHED("stream ended without [DONE]"),
        MALFORMED("malformed response"),
        TIMEOUT("timeout"),
        NOT_SENT("not sent: too many in flight");

        private final String label;

        Broken(String label) {
            this.label = label;
        }

        @Override
        public String label() {
            return label;
        }
    }
}
