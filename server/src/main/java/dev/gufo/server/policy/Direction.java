package dev.gufo.server.policy;

import java.util.Locale;

/** Which way content goes. */
public enum Direction {
    /** From a client to a model. */
    INPUT,
    /** From a model to a client. */
    OUTPUT;

    /** As policies and metrics write it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
