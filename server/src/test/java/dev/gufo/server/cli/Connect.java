package dev.gufo.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** {@code gufo connect} for tests outside of this package. */
public final class Connect {
    private Connect() {}

    /** Writes an agent's settings below a home, and returns what was printed. */
    public static String run(String agent, String url, Path home) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        int status = GufoCommand.run(
                new String[] {"connect", agent, "--url", url, "--home", home.toString()},
                Map.of(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        assertThat(status).as(err.toString(StandardCharsets.UTF_8)).isZero();
        return out.toString(StandardCharsets.UTF_8);
    }
}
