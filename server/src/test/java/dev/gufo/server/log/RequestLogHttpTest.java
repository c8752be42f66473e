package dev.gufo.server.log;

import static dev.gufo.server.TestServer.HELLO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.Reuse;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.TestServer;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.accounting.MetricsAccess;
import dev.gufo.server.usage.Ledger;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

@Timeout(60)
class RequestLogHttpTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Logger LOG = (Logger) LoggerFactory.getLogger("dev.gufo.requests");

    private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            events.add(event);
        }
    };

    @BeforeEach
    void listen() {
        LOG.setLevel(Level.INFO);
        appender.start();
        LOG.addAppender(appender);
    }

    @AfterEach
    void stopListening() {
        LOG.detachAppender(appender);
        LOG.setLevel(null);
    }

    @Test
    void aRequestIsOneLineWithWhatItTook() throws IOException, InterruptedException {
        JsonNode line = lineOf(
                false,
                "X-Request-Id",
                "mine",
                "traceparent",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        assertThat(line.path("request_id").asText()).isEqualTo("mine");
        assertThat(line.path("endpoint").asText()).isEqualTo("/v1/chat/completions");
        assertThat(line.path("http_status").asInt()).isEqualTo(200);
        assertThat(line.path("status").asText()).isEqualTo("completed");
        assertThat(line.path("model").asText()).isEqualTo("scripted");
        assertThat(line.path("finish_reason").asText()).isEqualTo("stop");
        assertThat(line.path("completion_tokens").asInt()).isEqualTo(7);
        assertThat(line.path("cached_tokens").asInt()).isEqualTo(3);
        assertThat(line.path("prompt_tokens").isInt()).isTrue();
        for (String time : List.of("queue_ms", "prefill_ms", "decode_ms", "ttft_ms", "total_ms")) {
            assertThat(line.path(time).isNumber()).as(time).isTrue();
        }
        assertThat(line.path("queue_ms").asLong()).isEqualTo(ScriptedEngine.QUEUED.toMillis());
        assertThat(line.path("prefill_ms").asLong()).isEqualTo(ScriptedEngine.PREFILL.toMillis());
        assertThat(line.path("trace_id").asText()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
        assertThat(line.path("span_id").asText()).isEqualTo("00f067aa0ba902b7");
    }

    @Test
    void promptsAndAnswersAreLoggedOnlyOnDemand() throws IOException, InterruptedException {
        assertThat(lineOf(false).toString()).doesNotContain("Hello!").doesNotContain("Hi");
        JsonNode line = lineOf(true);
        assertThat(line.path("prompt").asText()).contains("Hi");
        assertThat(line.path("completion").asText()).isEqualTo("Hello!");
    }

    @Test
    void neverAKey() throws IOException, InterruptedException {
        assertThat(lineOf(true, "Authorization", "Bearer sk-secret").toString()).doesNotContain("sk-secret");
    }

    @Test
    void aRefusedRequestHasItsLineAndAProbeHasNone() throws IOException, InterruptedException {
        try (var server = new TestServer(new ScriptedEngine())) {
            server.get("/health");
            server.chat("{", "X-Request-Id", "broken");
            await().until(() -> !events.isEmpty());
            server.get("/health");
        }
        assertThat(events).hasSize(1);
        assertThat(events.getFirst().getFormattedMessage()).startsWith("POST /v1/chat/completions 400 broken ");
    }

    @Test
    void aRequestWhoseClientLeavesIsLoggedAsThat() throws IOException, InterruptedException {
        var engine = new ScriptedEngine().hold();
        String body = "{\"stream\":true," + HELLO.substring(1);
        try (var server = new TestServer(engine)) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port())) {
                socket.getOutputStream()
                        .write(
                                ("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                                + "X-Request-Id: gone\r\nContent-Length: " + body.length() + "\r\n\r\n"
                                                + body)
                                        .getBytes(StandardCharsets.US_ASCII));
                ScriptedEngine.Scripted generation = engine.started.take();
                generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
                generation.text("some text");
                assertThat(socket.getInputStream().read()).isEqualTo('H'); // 200 has gone out
            }
            await().until(() -> !events.isEmpty());
        }
        JsonNode line = JSON.readTree(new JsonLines().encode(events.getFirst()));
        assertThat(line.path("http_status").asInt()).isEqualTo(499);
        assertThat(line.path("status").asText()).isEqualTo("cancelled");
        assertThat(events.getFirst().getFormattedMessage()).startsWith("POST /v1/chat/completions 499 gone ");
    }

    /** The JSON line of one chat request. */
    private JsonNode lineOf(boolean content, String... headers) throws IOException, InterruptedException {
        events.clear();
        ServerSettings settings = TestServer.settings()
                .with()
                .accounting(new Accounting.Settings(
                        Ledger.Settings.DEFAULT.retaining(Duration.ZERO), MetricsAccess.KEY, content))
                .build();
        try (var server = new TestServer(new ScriptedEngine(), settings)) {
            assertThat(server.chat(HELLO, headers).statusCode()).isEqualTo(200);
            await().until(() -> !events.isEmpty());
        }
        assertThat(events).hasSize(1);
        byte[] line = new JsonLines().encode(events.getFirst());
        assertThat(new String(line, StandardCharsets.UTF_8)).endsWith("}\n").hasLineCount(1);
        return JSON.readTree(line);
    }
}
