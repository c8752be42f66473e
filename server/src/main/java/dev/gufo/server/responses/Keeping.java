package dev.gufo.server.responses;

import java.util.List;

/** Who keeps a response when it has ended. */
interface Keeping {
    /** Characters that are held until the end. */
    long held();

    /**
     * Keeps the response, before its client gets the end; never blocks.
     *
     * @param body JSON
     * @param ended whether the answer came to its end, and nothing failed or was cut off
     * @return whether it is kept
     */
    boolean keep(String body, List<StoredResponse.Item> output, boolean ended);
}
