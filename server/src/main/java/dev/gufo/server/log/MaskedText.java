package dev.gufo.server.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.pattern.CompositeConverter;
import dev.gufo.server.secrets.Masked;

/**
 * {@code %masked(…)} of a pattern: what is in the brackets without the passwords of URLs. Named in the configuration.
 */
public final class MaskedText extends CompositeConverter<ILoggingEvent> {
    @Override
    protected String transform(ILoggingEvent event, String text) {
        return Masked.text(text);
    }
}
