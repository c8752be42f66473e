package dev.gufo.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerSettingsTest {
    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "192.168.1.5", "gufo.example"})
    void aNetworkNeedsAKeyOrTheWordInsecure(String host) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings(host, List.of(), false))
                .withMessageContainingAll("--api-key", "--insecure", host);
        assertThat(settings(host, List.of("a-key-of-many-characters"), false).host())
                .isEqualTo(host);
        assertThat(settings(host, List.of(), true).host()).isEqualTo(host);
    }

    @Test
    void aNetworkNeedsKeysThatNobodyGuesses() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings("0.0.0.0", List.of("a-key-of-many-characters", "15-characters-x"), false))
                .withMessageContainingAll("--api-key", "16 characters", "--insecure")
                .withMessageNotContaining("15-characters-x");
        assertThat(settings("0.0.0.0", List.of("16-characters-xx"), false).apiKeys())
                .hasSize(1);
        assertThat(settings("0.0.0.0", List.of("short"), true).apiKeys()).hasSize(1);
        assertThat(settings("127.0.0.1", List.of("short"), false).apiKeys()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.5.5.5", "localhost", "LOCALHOST", "::1", "[::1]"})
    void loopbackIsOpen(String host) {
        assertThat(settings(host, List.of(), false).host()).isEqualTo(host);
    }

    @Test
    void whatIsOutOfRangeIsNamedByItsOption() {
        assertRefused("--port", 65_536, 1 << 20, 413, Duration.ZERO, "*");
        assertRefused("--max-body", 0, 10, 413, Duration.ZERO, "*");
        assertRefused("--overflow-status", 0, 1 << 20, 500, Duration.ZERO, "*");
        assertRefused("--drain-timeout", 0, 1 << 20, 413, Duration.ofSeconds(-1), "*");
        assertRefused("--cors-origin", 0, 1 << 20, 413, Duration.ZERO, "chat.example");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings("127.0.0.1", List.of("two words"), false))
                .withMessageContaining("--api-key")
                .withMessageNotContaining("two words");
    }

    @Test
    void keysAreNotPrinted() {
        assertThat(settings("127.0.0.1", List.of("secret"), false).toString()).doesNotContain("secret");
    }

    private static void assertRefused(
            String option, int port, long maxBody, int overflowStatus, Duration drain, String origin) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServerSettings.builder()
                        .port(port)
                        .maxBodyBytes(maxBody)
                        .overflowStatus(overflowStatus)
                        .drainTimeout(drain)
                        .corsOrigins(List.of(origin))
                        .build())
                .withMessageContaining(option);
    }

    private static ServerSettings settings(String host, List<String> keys, boolean insecure) {
        return ServerSettings.builder()
                .host(host)
                .port(0)
                .apiKeys(keys)
                .insecure(insecure)
                .build();
    }
}
