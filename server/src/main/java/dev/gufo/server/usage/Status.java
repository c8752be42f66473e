package dev.gufo.server.usage;

import java.util.Arrays;

/** What became of a request that has a row. */
public enum Status {
    /** It runs, or its server died and no other has noticed yet. */
    OPEN("open"),
    /** The client has the whole answer. */
    COMPLETED("completed"),
    /** The client went away, or did not read, before the answer was whole. */
    CANCELLED("cancelled"),
    /** The content policy did not let it in, or the engine refused it after all: its queue was full, for instance. */
    REFUSED("refused"),
    /** Engine or server failed; the client was told so. */
    FAILED("failed"),
    /** The server that ran it ended without a word; tokens are those of the last checkpoint. */
    SERVER_DIED("server_died");

    private final String word;

    Status(String word) {
        this.word = word;
    }

    /** As it stands in the ledger, in logs and in reports. */
    public String word() {
        return word;
    }

    static Status of(String word) {
        return Arrays.stream(values())
                .filter(status -> status.word.equals(word))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no such status in the ledger: " + word));
    }
}
