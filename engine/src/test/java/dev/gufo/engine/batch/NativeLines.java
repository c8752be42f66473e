package dev.gufo.engine.batch;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.LoggerFactory;

/** What llama.cpp says while this is open. */
final class NativeLines implements AutoCloseable {
    private final Logger llama = (Logger) LoggerFactory.getLogger("llama.cpp");
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    NativeLines() {
        lines.start();
        llama.addAppender(lines);
        llama.setLevel(Level.DEBUG);
        llama.setAdditive(false);
    }

    /** The sum of all sizes that follow a text, whose first group they are. */
    double mebibytes(String pattern) {
        return lines().stream()
                .map(Pattern.compile(pattern)::matcher)
                .filter(Matcher::find)
                .mapToDouble(matcher -> Double.parseDouble(matcher.group(1)))
                .sum();
    }

    List<String> lines() {
        return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    void forget() {
        lines.list.clear();
    }

    @Override
    public void close() {
        llama.detachAppender(lines);
        llama.setAdditive(true);
        llama.setLevel(null);
    }
}
