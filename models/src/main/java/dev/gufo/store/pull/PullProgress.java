package dev.gufo.store.pull;

/** Told how a download goes; called by several threads, and often. */
@FunctionalInterface
public interface PullProgress {
    /**
     * So much of a file is there.
     *
     * @param file its name
     * @param bytes how much of it is on disk; less than before if it has to be fetched again
     * @param total its size; -1 if the server does not say
     */
    void at(String file, long bytes, long total);
}
