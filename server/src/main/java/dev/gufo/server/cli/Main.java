package dev.gufo.server.cli;

/** Where the program starts. */
public final class Main {
    private Main() {}

    /** Runs one command and ends the process with its exit status: 0, 1 if it could not be done, 2 if it could not be meant. */
    public static void main(String[] arguments) {
        System.exit(GufoCommand.run(arguments, System.getenv(), System.out, System.err));
    }
}
