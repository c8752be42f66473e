package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.gufo.engine.EngineStatus;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What a worker says stands in the server's log. */
@Timeout(60)
class WorkerLogTest {
    private record Line(String logger, Level level, String message) {}

    private final Logger root = (Logger) LoggerFactory.getLogger("dev.gufo.engine");
    private final Queue<Line> lines = new ConcurrentLinkedQueue<>();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            lines.add(new Line(event.getLoggerName(), event.getLevel(), event.getFormattedMessage()));
        }
    };

    @TempDir
    private Path crashFolder;

    @BeforeEach
    void listen() {
        appender.setContext(root.getLoggerContext());
        appender.start();
        root.addAppender(appender);
    }

    @AfterEach
    void listenNoMore() {
        root.detachAppender(appender);
    }

    @Test
    void aLineIsLoggedUnderItsOwnNameAndLevel() {
        Toys.ready(crashFolder).close();
        assertThat(lines).contains(new Line(ToyEngine.class.getName(), Level.INFO, "toy model {} is loaded"));
    }

    @Test
    void rawOutputIsAWarning() {
        try (WorkerEngine engine = Toys.start(ToyEngine.ABORTS, crashFolder)) {
            await().atMost(Toys.PATIENCE).until(() -> engine.status() instanceof EngineStatus.Failed);
            assertThat(lines)
                    .anyMatch(line -> line.level() == Level.WARN
                            && line.message().startsWith("worker ")
                            && line.message().endsWith(ToyEngine.ABORT_MESSAGE));
        }
    }
}
