package dev.gufo.template;

import java.time.LocalDateTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a template is rendered with. Values are null, {@link Boolean}, {@link Number}, {@link String}, {@link Trusted},
 * {@link Iterable} and {@link Map}, nested as they like; maps keep their order. The maps here are copied, what they
 * hold must not change while rendering.
 *
 * @param variables from the request: their text is never trusted
 * @param trustedVariables from the model or the server, for instance {@code bos_token}; one of the same name wins over
 *     {@code variables}
 * @param now the local time that {@code strftime_now} tells
 */
public record TemplateInput(Map<String, ?> variables, Map<String, ?> trustedVariables, LocalDateTime now) {
    public TemplateInput {
        variables = Collections.unmodifiableMap(new LinkedHashMap<>(variables));
        trustedVariables = Collections.unmodifiableMap(new LinkedHashMap<>(trustedVariables));
    }
}
