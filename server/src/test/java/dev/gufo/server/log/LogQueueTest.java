package dev.gufo.server.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LogQueueTest {
    private final CountDownLatch read = new CountDownLatch(1);
    private final List<String> written = new CopyOnWriteArrayList<>();

    @Test
    void whoLogsNeverWaitsAndWhatIsDroppedIsCountedAndTold() {
        var context = new LoggerContext();
        context.setMDCAdapter(new LogbackMDCAdapter());
        var pipe = new AppenderBase<ILoggingEvent>() {
            @Override
            protected void append(ILoggingEvent event) {
                try {
                    read.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt(); // the queue is stopped, and writes what it has
                }
                written.add(event.getFormattedMessage());
            }
        };
        pipe.setContext(context);
        pipe.start();
        var queue = new LogQueue();
        queue.setContext(context);
        queue.addAppender(pipe);
        queue.start();
        Logger log = context.getLogger("a test's");
        log.addAppender(queue);
        for (int line = 0; line < 20_000; line++) { // returns, although nobody reads
            log.info("line {}", line);
        }
        long dropped = queue.dropped();
        assertThat(dropped).isBetween(11_000L, 12_000L);
        read.countDown();
        await().until(() -> written.size() == 20_000 - dropped);
        log.info("read again");
        await().until(() -> written.contains("read again"));
        assertThat(written).contains(dropped + " lines of the log were dropped, because it was not read");
        for (int line = 0; line < 100; line++) {
            log.info("last {}", line);
        }
        context.stop();
        assertThat(written).contains("last 99");
    }
}
