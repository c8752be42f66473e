package dev.gufo.template;

import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.Map;

/** Renders in one call what tests want rendered. */
final class Templates {
    static final LocalDateTime NOW = LocalDateTime.of(2026, 11, 5, 9, 7, 3);

    private Templates() {}

    static Rendering rendering(String source, Map<String, ?> variables) {
        Map<String, ?> model = Map.of("bos_token", "<s>", "eos_token", "</s>");
        return ChatTemplate.parse(source).render(new TemplateInput(variables, model, NOW));
    }

    static String render(String source, Map<String, ?> variables) {
        return rendering(source, variables).text();
    }

    static String render(String source) {
        return render(source, Map.of());
    }

    /** A message as clients send it. */
    static Map<String, Object> message(String role, Object content) {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("role", role);
        message.put("content", content);
        return message;
    }
}
