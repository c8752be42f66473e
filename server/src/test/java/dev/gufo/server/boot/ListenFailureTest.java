package dev.gufo.server.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The real server at addresses that it can't have. */
@Timeout(60)
class ListenFailureTest {
    @Test
    void aPortThatAnotherProgramHasIsNamed() throws IOException {
        try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(explain("127.0.0.1", other.getLocalPort()))
                    .startsWith("127.0.0.1:" + other.getLocalPort() + " can't be listened on: another program has it")
                    .contains("--port");
        }
    }

    @Test
    void anAddressOfAnotherMachineIsNoPortThatIsTaken() {
        assertThat(explain("192.0.2.1", 0)).contains("192.0.2.1:0", "no such address", "--host");
    }

    @Test
    void aNameOfNoMachineIsToldAsSuch() {
        assertThat(explain("no-such-host.invalid", 0)).contains("no machine has that name", "--host");
    }

    @Test
    void theAdminPortIsToldFromTheOther() {
        var failure = new IOException(
                "Failed to bind to /[0:0:0:0:0:0:0:1]:81", new java.net.SocketException("Permission denied"));
        assertThat(new ListenFailure("::1", 8080, OptionalInt.of(81)).explain(failure))
                .startsWith("[::1]:81 ")
                .contains("below 1024", "--admin");
    }

    private static String explain(String host, int port) {
        ServerSettings settings = TestServer.settings()
                .with()
                .host(host)
                .port(port)
                .insecure(true)
                .build();
        try (var server = new TestServer(new ScriptedEngine(), settings)) {
            throw new AssertionError("listens on port " + server.server.port());
        } catch (RuntimeException e) {
            return new ListenFailure(host, port, OptionalInt.empty()).explain(e);
        }
    }
}
