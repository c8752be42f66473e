package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server whose log goes into a pipe that is open and never read. */
@Timeout(300)
class UnreadLogTest {
    /** A pipe of Linux holds 64 KiB; each request writes a line of about 150 bytes. */
    private static final int MORE_THAN_THE_PIPE_HOLDS = 1_500;

    /** Not that of the tests, which would be found first. */
    private static final List<String> PRODUCT_LOG = List.of("-Dlogback.configurationFile=logback.xml");

    @TempDir
    private Path dataDir;

    @Test
    void requestsAreAnsweredAndTheServerStopsAlthoughNobodyReadsItsLog() throws Exception {
        Path pipe = dataDir.resolve("stderr.log"); // where the server's stderr goes in these tests
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<InputStream> reader = threads.submit(() -> open(pipe)); // returns when the other end is there
            try (RunningGufo gufo = RunningGufo.startWith(PRODUCT_LOG, dataDir);
                    InputStream unread = reader.get(60, TimeUnit.SECONDS)) {
                for (int i = 0; i < MORE_THAN_THE_PIPE_HOLDS; i++) {
                    assertThat(gufo.get("/v1/models").statusCode()).isEqualTo(200);
                }
                assertThat(gufo.chat("{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":4}")
                                .statusCode())
                        .isEqualTo(200);
                assertThat(gufo.stop()).isZero();
                assertThat(unread.available()).isPositive();
            }
        }
    }

    private static InputStream open(Path pipe) throws IOException {
        return new FileInputStream(pipe.toFile());
    }
}
