package dev.gufo.bench;

import java.io.IOException;

/** Another program on this machine that always wants one core: a shell that counts to nothing. */
final class BusyProgram implements AutoCloseable {
    private final Process process;

    private BusyProgram(Process process) {
        this.process = process;
    }

    static BusyProgram start() throws IOException {
        return new BusyProgram(new ProcessBuilder("sh", "-c", "while :; do :; done")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
