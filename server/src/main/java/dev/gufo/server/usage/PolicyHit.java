package dev.gufo.server.usage;

import java.util.Arrays;
import java.util.List;

/**
 * A category that the operator's content policy found in a request or in its answer.
 *
 * @param direction {@code input} or {@code output}
 * @param action {@code block} or {@code flag}
 * @param category without spaces and commas
 */
public record PolicyHit(String direction, String action, String category) {
    private static final String BETWEEN = ", ";

    /** As the ledger has it. */
    @Override
    public String toString() {
        return direction + " " + action + " " + category;
    }

    /** One more for a row of the ledger. */
    String addedTo(String row) {
        return of(row).contains(this) ? row : row.isEmpty() ? toString() : row + BETWEEN + this;
    }

    /** Those of a row of the ledger. */
    static List<PolicyHit> of(String row) {
        return row.isEmpty()
                ? List.of()
                : Arrays.stream(row.split(BETWEEN, -1))
                        .map(hit -> hit.split(" ", 3))
                        .map(words -> new PolicyHit(words[0], words[1], words[2]))
                        .toList();
    }
}
