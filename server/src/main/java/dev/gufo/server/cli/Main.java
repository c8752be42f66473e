package dev.gufo.server.cli;

import dev.gufo.server.threads.LostThreads;

/** Where the program starts. */
public final class Main {
    private Main() {}

    /**
     * Runs one command and ends the process with its exit status: 0, 1 if it could not be done, 2 if it could not be
     * meant.
     */
    public static void main(String[] arguments) {
        LostThreads.watch(System.err);
        System.exit(GufoCommand.run(arguments, System.getenv(), System.out, System.err));
    }
}
