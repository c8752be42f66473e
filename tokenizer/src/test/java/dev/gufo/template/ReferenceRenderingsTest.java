package dev.gufo.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Vendors' templates against what Python's Jinja makes of them. Skipped where the folder with both is not there. */
class ReferenceRenderingsTest {
    private static final LocalDateTime NOW = LocalDateTime.of(2026, 11, 21, 12, 30, 0);
    private static final Map<String, ?> MODEL = Map.of("bos_token", "<s>", "eos_token", "</s>");
    private static final TypeReference<LinkedHashMap<String, Object>> VARIABLES = new TypeReference<>() {};

    @Test
    void everyTemplateRendersAndFailsAsTheReferenceDoes() throws IOException {
        Path folder = Path.of(System.getProperty("gufo.chat-templates", "chat-templates"));
        assumeTrue(Files.exists(folder.resolve("expected.jsonl")), "no reference renderings in " + folder);
        ObjectMapper json = new ObjectMapper();
        JsonNode conversations =
                json.readTree(folder.resolve("conversations.json").toFile());
        List<String> differences = new ArrayList<>();
        int rendered = 0;
        int refused = 0;
        for (String line : Files.readAllLines(folder.resolve("expected.jsonl"))) {
            JsonNode expected = json.readTree(line);
            String template = expected.get("template").asText();
            String conversation = expected.get("conversation").asText();
            String source = Files.readString(folder.resolve("templates").resolve(template));
            Map<String, ?> variables = json.convertValue(conversations.get(conversation), VARIABLES);
            String actual = render(source, variables);
            String wanted = expected.has("rendered") ? expected.get("rendered").asText() : null;
            rendered += wanted != null ? 1 : 0;
            refused += wanted == null ? 1 : 0;
            boolean same = wanted == null ? actual.startsWith("fails: ") : actual.equals(wanted);
            if (!same) {
                differences.add("%s, %s:%n%s%n%s".formatted(template, conversation, wanted, actual));
            }
        }
        assertThat(differences).isEmpty();
        assertThat(rendered).as("renderings compared").isGreaterThanOrEqualTo(520);
        assertThat(refused).as("failures compared").isGreaterThanOrEqualTo(96);
    }

    private static String render(String source, Map<String, ?> variables) {
        try {
            return ChatTemplate.parse(source)
                    .render(new TemplateInput(variables, MODEL, NOW))
                    .text();
        } catch (TemplateException refused) {
            return "fails: " + refused.getMessage();
        }
    }
}
